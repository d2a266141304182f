// The C face of engine.h, and the plug-in that a list of closed programs makes. Compiled into each such plug-in.
#include "harness/sdk/closed_program.h"

#include "harness/kernel/engine.h"
#include "harness/kernel/observer.h"
#include "harness/sdk/plugin.h"
#if CFGT_KERNEL_WORDS
#include "harness/kernel/spin/algorithm.h"
#include "harness/kernel/start.h"
#endif

namespace cfgtorture {
namespace {

constexpr uint32_t kMostPrograms = 256;
constexpr uint64_t BitOf(Hazard hazard) { return uint64_t{1} << static_cast<unsigned>(hazard); }

ProgramText texts[kMostPrograms];
Plugin plugin;
const char* argument = "";

__attribute__((no_sanitize("thread"))) bool Same(const char* a, const char* b) {
  for (; *a != '\0' && *a == *b; ++a, ++b) {
  }
  return *a == *b;
}

// None of this is the program's: kept out of what is explored.
__attribute__((no_sanitize("thread"), noinline)) void (*Chosen(const ProgramParams& params))(void) {
  argument = params.argument;
  for (const cfgt_program* program = cfgt_programs; program->name != nullptr; ++program) {
    if (Same(program->name, params.program)) return program->run;
  }
  return nullptr;
}

void Run(const ProgramParams& params) {
#if CFGT_KERNEL_WORDS
  StartKernel(params.spin);
#endif
  if (void (*const run)(void) = Chosen(params); run != nullptr) run();
}

}  // namespace
}  // namespace cfgtorture

using namespace cfgtorture;  // NOLINT: this is the C side of it

extern "C" {

cfgt_task cfgt_task_start(const char* name, int cpu, void (*entry)(void*), void* entry_argument) {
  return engine::StartTask(name, cpu, entry, entry_argument);
}
void cfgt_task_join(cfgt_task task) { engine::JoinTask(task); }
cfgt_task cfgt_task_current(void) { return engine::CurrentTask(); }
int cfgt_cpu(void) { return engine::CurrentCpu(); }
void cfgt_cpu_relax(void) { engine::Relax(); }
void cfgt_park(void) { engine::Park(); }
void cfgt_unpark(cfgt_task task) { engine::Unpark(task); }
void cfgt_preempt_disable(void) { engine::PreemptDisable(); }
void cfgt_preempt_enable(void) { engine::PreemptEnable(); }
void cfgt_irq_disable(void) { engine::IrqDisable(); }
void cfgt_irq_enable(void) { engine::IrqEnable(); }
void cfgt_irq_handler(void (*handler)(int vector)) { engine::SetIrqEntry(handler); }
void cfgt_irq_raise(int cpu, int vector) { engine::RaiseIrq(cpu, vector); }
const char* cfgt_argument(void) { return argument; }
void cfgt_fail(const char* text) { observer::Violation(Hazard::kAssertion, text); }

CFGT_EXPORT const Plugin* cfgt_plugin() {
  uint32_t count = 0;
  for (; count < kMostPrograms && cfgt_programs[count].name != nullptr; ++count) {
    texts[count] = {.kind = ProgramKind::kScenario,
                    .name = cfgt_programs[count].name,
                    .summary = cfgt_programs[count].summary,
                    .sides = "",
                    .hazards = "data-race,deadlock,assertion",
                    .flavours = "preempt",
                    .bridges = "",
                    .needs_strategy = false,
                    .hazard_mask = BitOf(Hazard::kDataRace) | BitOf(Hazard::kDeadlock) | BitOf(Hazard::kAssertion),
                    .topology = "pair.txt",
                    .options = nullptr,
                    .option_count = 0};
  }
  plugin.abi = kPluginAbi;
  plugin.programs = texts;
  plugin.program_count = count;
#if CFGT_KERNEL_WORDS
  plugin.spin_algorithms = kSpinAlgorithmNames;
  plugin.spin_algorithm_count = kSpinAlgorithmCount;
#endif
  plugin.run = Run;
  plugin.metrics = [](const MetricText**, const double**) -> uint32_t { return 0; };
  return &plugin;
}

}  // extern "C"
