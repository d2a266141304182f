// Goal: what the bridges with more than a latch do (mailbox, AMD's CF8, whole dwords), and that what they lose or tear
// is seen: each monitor fires once, its nearest innocent neighbour is silent with the opportunity counted.
#include "harness/pci/hardware/bridges.h"

#include <set>

#include "harness/pci/hardware/hardware_test.h"

namespace cfgtorture::hw {
namespace {

using fake_engine::As;

class BridgesTest : public HardwareTest {
 protected:
  static uint64_t Count(Hazard hazard) { return Monitor(hazard).hits; }
  static uint64_t Chances(Hazard hazard) { return Monitor(hazard).opportunities; }
  static uint64_t Mailbox() { return Bridge(0).mailbox; }

  static void Build(const std::string& name, const Latencies& latencies = {}) { HardwareTest::Build(name, latencies); }
  // The request's registers, as a driver writes them.
  static void BuildRequest(FunctionId function, unsigned reg, unsigned size, bool is_write, uint32_t value = 0) {
    const FunctionInfo& f = Function(function);
    BuildRequestTo(uint32_t{f.bus} << 24 | uint32_t{f.devfn} << 16 | (reg & 0xffc), reg & 3, size, is_write, value);
  }
  static void BuildRequestTo(uint32_t address, unsigned lane, unsigned size, bool is_write, uint32_t value) {
    MmioWrite(Mailbox() + kMailboxCommand, (((1u << size) - 1) << lane) << 4 | is_write, 4);
    MmioWrite(Mailbox() + kMailboxAddress, address, 4);
    if (is_write) MmioWrite(Mailbox() + kMailboxData, value << (8 * lane), 4);
  }
  static void Send() { MmioWrite(Mailbox() + kMailboxSend, 1, 4); }
  static uint32_t Status() { return MmioRead(Mailbox() + kMailboxStatus, 4); }
  static uint32_t Completion() { return MmioRead(Mailbox() + kMailboxCompletion, 4); }

  static unsigned DeviceControl(FunctionId f) { return Function(f).pcie + 0x08u; }
  static unsigned DeviceStatus(FunctionId f) { return Function(f).pcie + 0x0au; }
  // A narrow write through a bridge that moves whole dwords.
  static void Merge(FunctionId f, unsigned reg, uint32_t value, unsigned size) {
    const uint32_t before = MergeRead(f, reg, size);
    MergeWrite(f, reg, value, size, before);
  }
  static uint32_t Asked(unsigned reg, unsigned size) { return ((1u << (8 * size)) - 1) << (8 * (reg & 3)); }
  static uint32_t MergeRead(FunctionId f, unsigned reg, unsigned size) {
    return MmioReadWhole(Ecam(f, reg & ~3u), Asked(reg, size));
  }
  static void MergeWrite(FunctionId f, unsigned reg, uint32_t value, unsigned size, uint32_t before) {
    const uint32_t asked = Asked(reg, size);
    MmioWriteWhole(Ecam(f, reg & ~3u), (before & ~asked) | (value << (8 * (reg & 3)) & asked), asked);
  }
};

TEST_F(BridgesTest, EveryLatencyHasItsBasisAndEveryBridgeNamesLatenciesThatExist) {
  std::set<std::string> known;
  for (const LatencyText& text : kLatencyTable) {
    known.insert(text.name);
    EXPECT_TRUE(std::string(text.basis) == "measured" || std::string(text.basis) == "assumed") << text.name;
    EXPECT_GT(std::string(text.source).size(), 5u) << text.name;
  }
  for (const BridgeText& bridge : kBridges) {
    std::string names = std::string(bridge.latencies) + ",";
    for (size_t end; (end = names.find(',')) != std::string::npos; names.erase(0, end + 1)) {
      EXPECT_EQ(known.count(names.substr(0, end)), 1u) << bridge.name << ": " << names;
    }
  }
}

// ---- The mailbox ----

TEST_F(BridgesTest, AMailboxRequestReachesTheRegister) {
  for (const unsigned reg : {0x00u, 0x04u, 0x2eu, 0x3du, 0xa8u}) {
    for (const unsigned size : {1u, 2u, 4u}) {
      if (reg % size != 0) continue;
      BuildRequest(kOther, reg, size, false);
      Send();
      EXPECT_EQ(Status(), 0u);  // one poll busy
      EXPECT_EQ(Status(), 1u);
      const uint32_t ones = size == 4 ? ~0u : (1u << (8 * size)) - 1;
      EXPECT_EQ(Completion() >> (8 * (reg & 3)) & ones, Read(kOther, reg, size)) << reg;
    }
  }
  BuildRequest(kNic, 0x3c, 1, true, 0x55);
  Send();
  EXPECT_EQ(Read(kNic, 0x3c, 4), 0x00000155u);  // a byte and no neighbour
}

TEST_F(BridgesTest, AMailboxCompletionIsTakenOnceAndTellsOfNobody) {
  Build("pair", {.mailbox_busy_polls = 0});
  EXPECT_EQ(Status(), 0u);
  BuildRequestTo(0x03020000, 0, 4, false, 0);  // no function 2
  Send();
  EXPECT_EQ(Status(), 3u);
  EXPECT_EQ(Completion(), 0xffffffffu);
  EXPECT_EQ(Status(), 0u);
  BuildRequest(kNic, 0, 4, false);
  Send();
  EXPECT_EQ(Completion(), 0x15218086u);
  EXPECT_EQ(Completion(), 0xffffffffu);
  SurpriseRemove(kNic);
  Send();
  EXPECT_EQ(Status(), 3u);
  MmioWrite(Mailbox() + kMailboxCommand, 0x50, 4);  // bytes 0 and 2: no access
  Send();
  EXPECT_EQ(Status(), 3u);
  ResetMachine();
  EXPECT_EQ(Status(), 0u);
}

TEST_F(BridgesTest, AMailboxRegisterTakesItsLatency) {
  Build("pair", {.mailbox_register_ns = 300});
  BuildRequest(kNic, 0, 4, false);
  Send();
  Status();
  Completion();
  EXPECT_EQ(fake_engine::Get().delayed_ns, 5u * 300);
}

TEST_F(BridgesTest, TornPairFiresWhenAnotherCallRewritesAPartOfTheRequest) {
  As(1, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    BuildRequest(kNic, 0, 4, false);
  });
  As(2, [] {
    CallBegin(Call::kWrite, kOther, Origin::kKernel);
    MmioWrite(Mailbox() + kMailboxCommand, 0xf1, 4);  // the address is still that of task 1
  });
  As(1, [] {
    Send();
    CallEnd();
  });
  ASSERT_EQ(Count(Hazard::kTornPair), 1u);
  EXPECT_EQ(Texts()[0],
            "data of read of task 1 for 0000:03:00.0 went through the mailbox, which write of task 2 had pointed at "
            "0000:03:00.0 PCI_VENDOR_ID");
}

TEST_F(BridgesTest, TornPairFiresWhenACallTakesTheCompletionOfAnother) {
  As(1, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    BuildRequest(kNic, 0, 4, false);
    Send();
  });
  As(2, [] {
    CallBegin(Call::kRead, kOther, Origin::kKernel);
    BuildRequest(kOther, 8, 4, false);
    Send();
  });
  As(1, [] {
    EXPECT_EQ(Completion(), 0x02000001u);  // the class of the other function, not an ID
    CallEnd();
  });
  ASSERT_EQ(Count(Hazard::kTornPair), 1u);
  EXPECT_EQ(Hits()[0].function, kOther);
  EXPECT_EQ(Hits()[0].reg, 8);
  As(2, [] {
    EXPECT_EQ(Completion(), 0xffffffffu);  // it has been taken
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTornPair), 1u);
}

