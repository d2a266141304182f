// harness/pci/hardware/hardware_test.h: the machine of workloads/topologies/pair.txt under the fake engine.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_HARDWARE_TEST_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_HARDWARE_TEST_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/pci/hardware/fake_engine.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/pci/hardware/machine.h"

namespace cfgtorture::hw {

class HardwareTest : public ::testing::Test {
 protected:
  // Functions of pair.txt, in the order of their addresses.
  static constexpr FunctionId kPort = 0, kNic = 1, kOther = 2;

  void SetUp() override {
    fake_engine::Reset();
    Build("pair");
    SetHitCallback([](const MonitorHit& hit) {
      Hits().push_back(hit);
      Texts().emplace_back(hit.text);
    });
    Hits().clear();
    Texts().clear();
  }

  static void Build(const std::string& name, const Latencies& latencies = {}) {
    const absl::StatusOr<topology::Topology> topology =
        topology::Load(std::string(CFGT_SOURCE_DIR) + "/workloads/topologies/" + name + ".txt");
    ASSERT_TRUE(topology.ok()) << topology.status();
    EXPECT_TRUE(topology->warnings.empty());
    BuildMachine(*topology, latencies);
  }

  // ECAM accesses of the current context, as a bridge driver makes them.
  static uint64_t Ecam(FunctionId function, unsigned reg) {
    const FunctionInfo& f = Function(function);
    return Bridge(f.bridge).ecam + (uint64_t{f.bus} << 20) + (uint64_t{f.devfn} << 12) + reg;
  }
  static uint32_t Read(FunctionId function, unsigned reg, unsigned size) { return MmioRead(Ecam(function, reg), size); }
  static void Write(FunctionId function, unsigned reg, uint32_t value, unsigned size) {
    MmioWrite(Ecam(function, reg), value, size);
  }
  static uint32_t Cf8(FunctionId function, unsigned reg) {
    const FunctionInfo& f = Function(function);
    return 0x80000000u | uint32_t{f.bus} << 16 | uint32_t{f.devfn} << 8 | (reg & 0xfc);
  }

  static std::vector<MonitorHit>& Hits() {
    static std::vector<MonitorHit> hits;
    return hits;
  }
  static std::vector<std::string>& Texts() {
    static std::vector<std::string> texts;
    return texts;
  }
};

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_HARDWARE_TEST_H_
