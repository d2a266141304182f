// Tasks are threads: start, end, who am I, preemption, and the watcher's view of them.
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "harness/measure/tsc.h"
#include "harness/native/clock.h"
#include "harness/native/delivery.h"
#include "harness/native/futex.h"
#include "harness/native/lock_events.h"
#include "harness/native/races.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"

namespace cfgtorture::native {
namespace {

constexpr uint32_t kMaxTasks = 4096;

MachineOptions g_options;
cpu_set_t g_allowed;
std::array<std::atomic<Task*>, kMaxTasks> g_tasks{};
std::atomic<uint32_t> g_task_slots{0};  // ever used; their Task objects stay, with what they recorded
std::atomic<uint32_t> g_next_task{0};   // of the running program
std::atomic<uint32_t> g_next_cpu{0};
std::atomic<uint32_t> g_ended{0};  // a futex: 1 once the program has ended
std::atomic<const char*> g_ended_because{nullptr};
std::atomic<bool> g_stop{false};
std::atomic<uint32_t> g_pause{0};  // a futex
std::atomic<int> g_shuffled{0};    // how often

// `tid` 0: the caller.
void PinTo(int cpu, pid_t tid = 0) {
  const int allowed = CPU_COUNT(&g_allowed);
  int skip = allowed > 0 ? (cpu + g_shuffled.load(std::memory_order_relaxed)) % allowed : 0;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (!CPU_ISSET(i, &g_allowed) || skip-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(i, &one);
    sched_setaffinity(tid, sizeof one, &one);  // where it is refused, the host places the thread
    return;
  }
}

void* ThreadMain(void* argument) {
  Task& self = *static_cast<Task*>(argument);
  t_self = &self;
  self.stack_top = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  self.tid.store(static_cast<pid_t>(syscall(SYS_gettid)), std::memory_order_relaxed);
  PinTo(self.cpu->number);
  // Fifteen characters at most; the number is how a report of libtsan finds the task. Not pthread_setname_np(), which
  // libtsan looks up by pthread_t: on a busy machine the name now and then went to nobody.
  prctl(PR_SET_NAME, (std::string(self.name).substr(0, 10) + ":" + std::to_string(self.id)).c_str());
  self.state.store(TaskState::kWaitsForCpu, std::memory_order_relaxed);
  AcquireCpu(self);
  self.state.store(TaskState::kRunning, std::memory_order_relaxed);
  self.engine_depth = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (self.cpu->work.load() != 0) RunPending(self, false);
  delivery::MaybeStandStill(self);
  self.entry(self.argument);
  self.engine_depth = 1;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  TaskEnds(self);
  FlushAccessCount();
  CountProgress(self);
  self.state.store(TaskState::kEnded, std::memory_order_relaxed);
  ReleaseCpu(self);
  t_self = nullptr;
  if (self.id == 0) {
    g_ended.store(1, std::memory_order_seq_cst);
    FutexWakeAll(g_ended);
  }
  return nullptr;
}

Task& NewTask(const char* name, int cpu, void (*entry)(void*), void* argument) {
  const uint32_t id = g_next_task.fetch_add(1);
  if (id >= kMaxTasks) Fatal("more than 4096 tasks in one program");
  Task* task = g_tasks[id].load();
  if (task == nullptr) {
    task = new Task;
    task->id = id;
    task->face = task;
    MapRecorders(*task);
    MapLockTables(*task);
    g_tasks[id].store(task);
    g_task_slots.store(id + 1);
  }
  task->name = name;
  task->entry = entry;
  task->argument = argument;
  task->cpu = &CpuAt(cpu);
  task->engine_depth = 1;
  task->preempt_count = 0;
  task->irqs_off = false;
  task->context = engine::Context::kTask;
  task->data = nullptr;
  task->permit.store(0);
  task->tid.store(0);
  task->state.store(TaskState::kNew);
  BreakChain(*task);
  return *task;
}

// pthread_create orders what the caller did before what the task does, also in the eyes of libtsan.
void Start(Task& task) {
  if (pthread_create(&task.thread, nullptr, ThreadMain, &task) != 0) Fatal("cannot start a thread for a task");
}

const char* NameOf(TaskState state) {
  switch (state) {
    case TaskState::kNew:
      return "starting";
    case TaskState::kRunning:
      return "running";
    case TaskState::kWaitsForCpu:
      return "waiting for its CPU";
    case TaskState::kParked:
      return "blocked";
    case TaskState::kSleeping:
      return "sleeping";
    case TaskState::kJoining:
      return "waiting for the end of a task";
    case TaskState::kEnded:
      return "ended";
  }
  return "?";
}

}  // namespace

int Cpus() { return g_options.cpus; }
bool PreemptsAnywhere() { return g_options.flavour != engine::Flavour::kVoluntary; }

int AllowedCpus() {
  if (CPU_COUNT(&g_allowed) > 0) return CPU_COUNT(&g_allowed);  // the caller may be pinned by now
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return CPU_COUNT(&allowed);
}

void BuildCpus(const MachineOptions& options) {
  g_options = options;
  if (g_options.cpus < 1) g_options.cpus = 1;
  if (g_options.cpus > kMaxCpus) g_options.cpus = kMaxCpus;
  CPU_ZERO(&g_allowed);
  sched_getaffinity(0, sizeof g_allowed, &g_allowed);
  for (int i = 0; i < g_options.cpus; ++i) CpuAt(i).number = i;
  SetEmulatedClock(options.time_scale);
  // SIGINT and SIGTERM are the watcher's: they must not end a task's wait. Threads inherit the mask.
  sigset_t watchers, before;
  sigemptyset(&watchers);
  sigaddset(&watchers, SIGINT);
  sigaddset(&watchers, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &watchers, &before);
  delivery::Start();
  StartIdleThread();
  StartTimerThread();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void StartProgram(void (*program)(void*), void* argument) {
  g_next_task.store(0);
  g_next_cpu.store(1);
  g_ended.store(0);
  sigset_t watchers, before;
  sigemptyset(&watchers);
  sigaddset(&watchers, SIGINT);
  sigaddset(&watchers, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &watchers, &before);
  Start(NewTask("init", 0, program, argument));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool ProgramEnded() { return g_ended.load() != 0; }

bool WaitForProgram(uint64_t timeout_ns) {
  const uint64_t until = measure::MonotonicNs() + timeout_ns;
  for (uint64_t now = until - timeout_ns; now < until && !ProgramEnded(); now = measure::MonotonicNs()) {
    FutexWait(g_ended, 0, until - now);
  }
  return ProgramEnded();
}

void JoinProgram() {
  pthread_join(FindTask(0)->thread, nullptr);
  delivery::ProgramEnded();
  ForgetTimers();
  ForgetInterrupts();
}

const char* EndedBecause() { return g_ended_because.load(); }
void SetStop(bool stop) {
  g_stop.store(stop, std::memory_order_relaxed);
  if (stop) SetPause(false);
}

void SetPause(bool pause) {
  g_pause.store(pause ? 1 : 0, std::memory_order_seq_cst);
  if (!pause) FutexWakeAll(g_pause);
}

void ShuffleCpus() {
  const int allowed = CPU_COUNT(&g_allowed);
  if (allowed < 2) return;
  g_shuffled.store((g_shuffled.load(std::memory_order_relaxed) + 1) % allowed, std::memory_order_relaxed);
  for (uint32_t id = 0; id < TaskSlots(); ++id) {
    const Task* const task = FindTask(id);
    if (task == nullptr) continue;
    const pid_t tid = task->tid.load(std::memory_order_relaxed);
    if (tid != 0 && task->state.load(std::memory_order_relaxed) != TaskState::kEnded) PinTo(task->cpu->number, tid);
  }
}

uint32_t TaskSlots() { return g_task_slots.load(); }

Task* FindTask(engine::TaskId id) { return id < kMaxTasks ? g_tasks[id].load(std::memory_order_relaxed) : nullptr; }

Task& Self() {
  if (t_self == nullptr) Fatal("an engine call that only a task may make was made by another thread");
  return *t_self;
}

uint64_t TotalProgress() {
  uint64_t progress = TotalOperations();
  for (uint32_t id = 0; id < TaskSlots(); ++id) progress += FindTask(id)->progress.load(std::memory_order_relaxed);
  return progress;
}

bool AnyTaskSleeps() {
  for (uint32_t id = 0; id < TaskSlots(); ++id) {
    if (FindTask(id)->state.load(std::memory_order_relaxed) == TaskState::kSleeping) return true;
  }
  return false;
}

std::string DescribeTasks() {
  std::string text;
  for (uint32_t id = 0; id < g_next_task.load(); ++id) {
    const Task& task = *FindTask(id);
    text += "task " + std::to_string(id) + " \"" + task.name + "\" on CPU" + std::to_string(task.cpu->number) + ": " +
            NameOf(task.state.load(std::memory_order_relaxed));
    const int call = task.recorders[0]->OpenOperation();
    if (call >= 0) text += std::string(", in ") + hw::NameOf(static_cast<hw::Call>(call));
    text += '\n';
  }
  return text;
}

void Fatal(const char* what) {
  std::fprintf(stderr, "cfgtorture: %s\n", what);
  std::fflush(stderr);
  _exit(3);
}

}  // namespace cfgtorture::native

namespace cfgtorture::engine {

using native::EngineScope;
using native::Self;
using native::Task;

TaskId StartTask(const char* name, int cpu, void (*entry)(void*), void* argument) {
  Task* started;
  {
    EngineScope engine;
    const auto cpus = static_cast<uint32_t>(native::Cpus());
    const uint32_t chosen = cpu >= 0 ? static_cast<uint32_t>(cpu) : native::g_next_cpu.fetch_add(1);
    started = &native::NewTask(name, static_cast<int>(chosen % cpus), entry, argument);
    native::Start(*started);
  }
  native::delivery::MaybeLetRun(Self(), *started);
  return started->id;
}

void JoinTasks(const TaskId* tasks, uint32_t count) {
  Task& self = Self();
  EngineScope engine;
  native::OffCpu off(self, native::TaskState::kJoining);
  for (uint32_t i = 0; i < count; ++i) {
    Task* task = native::FindTask(tasks[i]);
    if (task == nullptr || task == &self) native::Fatal("a program joins a task that it did not start");
    pthread_join(task->thread, nullptr);
  }
}

TaskId CurrentTask() { return Self().face->id; }
Context CurrentContext() { return Self().context; }
int CurrentCpu() { return Self().cpu->number; }
int CpuCount() { return native::Cpus(); }
void* TaskData() { return Self().face->data; }
void SetTaskData(void* data) { Self().face->data = data; }
Flavour CurrentFlavour() { return native::g_options.flavour; }

void PreemptDisable() {
  ++native::t_self->preempt_count;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void PreemptEnable() {
  Task& self = *native::t_self;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (--self.preempt_count != 0) return;
  if (self.cpu->work.load(std::memory_order_relaxed) != 0 && self.engine_depth == 0) {
    native::RunPending(self, native::PreemptsAnywhere());
  }
  if (!self.irqs_off) native::delivery::MaybeStandStill(self);
}

int PreemptCount() { return static_cast<int>(native::t_self->preempt_count); }

void Relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
  Task& self = *native::t_self;
  ++self.spins[static_cast<size_t>(self.context)];
  if (self.cpu->work.load(std::memory_order_relaxed) != 0 && self.engine_depth == 0) native::RunPending(self, true);
}

bool KeepGoing() {
  Task& self = Self();
  native::CountProgress(self);
  if (self.cpu->work.load(std::memory_order_relaxed) != 0 && self.engine_depth == 0) native::RunPending(self, true);
  if (native::g_pause.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    EngineScope engine;
    native::OffCpu off(self, native::TaskState::kSleeping);
    while (native::g_pause.load(std::memory_order_seq_cst) != 0) native::FutexWait(native::g_pause, 1);
  }
  return !native::g_stop.load(std::memory_order_relaxed);
}

bool Recording() { return false; }
void Note(const char*) {}
void DeviceChanged(uint64_t) {}

void EndExecution(const char* why) {
  const char* none = nullptr;
  native::g_ended_because.compare_exchange_strong(none, why);
  native::g_ended.store(1, std::memory_order_seq_cst);
  native::FutexWakeAll(native::g_ended);
  // The watcher reports and ends the process; until then this context, and its CPU, stand still.
  std::atomic<uint32_t> never{0};
  for (;;) native::FutexWait(never, 0);
}

}  // namespace cfgtorture::engine
