#include "harness/model/testdata/rounds.h"

#include <array>
#include <atomic>

#include "harness/kernel/engine.h"
#include "harness/model/testdata/program_list.h"

namespace cfgtorture {
namespace {

constexpr int kBeats = 10;  // of a round

void Beat(void* beats) {
  auto& beat = *static_cast<std::atomic<unsigned>*>(beats);
  unsigned next = 0;
  while (engine::KeepGoing()) {
    for (int i = 0; i < kBeats; ++i) beat.store(++next, std::memory_order_relaxed);
  }
}

// Fails if it hears another beat each time.
void Listen(void* beats) {
  const auto& beat = *static_cast<const std::atomic<unsigned>*>(beats);
  unsigned last = 0;
  while (engine::KeepGoing()) {
    int heard = 0;
    for (int i = 0; i < kBeats; ++i) {
      const unsigned now = beat.load(std::memory_order_relaxed);
      heard += now != last;
      last = now;
    }
    Check(heard < kBeats, "in step");
  }
}

}  // namespace

void FailsInOneRoundOfAThousand() {
  std::atomic<unsigned> beat{0};
  const std::array<engine::TaskId, 2> tasks = {engine::StartTask("beats", -1, Beat, &beat),
                                               engine::StartTask("listens", -1, Listen, &beat)};
  engine::JoinTasks(tasks.data(), tasks.size());
}

}  // namespace cfgtorture