TEST_F(BridgesTest, TornPairIsSilentWhenALockKeepsAMessageTogetherAndCountsTheWaiter) {
  As(2, [] { CallBegin(Call::kRead, kOther, Origin::kKernel); });
  As(1, [] {
    CallBegin(Call::kWrite, kNic, Origin::kKernel);
    BuildRequest(kNic, 0x3c, 1, true, 7);
    Send();
    Completion();
    CallEnd();
  });
  As(2, [] {
    BuildRequest(kOther, 0, 4, false);  // leaves the data register as task 1 wrote it
    Send();
    Completion();
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTornPair), 0u);
  EXPECT_EQ(Chances(Hazard::kTornPair), 1u);
}

// ---- AMD's extension of mechanism 1 ----

TEST_F(BridgesTest, ExtendedCf8ReachesRegister256OnlyOnceItIsEnabled) {
  Build("vfio-nic");
  FunctionId big = 0;
  while (Function(big).config_bytes < 4096 || Read(big, 0x100, 4) == Read(big, 0, 4)) ++big;
  PortWrite(kCf8, Cf8(big, 0) | 1u << 24, 4);
  EXPECT_EQ(PortRead(kCfc, 4), Read(big, 0, 4));  // bits 27..24 are ignored
  EnableExtendedCf8();
  EXPECT_EQ(PortRead(kCfc, 4), Read(big, 0x100, 4));
  ResetMachine();
  PortWrite(kCf8, Cf8(big, 0) | 1u << 24, 4);
  EXPECT_EQ(PortRead(kCfc, 4), Read(big, 0, 4));
}

// ---- Whole dwords ----

TEST_F(BridgesTest, AnEventSetsOnlyBitsThatClearByWritingOne) {
  SignalEvent(kNic, DeviceStatus(kNic), 0xffff);
  EXPECT_EQ(Read(kNic, DeviceStatus(kNic), 2), 0x000fu);
  Write(kNic, DeviceStatus(kNic), 0x0003, 2);
  EXPECT_EQ(Read(kNic, DeviceStatus(kNic), 2), 0x000cu);
  ResetMachine();
  EXPECT_EQ(Read(kNic, DeviceStatus(kNic), 2), 0u);
}

