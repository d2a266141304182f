// harness/model/testdata/litmus.h: what litmus tests share: tasks that start together, and an outcome that shows.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_LITMUS_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_LITMUS_H_

#include <array>
#include <cstddef>
#include <initializer_list>

#include "harness/model/testdata/program_list.h"

namespace cfgtorture {

// "1 0 2 1" and so on, by four digits of base three: a literal each, as a finding's key is where its text lies.
inline constexpr auto kOutcomes = [] {
  std::array<std::array<char, 8>, 81> texts{};
  for (unsigned i = 0; i < 81; ++i) {
    const unsigned digits[4] = {i / 27, i / 9 % 3, i / 3 % 3, i % 3};
    for (size_t d = 0; d < 4; ++d) {
      texts[i][2 * d] = static_cast<char>('0' + digits[d]);
      texts[i][2 * d + 1] = d < 3 ? ' ' : '\0';
    }
  }
  return texts;
}();

inline void Outcome(int a, int b = 0, int c = 0, int d = 0) {
  Check(false, kOutcomes[static_cast<unsigned>(27 * a + 9 * b + 3 * c + d)].data());
}

// Each body as a task, on the CPU of its place in `cpus`; until all have ended.
inline void RunOn(std::initializer_list<int> cpus, std::initializer_list<void (*)()> bodies) {
  engine::TaskId tasks[4];
  uint32_t count = 0;
  for (void (*body)() : bodies) {
    tasks[count] = engine::StartTask(
        "task", cpus.begin()[count], [](void* self) { reinterpret_cast<void (*)()>(self)(); },
        reinterpret_cast<void*>(body));
    ++count;
  }
  engine::JoinTasks(tasks, count);
}
inline void Run(std::initializer_list<void (*)()> bodies) { RunOn({1, 2, 3, 4}, bodies); }

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_LITMUS_H_
