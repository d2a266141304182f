// Goal: registers, routes, power and presence behave as the specifications and facts 4 and 5 say.
#include "harness/pci/hardware/config_space.h"
#include "harness/pci/hardware/hardware_test.h"
#include "harness/pci/hardware/power.h"

namespace cfgtorture::hw {
namespace {

class MachineTest : public HardwareTest {
 protected:
  static unsigned Pmcsr(FunctionId f) { return Function(f).pm + 4u; }
  static void Advance(uint64_t ns) { fake_engine::Get().now_ns += ns; }
};

TEST_F(MachineTest, FirmwareTellsWhatTheDumpHas) {
  ASSERT_EQ(FunctionCount(), 3);
  ASSERT_EQ(BridgeCount(), 1);
  const FunctionInfo& nic = Function(kNic);
  EXPECT_STREQ(nic.name, "0000:03:00.0");
  EXPECT_EQ(nic.upstream, kPort);
  EXPECT_EQ(nic.config_bytes, 256);
  EXPECT_EQ(nic.pm, 0x40);
  EXPECT_EQ(nic.msi, 0x50);
  EXPECT_EQ(nic.msix, 0x70);
  EXPECT_EQ(nic.pcie, 0xa0);
  EXPECT_EQ(nic.msi_vectors, 4);
  EXPECT_TRUE(nic.msi_64bit && nic.msi_maskable && nic.has_flr && nic.has_intx);
  const FunctionInfo& port = Function(kPort);
  EXPECT_EQ(port.header_type, 1);
  EXPECT_EQ(port.secondary_bus, 3);
  EXPECT_EQ(port.upstream, kNoFunction);
  EXPECT_FALSE(port.has_flr);
  EXPECT_EQ(Bridge(0).first_bus, 0);
  EXPECT_EQ(Bridge(0).last_bus, 3);
}

TEST_F(MachineTest, AllRoutesReachTheSameRegister) {
  const uint64_t window = Bridge(0).window;
  for (const unsigned reg : {0x00u, 0x04u, 0x2eu, 0x3du, 0xa8u}) {
    for (const unsigned size : {1u, 2u, 4u}) {
      if (reg % size != 0) continue;
      const uint32_t ecam = Read(kOther, reg, size);
      PortWrite(kCf8, Cf8(kOther, reg), 4);
      EXPECT_EQ(PortRead(static_cast<uint16_t>(kCfc + (reg & 3)), size), ecam) << reg;
      MmioWrite(window + kWindowSelect, 0x03010000 | reg, 4);
      EXPECT_EQ(MmioRead(window + kWindowData, size), ecam) << reg;
    }
  }
  // The lane may stand in the address too.
  MmioWrite(window + kWindowSelect, 0x03010000 | 0x3d, 4);
  EXPECT_EQ(MmioRead(window + kWindowData + 1, 1), 2u);
  MmioWrite(window + kWindowSelect, 0x03010000 | 0x3c, 4);
  EXPECT_EQ(MmioRead(window + kWindowData + 1, 1), 2u);
}

TEST_F(MachineTest, WhatNothingDecodesReadsAllOnes) {
  EXPECT_EQ(MmioRead(Ecam(kNic, 0) + 0x2000, 4), 0xffffffffu);  // no function 2
  EXPECT_EQ(MmioRead(0x1000, 2), 0xffffu);
  EXPECT_EQ(MmioRead(Bridge(0).ecam + (uint64_t{1} << 28), 4), 0xffffffffu);  // no second bridge
  EXPECT_EQ(MmioRead(Bridge(0).window + 0x100, 4), 0xffffffffu);
  EXPECT_EQ(Read(kNic, 0x100, 4), 0xffffffffu);        // beyond its 256 bytes
  EXPECT_EQ(MmioRead(Ecam(kNic, 1), 4), 0xffffffffu);  // misaligned
  EXPECT_EQ(PortRead(0x80, 1), 0xffu);
  PortWrite(kCf8, Cf8(kNic, 0) & 0x7fffffff, 4);  // not enabled
  EXPECT_EQ(PortRead(kCfc, 4), 0xffffffffu);
  PortWrite(kCf8, 0x12, 1);  // not a dword: not the address register
  EXPECT_EQ(PortRead(kCf8, 4), Cf8(kNic, 0) & 0x7fffffff);
  MmioWrite(0x1000, 1, 4);
  PortWrite(0x80, 1, 1);
}

TEST_F(MachineTest, ReadOnlyWritableAndClearByOneBitsDoWhatTheySay) {
  Write(kNic, 0x00, 0x12345678, 4);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0x15218086u);
  Write(kNic, 0x04, 0xffff, 2);
  EXPECT_EQ(Read(kNic, 0x04, 2), 0x0547u);               // PCIe hardwires the rest to 0
  const unsigned status = Function(kPort).pcie + 0x1au;  // Slot Status of the port
  Write(kPort, status, 0xffff, 2);
  EXPECT_EQ(Read(kPort, status, 2), 0x0040u);  // presence is read-only
  const unsigned device_control = Function(kNic).pcie + 0x8u;
  Write(kOther, device_control, 0x1234, 2);
  EXPECT_EQ(Read(kOther, device_control, 4), 0x00001234u);
  Write(kNic, Function(kNic).msi + 16u, 0xffffffff, 4);
  EXPECT_EQ(Read(kNic, Function(kNic).msi + 16u, 4), 0xfu);  // four vectors, four mask bits
}

TEST_F(MachineTest, AByteWriteChangesNoNeighbour) {
  Write(kNic, 0x3c, 0x55, 1);
  EXPECT_EQ(Read(kNic, 0x3c, 4), 0x00000155u);
}

TEST_F(MachineTest, ANewWindowSelectionIsBusyForItsPolls) {
  Build("pair", {.window_busy_polls = 2});
  const uint64_t window = Bridge(0).window;
  EXPECT_EQ(MmioRead(window + kWindowStatus, 4), 0u);
  MmioWrite(window + kWindowSelect, 0x03000000, 4);
  EXPECT_EQ(MmioRead(window + kWindowStatus, 4), 1u);
  EXPECT_EQ(MmioRead(window + kWindowStatus, 4), 1u);
  EXPECT_EQ(MmioRead(window + kWindowStatus, 4), 0u);
  // Every poll is progress: whoever spins on the status is let run again.
  EXPECT_EQ(fake_engine::Get().changed, (std::vector<uint64_t>(3, window + kWindowStatus)));
}

TEST_F(MachineTest, LatenciesAreWaitedFor) {
  Build("pair", {.port_ns = 1000, .ecam_ns = 300, .window_register_ns = 200});
  PortWrite(kCf8, Cf8(kNic, 0), 4);
  PortRead(kCfc, 4);
  EXPECT_EQ(fake_engine::Get().delayed_ns, 2000u);
  Read(kNic, 0, 4);
  EXPECT_EQ(fake_engine::Get().delayed_ns, 2300u);
  MmioRead(Bridge(0).window + kWindowStatus, 4);
  EXPECT_EQ(fake_engine::Get().delayed_ns, 2500u);
}

TEST_F(MachineTest, EveryAccessIsASchedulingPointBeforeItsEffect) {
  fake_engine::Get().at_point = [] { Write(kNic, 0x3c, 0x77, 1); };
  EXPECT_EQ(Read(kNic, 0x3c, 1), 0x77u);
  EXPECT_EQ(fake_engine::Get().points,
            (std::vector<std::pair<uint64_t, bool>>{{Ecam(kNic, 0x3c), false}, {Ecam(kNic, 0x3c), true}}));
}

TEST_F(MachineTest, D3hotAnswersAfterTenMilliseconds) {
  Write(kNic, Pmcsr(kNic), 3, 2);
  EXPECT_EQ(Read(kNic, 0x04, 2), 0xffffu);
  Advance(kD3hotNs - 1);
  EXPECT_EQ(Read(kNic, 0x04, 2), 0xffffu);
  Advance(1);
  EXPECT_EQ(Read(kNic, Pmcsr(kNic), 2) & 3, 3u);
  EXPECT_EQ(Read(kOther, 0x04, 2), 0x0406u);  // its neighbour knows nothing of it
}

TEST_F(MachineTest, D2TakesTwoHundredMicrosecondsAndUpwardsGoesOnlyToD0) {
  Write(kNic, Pmcsr(kNic), 2, 2);
  Advance(kD2Ns);
  Write(kNic, Pmcsr(kNic), 1, 2);  // D2 to D1: ignored
  EXPECT_EQ(Read(kNic, Pmcsr(kNic), 2) & 3, 2u);
  Write(kNic, Pmcsr(kNic), 0, 2);
  EXPECT_EQ(Read(kNic, 0x04, 2), 0xffffu);
  Advance(kD2Ns);
  EXPECT_EQ(Read(kNic, Pmcsr(kNic), 2) & 3, 0u);
}

TEST_F(MachineTest, LeavingD3hotResetsUnlessNoSoftReset) {
  Write(kNic, Pmcsr(kNic), 3, 2);
  Advance(kD3hotNs);
  Write(kNic, Pmcsr(kNic), 0, 2);
  Advance(kD3hotNs);
  EXPECT_EQ(Read(kNic, 0x04, 2), 0x0406u);  // pair.txt: NoSoftRst+

  Build("vfio-nic");
  const FunctionId disk = static_cast<FunctionId>(FunctionCount() - 1);  // NoSoftRst-
  EXPECT_EQ(Read(disk, 0x04, 2), 0x0406u);
  Write(disk, Pmcsr(disk), 3, 2);
  Advance(kD3hotNs);
  Write(disk, Pmcsr(disk), 0, 2);
  Advance(kD3hotNs);
  EXPECT_EQ(Read(disk, 0x04, 2), 0u);
}

TEST_F(MachineTest, FlrResetsButForLinkControlAndIsUnreadyForAHundredMilliseconds) {
  const unsigned pcie = Function(kNic).pcie;
  Write(kNic, pcie + 0x10, 0x0042, 2);
  Write(kNic, pcie + 0x08, 0x8000, 2);
  EXPECT_EQ(Read(kNic, 0x04, 2), 0xffffu);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffff0001u);  // RRS: the port makes it visible
  EXPECT_EQ(Read(kNic, 0x00, 2), 0x0001u);
  Write(kPort, Function(kPort).pcie + 0x1cu, 0x0008, 2);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
  Write(kNic, 0x3c, 9, 1);  // dropped
  Advance(kFlrNs);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0x15218086u);
  EXPECT_EQ(Read(kNic, 0x04, 2), 0u);
  EXPECT_EQ(Read(kNic, 0x3c, 1), 0u);
  EXPECT_EQ(Read(kNic, pcie + 0x08, 2) & 0x8000, 0u);
  EXPECT_EQ(Read(kNic, pcie + 0x10, 2), 0x0042u);
  EXPECT_EQ(Read(kOther, 0x04, 2), 0x0406u);
}