TEST_F(BridgesTest, LostUpdateFiresOnAnEventThatAMergedWriteClears) {
  SignalEvent(kNic, DeviceStatus(kNic), 0x0001);
  As(1, [] {
    CallBegin(Call::kWrite, kNic, Origin::kKernel);
    Merge(kNic, DeviceControl(kNic), 0x0010, 2);
    CallEnd();
  });
  EXPECT_EQ(Read(kNic, DeviceControl(kNic), 4), 0x00000010u);  // what the hardware lost
  ASSERT_EQ(Count(Hazard::kLostUpdate), 1u);
  EXPECT_EQ(Hits()[0].reg, DeviceStatus(kNic));
  EXPECT_EQ(Texts()[0],
            "bit 0 of 0000:03:00.0 PCI_EXP_DEVSTA, an event of the device, was cleared by write of task 1, which was "
            "asked to write PCI_EXP_DEVCTL alone");
  EXPECT_EQ(Chances(Hazard::kLostUpdate), 1u);
}

TEST_F(BridgesTest, LostUpdateIsSilentWhenTheEventIsClearedOnPurposeOrByADwordWriteThatWasAskedFor) {
  SignalEvent(kNic, DeviceStatus(kNic), 0x0003);
  As(1, [] {
    CallBegin(Call::kWrite, kNic, Origin::kKernel);
    Merge(kNic, DeviceStatus(kNic), 0x0001, 2);
    CallEnd();
  });
  EXPECT_EQ(Read(kNic, DeviceStatus(kNic), 2), 0x0002u);
  Write(kNic, DeviceControl(kNic), 0x00020010, 4);
  EXPECT_EQ(Read(kNic, DeviceStatus(kNic), 2), 0u);
  EXPECT_EQ(Count(Hazard::kLostUpdate), 0u);
}

TEST_F(BridgesTest, LostUpdateFiresWhenAMergedWritePutsBackANeighbourThatAnotherHasChanged) {
  Write(kPort, 0x1a, 5, 1);  // subordinate bus
  As(1, [] {
    CallBegin(Call::kWrite, kPort, Origin::kKernel);
    const uint32_t before = MergeRead(kPort, 0x19, 1);
    As(2, [] {
      CallBegin(Call::kUserWrite, kPort, Origin::kUser);
      Write(kPort, 0x1a, 4, 1);
      CallEnd();
    });
    MergeWrite(kPort, 0x19, 3, 1, before);
    CallEnd();
  });
  ASSERT_EQ(Count(Hazard::kLostUpdate), 1u);
  EXPECT_EQ(Texts()[0],
            "bit 0 of 0000:00:1c.0 PCI_SUBORDINATE_BUS, cleared by user_write of task 2, was written back by write of "
            "task 1, which was asked to write PCI_SECONDARY_BUS alone");
  EXPECT_EQ(Hits()[0].other_call, Call::kUserWrite);
  EXPECT_EQ(Chances(Hazard::kLostUpdate), 1u);
}

TEST_F(BridgesTest, LostUpdateIsSilentWhenTheOtherWaitsForTheMergeAndCountsIt) {
  As(2, [] { CallBegin(Call::kUserWrite, kPort, Origin::kUser); });
  As(1, [] {
    CallBegin(Call::kWrite, kPort, Origin::kKernel);
    Merge(kPort, 0x19, 3, 1);
    CallEnd();
  });
  As(2, [] {
    Merge(kPort, 0x1a, 4, 1);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kLostUpdate), 0u);
  EXPECT_EQ(Chances(Hazard::kLostUpdate), 1u);
  EXPECT_EQ(Read(kPort, 0x18, 4) >> 8 & 0xffff, 0x0403u);
}

TEST_F(BridgesTest, LostUpdateOfAHelperIsSeenThroughTheMergeOfItsOwnWrite) {
  Write(kNic, 0x04, 0x0002, 2);
  As(1, [] {
    CallBegin(Call::kIntxMask, kNic, Origin::kKernel);
    EXPECT_EQ(Read(kNic, 0x04, 4) & 0xffff, 0x0002u);
    As(2, [] {
      CallBegin(Call::kWrite, kNic, Origin::kKernel);
      Merge(kNic, 0x04, 0x0006, 2);
      CallEnd();
    });
    Merge(kNic, 0x04, 0x0402, 2);  // reads bus master, and writes it back as it was
    CallEnd();
  });
  ASSERT_EQ(Count(Hazard::kLostUpdate), 1u);
  EXPECT_EQ(Hits()[0].call, Call::kIntxMask);
  EXPECT_EQ(Hits()[0].reg, 4);
}

TEST_F(BridgesTest, AMergeThatTheFunctionDidNotTakeLeavesNothingOpen) {
  As(1, [] {
    CallBegin(Call::kWrite, kPort, Origin::kKernel);
    const uint32_t before = MergeRead(kPort, 0x19, 1);
    SurpriseRemove(kPort);
    MergeWrite(kPort, 0x19, 3, 1, before);
    CallEnd();
  });
  Reinsert(kPort);
  As(2, [] {
    CallBegin(Call::kWrite, kPort, Origin::kKernel);
    Merge(kPort, 0x19, 3, 1);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kLostUpdate), 0u);
  EXPECT_EQ(Chances(Hazard::kLostUpdate), 0u);
}

}  // namespace
}  // namespace cfgtorture::hw
