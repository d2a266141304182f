// harness/pci/hardware/fake_engine.h: the engine as the hardware's tests need it: one thread that says who it is.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_FAKE_ENGINE_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_FAKE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/kernel/engine.h"

namespace cfgtorture::fake_engine {

struct State {
  engine::TaskId task = 0;
  engine::Context context = engine::Context::kTask;
  int cpu = 0;
  uint64_t now_ns = 1000;
  bool recording = false;
  std::vector<std::pair<int, int>> raised;  // cpu, vector
  std::vector<std::string> notes;
  std::vector<std::pair<uint64_t, bool>> points;  // location, is_write
  std::vector<uint64_t> changed;
  uint64_t delayed_ns = 0;
  std::function<void()> at_point;  // runs once at the next scheduling point: another context slips in
};
State& Get();
void Reset();

// Runs `body` as another context, then goes back.
void As(engine::TaskId task, const std::function<void()>& body);
void AsHardirq(int cpu, const std::function<void()>& body);

}  // namespace cfgtorture::fake_engine

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_FAKE_ENGINE_H_
