#include "harness/native/timing.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>

#include "harness/measure/tsc.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native {
namespace {

std::atomic<uint32_t> g_period{0};

constexpr uint64_t kRefreshTicks = 3'000'000;  // about a millisecond

// The task's own time: what handlers stole is left out. A handler between the two reads would be counted or left out by
// half, hence the second look.
uint64_t OwnTicks(const Task& task) {
  for (;;) {
    const uint64_t stolen = task.stolen;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const uint64_t now = measure::Ticks();
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (task.stolen == stolen) return now - stolen;
  }
}

int64_t InvoluntarySwitches() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

OperationRecorder& RecorderOf(Task& task) { return *task.recorders[static_cast<size_t>(task.context)]; }

template <typename Visit>
void ForEachTask(Visit&& visit) {
  for (uint32_t id = 0; id < TaskSlots(); ++id) {
    if (Task* task = FindTask(id); task != nullptr) visit(*task);
  }
}

// Of the tasks that have operated in this period.
template <typename Visit>
void ForEachMeter(Visit&& visit) {
  const uint32_t period = g_period.load(std::memory_order_relaxed);
  ForEachTask([&](Task& task) {
    if (task.period.load(std::memory_order_relaxed) == period) visit(task.irqs_off_meter);
  });
}

}  // namespace

void OperationBegan(hw::Call call) {
  Task* task = t_self;
  if (task == nullptr) return;
  const uint32_t period = g_period.load(std::memory_order_relaxed);
  if (task->period.load(std::memory_order_relaxed) != period) [[unlikely]] {
    task->irqs_off_meter.StartOver();
    task->period.store(period, std::memory_order_relaxed);
  }
  RecorderOf(*task).Begin(
      static_cast<int>(call), [task] { return OwnTicks(*task); }, period);
}

void BeginPeriod() { g_period.fetch_add(1, std::memory_order_relaxed); }

void OperationEnded(hw::Call) {
  Task* task = t_self;
  if (task == nullptr) return;
  RecorderOf(*task).End([task] { return OwnTicks(*task); });
}

void BreakChain(Task& task) { RecorderOf(task).BreakChain(); }

void BeginIrqsOffSection(Task& task) { task.irqs_off_meter.Begin(kRefreshTicks, measure::Ticks, InvoluntarySwitches); }

void EndIrqsOffSection(Task& task, const void* handler) {
  if (!task.irqs_off_meter.End(measure::Ticks, InvoluntarySwitches)) return;
  IrqsOffPlace& place = task.irqs_off_place;
  place.context = task.context;
  place.depth = 0;
  if (handler != nullptr) {
    // Its frames lie on top of whatever it interrupted, which is not the one that kept interrupts off.
    place.pcs[place.depth++] = reinterpret_cast<uintptr_t>(handler) + 1;
    return;
  }
  // By frame pointers, which the code under test keeps; each frame lies above the last and below the thread's first.
  auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  while (frame < task.stack_top && frame % sizeof frame == 0 && place.depth < place.pcs.size()) {
    const auto* words = reinterpret_cast<const uintptr_t*>(frame);
    place.pcs[place.depth++] = words[1];
    if (words[0] <= frame) break;
    frame = words[0];
  }
}

void MapRecorders(Task& task) {
  const size_t bytes = sizeof(OperationRecorder) * kContexts;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) Fatal("no memory for a task's histograms");
  auto* recorders = static_cast<OperationRecorder*>(memory);
  for (size_t i = 0; i < kContexts; ++i) task.recorders[i] = &recorders[i];
}

uint64_t TotalOperations() {
  uint64_t operations = 0;
  const uint32_t period = g_period.load(std::memory_order_relaxed);
  ForEachTask([&](Task& task) {
    for (const OperationRecorder* recorder : task.recorders) operations += recorder->completed(period);
  });
  return operations;
}

std::vector<uint64_t> OperationsOfTasks() {
  std::vector<uint64_t> operations;
  const uint32_t period = g_period.load(std::memory_order_relaxed);
  ForEachTask([&](Task& task) {
    const OperationRecorder& recorder = *task.recorders[0];
    if (recorder.completed() != 0 || recorder.OpenOperation() >= 0) operations.push_back(recorder.completed(period));
  });
  return operations;
}

void AddLatencies(hw::Call call, engine::Context context, measure::Histogram& into) {
  const uint32_t period = g_period.load(std::memory_order_relaxed);
  ForEachTask([&](Task& task) {
    const OperationRecorder& recorder = *task.recorders[static_cast<size_t>(context)];
    // Reading the histograms that nobody used would map them all.
    if (recorder.completed(period) != 0) into.Add(recorder.latency(static_cast<int>(call)));
  });
}

uint64_t LongestIrqsOffTicks() {
  uint64_t longest = 0;
  ForEachMeter([&](const measure::IrqsOffMeter& meter) { longest = std::max(longest, meter.longest_ticks()); });
  return longest;
}

const Task* LongestIrqsOffTask() {
  const Task* longest = nullptr;
  ForEachTask([&](const Task& task) {
    const uint64_t ticks = task.irqs_off_meter.longest_ticks();
    if (ticks > (longest == nullptr ? 0 : longest->irqs_off_meter.longest_ticks())) longest = &task;
  });
  return longest;
}

uint64_t FlaggedIrqsOffSections() {
  uint64_t flagged = 0;
  ForEachMeter([&](const measure::IrqsOffMeter& meter) { flagged += meter.flagged(); });
  return flagged;
}

uint64_t Interrupts() {
  uint64_t interrupts = 0;
  ForEachTask([&](Task& task) { interrupts += task.interrupts.load(std::memory_order_relaxed); });
  return interrupts;
}

}  // namespace cfgtorture::native
