// engine.h on the virtual machine. What needs more than a line is in machine.cc.
#include "harness/kernel/engine.h"

#include "absl/strings/str_cat.h"
#include "harness/model/audit.h"
#include "harness/model/judge_state.h"
#include "harness/model/judges.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"

#define CFGT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace cfgtorture::engine {

using model::machine;
using model::recorder;

namespace {

void RequireTask(TaskId task, const char* does, uintptr_t pc) {
  const bool started = task < machine.context_count() && machine.at(task).kind == Context::kTask;
  if (!started) [[unlikely]]
    model::ReportMisuse(pc, absl::StrCat(does, " task ", task, ", which has not been started"));
}

void RequireCpu(int cpu, const char* does, uintptr_t pc) {
  if (cpu >= CpuCount()) [[unlikely]]
    model::ReportMisuse(pc, absl::StrCat(does, " CPU ", cpu, "; there are 0 to ", CpuCount() - 1));
}

}  // namespace

[[gnu::hot]] TaskId StartTask(const char* name, int cpu, void (*entry)(void*), void* argument) {
  RequireCpu(cpu, "starts a task on", CFGT_PC);
  const TaskId task = machine.StartTask(name, cpu, entry, argument);
  if (recorder.on()) recorder.RowAs(model::RowKind::kStart, name, "starts \"", name, "\"");
  return task;
}
[[gnu::hot]] void JoinTasks(const TaskId* tasks, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) RequireTask(tasks[i], "joins", CFGT_PC);
  if (recorder.on()) [[unlikely]]
    recorder.WaitsAt(CFGT_PC);
  machine.JoinTasks(tasks, count);
}
TaskId CurrentTask() { return machine.current_task(); }
Context CurrentContext() { return machine.context().kind; }
int CurrentCpu() { return machine.context().cpu; }
int CpuCount() { return static_cast<int>(machine.cpu_count()); }
void* TaskData() { return machine.at(machine.current_task()).task_data; }
void SetTaskData(void* data) { machine.at(machine.current_task()).task_data = data; }
Flavour CurrentFlavour() { return machine.flavour(); }

bool Park() {
  if (recorder.on()) recorder.WaitsAt(CFGT_PC);
  return machine.Park();
}
void Unpark(TaskId task) {
  RequireTask(task, "wakes", CFGT_PC);
  machine.Unpark(task);
}

[[gnu::hot]] void PreemptDisable() { machine.PreemptDisable(); }
[[gnu::hot]] void PreemptEnable() {
  if (machine.cpu().preempt_count <= 0) [[unlikely]]
    model::ReportMisuse(CFGT_PC, "enables preemption, which is on");
  machine.PreemptEnable();
}
int PreemptCount() { return machine.cpu().preempt_count; }
[[gnu::hot]] void Relax() { machine.Relax(reinterpret_cast<uintptr_t>(__builtin_return_address(0))); }

void IrqDisable() {
  if (model::audit.watches_calls() && model::audit.LeavesOutIrqsOff(CFGT_PC)) return;
  machine.IrqDisable();
}
void IrqEnable() {
  if (model::audit.watches_calls() && !model::audit.IrqsWereOff()) return;
  if (model::HoldsLocks()) [[unlikely]]
    model::JudgesIrqsComeOn(CFGT_PC);
  machine.IrqEnable();
}
bool IrqsOff() { return machine.irqs_off(); }
void SetIrqEntry(void (*entry)(int vector)) { machine.SetIrqEntry(entry); }
void RaiseIrq(int cpu, int vector) {
  RequireCpu(cpu, "raises an interrupt on", CFGT_PC);
  if (cpu < 0 || vector < 0 || vector > 255) [[unlikely]]
    model::ReportMisuse(CFGT_PC, absl::StrCat("raises vector ", vector, " on CPU ", cpu, "; vectors are 0 to 255"));
  machine.RaiseIrq(cpu, vector);
}

uint64_t NowNs() { return machine.NowNs(); }
void SleepNs(uint64_t ns) {
  if (recorder.on()) recorder.WaitsAt(CFGT_PC);
  machine.Sleep(ns, model::State::kSleeping);
}
void DelayNs(uint64_t ns) { machine.Delay(ns); }
void ArmTimer(uint64_t after_ns, void (*callback)(void*), void* argument) {
  machine.ArmTimer(after_ns, callback, argument);
}

bool KeepGoing() {
  machine.Progressed();
  return machine.context().rounds++ < machine.rounds();
}

void DevicePoint(uint64_t, bool is_write) {
  machine.Point();
  if (is_write) {
    machine.DeviceWrite();  // who polls a register looks again; nobody runs between this and the write itself
  } else {
    machine.SawDevice();
  }
}
void DeviceChanged(uint64_t) { machine.DeviceChanged(); }

bool Recording() { return recorder.keeps_rows(); }
void Note(const char* text) {
  if (!recorder.on()) return;
  recorder.Row(text);
  recorder.LogNote(text);
}

void EndExecution(const char* why) {
  if (recorder.on()) recorder.Row("-- ends here: ", why, " --");
  machine.Stop(why);
}

}  // namespace cfgtorture::engine
