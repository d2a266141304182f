// Goal: every host-bridge driver reaches the register that it is asked for, every byte lane of it and no other, and
// says so where it does not reach.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/pci/device.h"
#include "harness/pci/hardware/hardware_test.h"
#include "harness/pci/ops/cf8.h"
#include "harness/pci/ops/dword_only.h"
#include "harness/pci/ops/ecam.h"
#include "harness/pci/ops/indirect.h"
#include "harness/pci/ops/slow_mailbox.h"
#include "harness/pci/ops/x86.h"

// What the hardware's fake engine lacks of what locks ask for: nobody else runs, so nothing is to be done.
namespace cfgtorture::engine {
void PreemptDisable() {}
void PreemptEnable() {}
void Relax() {}
void IrqDisable() {}
void IrqEnable() {}
bool IrqsOff() { return false; }
}  // namespace cfgtorture::engine

namespace cfgtorture {
namespace {

class OpsTest : public hw::HardwareTest {
 protected:
  struct Named {
    const char* name;
    std::unique_ptr<ConfigOps> ops;
    uint16_t registers;
  };
  static std::vector<Named> All() {
    const hw::BridgeInfo bridge = hw::Bridge(0);
    std::vector<Named> all;
    for (const auto locking : {ConfigOps::Locking::kNone, ConfigOps::Locking::kOwn}) {
      all.push_back({"x86", std::make_unique<X86Ops>(bridge, locking), 4096});
      all.push_back({"indirect", std::make_unique<IndirectOps>(bridge, locking), 4096});
      all.push_back({"ecam", std::make_unique<EcamOps>(bridge), 4096});
      all.push_back({"slow-mailbox", std::make_unique<SlowMailboxOps>(bridge, locking), 4096});
      all.push_back({"dword-only", std::make_unique<DwordOnlyOps>(bridge, locking), 4096});
      all.push_back({"cf8", std::make_unique<Cf8Ops>(locking), 256});
      all.push_back({"cf8-amd", std::make_unique<Cf8Ops>(locking, Cf8Ops::Registers::k4096), 4096});
    }
    return all;
  }
  // A function of the reporter's machine with a space of 4096 bytes, and its bus.
  void SetUp() override {
    HardwareTest::SetUp();
    Build("vfio-nic");
    while (hw::Function(big_).config_bytes < 4096 || hw::Function(big_).header_type != 0) ++big_;
  }
  hw::FunctionId big_ = 0;
};

TEST_F(OpsTest, EveryBridgeReadsTheSame) {
  const hw::FunctionInfo& info = hw::Function(big_);
  const Bus bus(info.domain, info.bus, nullptr);
  for (const Named& named : All()) {
    for (uint16_t where = 0; where < named.registers; where = static_cast<uint16_t>(where + 1)) {
      for (const unsigned size : {1u, 2u, 4u}) {
        if (where % size != 0) continue;
        uint32_t value = 0x12345678;
        ASSERT_EQ(named.ops->read(bus, info.devfn, where, size, &value), kOk) << named.name << " " << where;
        ASSERT_EQ(value, Read(big_, where, size)) << named.name << " " << where << " " << size;
      }
    }
  }
}

TEST_F(OpsTest, EveryBridgeWritesTheBytesThatItIsAskedToWriteAndNoOther) {
  const hw::FunctionInfo& info = hw::Function(big_);
  const Bus bus(info.domain, info.bus, nullptr);
  const unsigned extended = 0x100;
  for (const Named& named : All()) {
    for (const uint16_t where :
         {uint16_t{0x04}, uint16_t{0x3c}, uint16_t(info.pcie + 0x08u), uint16_t(info.msix + 2u)}) {
      for (const unsigned size : {1u, 2u, 4u}) {
        if (where % size != 0) continue;
        for (const uint32_t value : {0x5a5a5a5au, 0u, 0xffffffffu}) {
          hw::ResetMachine();
          Write(big_, where, value, size);
          const uint32_t wanted = Read(big_, where & ~3u, 4);
          hw::ResetMachine();
          if (std::string(named.name) == "cf8-amd") hw::EnableExtendedCf8();  // set once, at boot
          ASSERT_EQ(named.ops->write(bus, info.devfn, where, size, value), kOk);
          ASSERT_EQ(Read(big_, where & ~3u, 4), wanted) << named.name << " " << where << " " << size << " " << value;
        }
      }
    }
    uint32_t value;
    EXPECT_EQ(named.ops->read(bus, info.devfn, extended, 4, &value), named.registers > 256 ? kOk : kBadRegisterNumber);
    if (named.registers == 256) {
      EXPECT_EQ(value, ~0u);
    }
    EXPECT_EQ(named.ops->read(bus, info.devfn, 4096, 4, &value), kBadRegisterNumber) << named.name;
    EXPECT_EQ(value, ~0u);
    EXPECT_EQ(named.ops->write(bus, info.devfn, 4096, 4, 0), kBadRegisterNumber) << named.name;
  }
}

TEST_F(OpsTest, WhereNobodyIsEveryBridgeReadsAllOnes) {
  const hw::FunctionInfo& info = hw::Function(big_);
  const Bus bus(info.domain, info.bus, nullptr);
  hw::SurpriseRemove(big_);
  for (const Named& named : All()) {
    uint32_t value = 0;
    const int status = named.ops->read(bus, info.devfn, 0, 2, &value);
    EXPECT_EQ(value & 0xffff, 0xffffu) << named.name;
    // A completion tells that there is nobody; the others can only guess.
    EXPECT_EQ(status, std::string(named.name) == "slow-mailbox" ? kDeviceNotFound : kOk) << named.name;
  }
}

TEST_F(OpsTest, ACompletionThatNeverComesIsGivenUpAfterAHundredMicroseconds) {
  Build("pair", {.mailbox_busy_polls = 1000});
  SlowMailboxOps ops(hw::Bridge(0), ConfigOps::Locking::kNone);
  const hw::FunctionInfo& info = hw::Function(kNic);
  uint32_t value = 0;
  EXPECT_EQ(ops.read(Bus(info.domain, info.bus, nullptr), info.devfn, 0, 4, &value), kDeviceNotFound);
  EXPECT_EQ(value, ~0u);
  EXPECT_EQ(fake_engine::Get().delayed_ns, 100'000u);
}

}  // namespace
}  // namespace cfgtorture