TEST_F(MachineTest, ASecondaryBusResetHoldsAllBelowUntilAHundredMillisecondsAfterRelease) {
  Write(kPort, 0x3e, 0x0043, 2);
  Advance(1'000'000'000);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
  Write(kPort, 0x3e, 0x0003, 2);
  Advance(kBusResetNs - 1);
  EXPECT_EQ(Read(kOther, 0x04, 2), 0xffffu);
  Advance(1);
  EXPECT_EQ(Read(kOther, 0x04, 2), 0u);
  EXPECT_EQ(Read(kPort, 0x04, 2), 0x0407u);
}

TEST_F(MachineTest, ABridgeInD3hotForwardsNothing) {
  Write(kPort, Pmcsr(kPort), 3, 2);
  Advance(kD3hotNs);
  EXPECT_EQ(Read(kPort, 0x00, 2), 0x8086u);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
  Write(kPort, Pmcsr(kPort), 0, 2);
  Advance(kD3hotNs);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0x15218086u);
}

TEST_F(MachineTest, SurpriseRemovalTakesWhatIsBelowAndReinsertionIsAPowerOn) {
  SurpriseRemove(kPort);
  EXPECT_FALSE(IsPresent(kNic));
  EXPECT_EQ(Read(kNic, 0x04, 2), 0xffffu);
  Write(kNic, 0x3c, 1, 1);
  Reinsert(kPort);
  EXPECT_TRUE(IsPresent(kNic));
  EXPECT_EQ(Read(kNic, 0x00, 4), 0x15218086u);
  EXPECT_EQ(Read(kNic, 0x04, 2), 0u);
  EXPECT_EQ(Read(kNic, 0x3c, 2), 0x0100u);
}

