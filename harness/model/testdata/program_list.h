// harness/model/testdata/program_list.h: a plug-in of closed programs, each a name and a function.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_PROGRAM_LIST_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_PROGRAM_LIST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "harness/kernel/observer.h"
#include "harness/kernel/spin/algorithm.h"
#include "harness/kernel/start.h"
#include "harness/sdk/plugin.h"

namespace cfgtorture {

struct Program {
  const char* name;
  void (*run)();
};

template <size_t... n>
constexpr std::array<Program, (n + ...)> Joined(const Program (&... lists)[n]) {
  std::array<Program, (n + ...)> all{};
  size_t at = 0;
  const auto add = [&](const auto& list) {
    for (const Program& program : list) all[at++] = program;
  };
  (add(lists), ...);
  return all;
}

inline const char* program_argument = "";

inline void Check(bool holds, const char* text) {
  if (!holds) observer::Violation(Hazard::kAssertion, text);
}

// Without the kernel's words, its sources need not be linked.
template <const auto& kPrograms, bool kWithKernel = true>
const Plugin* PluginOf() {
  constexpr uint32_t kCount = std::size(kPrograms);
  static ProgramText texts[kCount];
  for (uint32_t i = 0; i < kCount; ++i) {
    texts[i] = {.kind = ProgramKind::kScenario,
                .name = kPrograms[i].name,
                .summary = "",
                .sides = "",
                .hazards = "data-race",
                .flavours = "preempt",
                .bridges = "",
                .needs_strategy = false,
                .hazard_mask = uint64_t{1} << static_cast<unsigned>(Hazard::kDataRace)};
  }
  static Plugin plugin;
  plugin = {.abi = kPluginAbi,
            .strategies = nullptr,
            .strategy_count = 0,
            .programs = texts,
            .program_count = kCount,
            .spin_algorithms = nullptr,
            .spin_algorithm_count = 0,
            .run =
                [](const ProgramParams& params) {
                  program_argument = params.argument;
                  if constexpr (kWithKernel) StartKernel(params.spin);
                  for (const Program& program : kPrograms) {
                    if (std::strcmp(program.name, params.program) == 0) program.run();
                  }
                },
            .metrics = [](const MetricText**, const double**) -> uint32_t { return 0; }};
  if constexpr (kWithKernel) {
    plugin.spin_algorithms = kSpinAlgorithmNames;
    plugin.spin_algorithm_count = kSpinAlgorithmCount;
  }
  return &plugin;
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_PROGRAM_LIST_H_
