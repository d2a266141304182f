#include "harness/pci/hardware/fake_engine.h"

#include <cstdlib>
#include <utility>

namespace cfgtorture::fake_engine {
namespace {
State g_state;
}  // namespace

State& Get() { return g_state; }
void Reset() { g_state = State(); }

void As(engine::TaskId task, const std::function<void()>& body) {
  const engine::TaskId task_before = std::exchange(g_state.task, task);
  const engine::Context context_before = std::exchange(g_state.context, engine::Context::kTask);
  body();
  g_state.task = task_before;
  g_state.context = context_before;
}

void AsHardirq(int cpu, const std::function<void()>& body) {
  const engine::Context context_before = std::exchange(g_state.context, engine::Context::kHardirq);
  const int cpu_before = std::exchange(g_state.cpu, cpu);
  body();
  g_state.context = context_before;
  g_state.cpu = cpu_before;
}

}  // namespace cfgtorture::fake_engine

namespace cfgtorture::engine {

using fake_engine::Get;

TaskId CurrentTask() { return Get().task; }
Context CurrentContext() { return Get().context; }
int CurrentCpu() { return Get().cpu; }
int CpuCount() { return 4; }
uint64_t NowNs() { return Get().now_ns; }
void DelayNs(uint64_t ns) {
  Get().delayed_ns += ns;
  Get().now_ns += ns;
}
void RaiseIrq(int cpu, int vector) { Get().raised.emplace_back(cpu, vector); }
void EndExecution(const char*) { std::abort(); }  // no test of this room runs into it
bool Recording() { return Get().recording; }
void Note(const char* text) { Get().notes.emplace_back(text); }
void DeviceChanged(uint64_t location) { Get().changed.push_back(location); }

void DevicePoint(uint64_t location, bool is_write) {
  Get().points.emplace_back(location, is_write);
  if (Get().at_point) std::exchange(Get().at_point, nullptr)();
}

}  // namespace cfgtorture::engine