TEST_F(MachineTest, IntxShowsInStatusAndInterruptsUnlessDisabled) {
  Write(kNic, 0x04, 0x0006, 2);
  SignalIntx(kNic, true, 1, 0x30);
  EXPECT_EQ(Read(kNic, 0x06, 2) & 8, 8u);
  EXPECT_EQ(fake_engine::Get().raised, (std::vector<std::pair<int, int>>{{1, 0x30}}));
  Write(kNic, 0x04, 0x0406, 2);
  SignalIntx(kNic, false, 1, 0x30);
  EXPECT_EQ(Read(kNic, 0x06, 2) & 8, 0u);
  SignalIntx(kNic, true, 1, 0x30);
  EXPECT_EQ(fake_engine::Get().raised.size(), 1u);
  Write(kNic, 0x04, 0x0006, 2);  // still asserted, and no longer disabled
  EXPECT_EQ(fake_engine::Get().raised.size(), 2u);
}

TEST_F(MachineTest, VirtualFunctionsOfTheReportersMachineAreRecognised) {
  Build("vfio-nic");
  FunctionId last = kNoFunction;
  for (int i = 0; i < FunctionCount(); ++i) {
    if (std::string(Function(static_cast<FunctionId>(i)).name) == "0000:06:03.7") last = static_cast<FunctionId>(i);
  }
  ASSERT_NE(last, kNoFunction);
  EXPECT_FALSE(Function(last).has_intx);
  Write(last, 0x04, 0xffff, 2);
  EXPECT_EQ(Read(last, 0x04, 2), 0x0004u);  // bus master alone
  Write(last, Function(last).pcie + 8u, 0x8000, 2);
  EXPECT_EQ(Read(last, 0x00, 4), 0xffffffffu);  // no RRS from a VF
}

