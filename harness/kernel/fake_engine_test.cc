#include "harness/kernel/fake_engine_test.h"

#include <stdexcept>
#include <utility>

namespace cfgtorture::fake {
namespace {

State state;

void Called(const std::string& what) { state.calls.push_back(what); }

// Nobody else exists: whoever waits for something that `others` does not bring would wait for ever.
void LetOthersRun(const char* where) {
  if (!state.others) throw std::runtime_error(std::string("waits for ever in ") + where);
  std::exchange(state.others, nullptr)();
}

}  // namespace

State& Get() { return state; }
void Reset() { state = State(); }

std::string Take() {
  std::string all;
  for (const std::string& call : std::exchange(state.calls, {})) all += (all.empty() ? "" : " ") + call;
  return all;
}

void AsTask(engine::TaskId task, const std::function<void()>& body) {
  const State before = state;
  state.task = task;
  state.context = engine::Context::kTask;
  state.irqs_off = false;
  state.preempt_count = 0;
  body();
  state.task = before.task;
  state.context = before.context;
  state.irqs_off = before.irqs_off;
  state.preempt_count = before.preempt_count;
}

void AsHardirq(const std::function<void()>& body) {
  const engine::Context before = std::exchange(state.context, engine::Context::kHardirq);
  body();
  state.context = before;
}

}  // namespace cfgtorture::fake

namespace cfgtorture::engine {

using fake::Called;
using fake::state;

TaskId StartTask(const char*, int, void (*)(void*), void*) { throw std::runtime_error("no tasks here"); }
void JoinTasks(const TaskId*, uint32_t) {}
TaskId CurrentTask() { return state.task; }
Context CurrentContext() { return state.context; }
int CurrentCpu() { return state.cpu; }
int CpuCount() { return 4; }
void* TaskData() { return state.task_data[state.task]; }
void SetTaskData(void* data) { state.task_data[state.task] = data; }
Flavour CurrentFlavour() { return state.flavour; }

bool Park() {
  Called("park");
  fake::LetOthersRun("Park()");
  return false;
}
void Unpark(TaskId task) { Called("wakes" + std::to_string(task)); }
void PreemptDisable() {
  ++state.preempt_count;
  Called("preempt-");
}
void PreemptEnable() {
  --state.preempt_count;
  Called("preempt+");
}
int PreemptCount() { return state.preempt_count; }
void Relax() {
  Called("relax");
  fake::LetOthersRun("Relax()");
}
void IrqDisable() {
  state.irqs_off = true;
  Called("irq-");
}
void IrqEnable() {
  state.irqs_off = false;
  Called("irq+");
}
bool IrqsOff() { return state.irqs_off || state.context == Context::kHardirq; }
void SetIrqEntry(void (*entry)(int)) { state.irq_entry = entry; }
void RaiseIrq(int, int vector) {
  fake::AsHardirq([vector] { state.irq_entry(vector); });
}
uint64_t NowNs() { return 0; }
void SleepNs(uint64_t) { Called("sleep"); }
void DelayNs(uint64_t) { Called("delay"); }
void EndExecution(const char* why) { throw std::runtime_error(why); }

}  // namespace cfgtorture::engine

namespace cfgtorture::observer {
namespace {

std::vector<std::string> names;  // by LockId - 1

}  // namespace

LockId LockCreated(const void*, const char* name, WaitType, int) {
  names.push_back(name);
  return static_cast<LockId>(names.size());
}
void LockGone(LockId) {}
bool LockWait(LockId lock, How) {
  fake::Called("wait:" + names[lock - 1]);
  return true;
}
void LockAcquired(LockId lock, How) { fake::Called("got:" + names[lock - 1]); }
bool LockReleased(LockId lock) {
  fake::Called("drop:" + names[lock - 1]);
  return true;
}
bool Wakes() { return true; }
void MightSleep(const char* what) { fake::Get().may_sleep.emplace_back(what); }
void WaitBegin(const void*, const char*) {}
void WaitEnd(const void*) {}
void EntryLinked(const void*, const void*) { fake::Called("linked"); }
void ListNamed(const void*, const char*) {}
void EntryUnlinked(const void*) { fake::Called("unlinked"); }
void EntryGone(const void*) {}
void QueueGone(const void*) {}
void Blocked(uint32_t) {}
void Unblocked(uint32_t) {}
void Violation(Hazard hazard, const char* text) {
  fake::state.violations.push_back(std::string(NameOf(hazard)) + ": " + text);
}

}  // namespace cfgtorture::observer
