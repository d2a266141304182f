// A plug-in of five small programs for worker_test.cc: one that is measured, four that end badly.
#include <atomic>
#include <cstdint>

#include "harness/kernel/engine.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/sdk/plugin.h"

namespace cfgtorture {
namespace {

uint64_t g_plain = 0;
double g_metric = 0;
int g_runs = 0;

void Crew(uint32_t members, void (*body)(void*), void* argument) {
  engine::TaskId tasks[8];
  if (members > 8) members = 8;
  for (uint32_t i = 0; i < members; ++i) tasks[i] = engine::StartTask("member", -1, body, argument);
  for (uint32_t i = 0; i < members; ++i) engine::JoinTask(tasks[i]);
}

void Measured(void*) {
  while (engine::KeepGoing()) {
    hw::CallBegin(hw::Call::kRead, 0, hw::Origin::kKernel);
    engine::IrqDisable();
    engine::IrqEnable();
    hw::CallEnd();
  }
}

void ParkForEver(void*) {
  for (;;) engine::Park();
}

void RaceOnPlain(void*) { ++g_plain; }

void Crash(void*) { *static_cast<volatile int*>(nullptr) = 0; }

bool Is(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) ++a, ++b;
  return *a == *b;
}

void Run(const ProgramParams& params) {
  ++g_runs;  // put back between runs of a closed program
  g_metric = g_runs;
  if (Is(params.program, "measured")) Crew(params.threads, Measured, nullptr);
  if (Is(params.program, "parks")) Crew(2, ParkForEver, nullptr);
  if (Is(params.program, "ends")) engine::EndExecution("nothing left to do");
  if (Is(params.program, "races")) Crew(2, RaceOnPlain, nullptr);
  if (Is(params.program, "crashes")) Crew(1, Crash, nullptr);
}

constexpr uint64_t Bit(Hazard hazard) { return uint64_t{1} << static_cast<int>(hazard); }

const ProgramText kPrograms[] = {
    {ProgramKind::kWorkload, "measured", "times empty reads", "", "lost-update,deadlock", "preempt", "", false,
     Bit(Hazard::kLostUpdate) | Bit(Hazard::kDeadlock)},
    {ProgramKind::kProbe, "parks", "two tasks that nobody wakes", "", "deadlock", "preempt", "", false,
     Bit(Hazard::kDeadlock)},
    {ProgramKind::kProbe, "ends", "ends itself", "", "crash", "preempt", "", false, Bit(Hazard::kCrash)},
    {ProgramKind::kProbe, "races", "two unordered increments", "", "data-race", "preempt", "", false,
     Bit(Hazard::kDataRace)},
    {ProgramKind::kProbe, "crashes", "writes to null", "", "crash", "preempt", "", false, Bit(Hazard::kCrash)},
};

const MetricText kMetrics[] = {{"runs_seen", "runs"}};

uint32_t Metrics(const MetricText** texts, const double** values) {
  *texts = kMetrics;
  *values = &g_metric;
  return 1;
}

const Plugin kPlugin = {kPluginAbi, nullptr, 0, kPrograms, 5, nullptr, 0, Run, Metrics};

}  // namespace
}  // namespace cfgtorture

extern "C" CFGT_EXPORT const cfgtorture::Plugin* cfgt_plugin() { return &cfgtorture::kPlugin; }