TEST_F(MachineTest, ResetPutsEveryRegisterBack) {
  std::vector<uint32_t> before;
  for (const FunctionId f : {kPort, kNic, kOther}) {
    for (unsigned reg = 0; reg < 256; reg += 4) before.push_back(Read(f, reg, 4));
  }
  uint32_t random = 20191016;
  std::printf("seed %u\n", random);
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 40; ++i) {
      random = random * 1664525 + 1013904223;
      const FunctionId f = static_cast<FunctionId>((random >> 8) % 3);
      Write(f, (random >> 10) & 0xfc, random ^ 0x5a5a5a5a, 4);
    }
    SurpriseRemove(kNic);
    ResetMachine();
    size_t at = 0;
    for (const FunctionId f : {kPort, kNic, kOther}) {
      for (unsigned reg = 0; reg < 256; reg += 4) ASSERT_EQ(Read(f, reg, 4), before[at++]) << "reg " << reg;
    }
  }
}

TEST_F(MachineTest, EveryTopologyGivesAMachineThatAnswers) {
  for (const char* name : {"pair", "vfio-nic", "legacy-pci"}) {
    Build(name);
    for (int i = 0; i < FunctionCount(); ++i) {
      EXPECT_NE(Read(static_cast<FunctionId>(i), 0x08, 4), 0xffffffffu) << Function(static_cast<FunctionId>(i)).name;
    }
    // All ones everywhere resets, powers down and masks whatever can be: nothing of it may break the machine.
    for (int i = 0; i < FunctionCount(); ++i) {
      const FunctionId f = static_cast<FunctionId>(i);
      for (unsigned reg = 0; reg < Function(f).config_bytes; reg += 4) Write(f, reg, 0xffffffff, 4);
    }
    ResetMachine();
  }
}

}  // namespace
}  // namespace cfgtorture::hw
