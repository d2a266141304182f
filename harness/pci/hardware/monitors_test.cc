// Goal: every monitor fires on the smallest interleaving that earns it, and its nearest innocent neighbour is silent
// with the opportunity counted.
#include "harness/pci/hardware/hardware_test.h"
#include "harness/pci/hardware/power.h"

namespace cfgtorture::hw {
namespace {

using fake_engine::As;
using fake_engine::AsHardirq;

constexpr unsigned kCommandReg = 0x04, kDeviceControlFlrBit = 0x8000;

class MonitorTest : public HardwareTest {
 protected:
  static uint64_t Count(Hazard hazard) { return Monitor(hazard).hits; }
  static uint64_t Chances(Hazard hazard) { return Monitor(hazard).opportunities; }
  static unsigned LinkControl(FunctionId f) { return Function(f).pcie + 0x10u; }
  static unsigned DeviceControl(FunctionId f) { return Function(f).pcie + 0x08u; }
};

// ---- torn-pair ----
TEST_F(MonitorTest, TornPairFiresWhenAnotherCallMovesCf8BetweenAddressAndData) {
  As(1, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    PortWrite(kCf8, Cf8(kNic, 0), 4);
  });
  As(2, [] {
    CallBegin(Call::kUserRead, kOther, Origin::kUser);
    PortWrite(kCf8, Cf8(kOther, 8), 4);
    PortRead(kCfc, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTornPair), 0u);  // task 2 got what it asked for
  As(1, [] {
    EXPECT_EQ(PortRead(kCfc, 4), 0x02000001u);  // the class of the other function, not an ID
    CallEnd();
  });
  ASSERT_EQ(Count(Hazard::kTornPair), 1u);
  EXPECT_EQ(Hits()[0].function, kOther);
  EXPECT_EQ(Hits()[0].call, Call::kRead);
  EXPECT_EQ(Hits()[0].other_call, Call::kUserRead);
  EXPECT_EQ(Hits()[0].other_context, 2u);
  EXPECT_EQ(Texts()[0],
            "data of read of task 1 for 0000:03:00.0 went through CF8, which user_read of task 2 had "
            "pointed at 0000:03:00.1 PCI_CLASS_REVISION");
  // Task 2 began within task 1's interval, and task 1's call overlapped that of task 2.
  EXPECT_EQ(Chances(Hazard::kTornPair), 2u);
}

TEST_F(MonitorTest, TornPairIsSilentWhenALockKeepsThePairTogetherAndCountsTheWaiter) {
  As(2, [] { CallBegin(Call::kRead, kOther, Origin::kKernel); });  // waits for the lock
  As(1, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    PortWrite(kCf8, Cf8(kNic, 0), 4);
    EXPECT_EQ(PortRead(kCfc, 4), 0x15218086u);
    CallEnd();
  });
  As(2, [] {
    PortWrite(kCf8, Cf8(kOther, 0), 4);
    PortRead(kCfc, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTornPair), 0u);
  EXPECT_EQ(Chances(Hazard::kTornPair), 1u);
}

TEST_F(MonitorTest, TornPairHasNoOpportunityWithoutAnotherCall) {
  CallBegin(Call::kRead, kNic, Origin::kKernel);
  PortWrite(kCf8, Cf8(kNic, 0), 4);
  PortRead(kCfc, 4);
  CallEnd();
  As(2, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);  // later
    CallEnd();
  });
  EXPECT_EQ(Chances(Hazard::kTornPair), 0u);
}

TEST_F(MonitorTest, TornPairFiresOnTheIndirectWindowFromAnInterruptOfTheSameTask) {
  const uint64_t window = Bridge(0).window;
  CallBegin(Call::kWrite, kNic, Origin::kKernel);
  MmioWrite(window + kWindowSelect, 0x03000004, 4);
  AsHardirq(0, [&] {
    CallBegin(Call::kMsiMask, kOther, Origin::kKernel);
    MmioWrite(window + kWindowSelect, 0x03010060, 4);
    MmioWrite(window + kWindowData, 1, 4);
    CallEnd();
  });
  MmioWrite(window + kWindowData, 0x0547, 2);
  CallEnd();
  ASSERT_EQ(Count(Hazard::kTornPair), 1u);
  EXPECT_EQ(Hits()[0].other_call, Call::kMsiMask);
  EXPECT_NE(Texts()[0].find("msi_mask of hardirq of CPU 0"), std::string::npos) << Texts()[0];
}

TEST_F(MonitorTest, TornPairIsSilentOnWindowsOfTwoDomains) {
  Build("legacy-pci");
  const FunctionId remote = static_cast<FunctionId>(FunctionCount() - 1);
  As(1, [] {
    CallBegin(Call::kRead, 0, Origin::kKernel);
    MmioWrite(Bridge(0).window + kWindowSelect, 0, 4);
  });
  As(2, [&] {
    CallBegin(Call::kRead, remote, Origin::kKernel);
    MmioWrite(Bridge(1).window + kWindowSelect, 0x01080000, 4);
    EXPECT_EQ(MmioRead(Bridge(1).window + kWindowData, 2), 0x1000u);
    CallEnd();
  });
  As(1, [] {
    EXPECT_EQ(MmioRead(Bridge(0).window + kWindowData, 2), 0x8086u);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTornPair), 0u);
  EXPECT_EQ(Chances(Hazard::kTornPair), 0u);
}

// ---- lost-update ----
TEST_F(MonitorTest, LostUpdateFiresWhenAHelperWritesBackWhatAnotherCallHasChanged) {
  Write(kNic, kCommandReg, 0x0002, 2);
  As(1, [] {
    CallBegin(Call::kIntxMask, kNic, Origin::kKernel);
    EXPECT_EQ(Read(kNic, kCommandReg, 4) & 0xffff, 0x0002u);
  });
  As(2, [] {
    CallBegin(Call::kUserWrite, kNic, Origin::kUser);
    Write(kNic, kCommandReg, 0x0006, 2);  // bus master
    CallEnd();
  });
  As(1, [] {
    Write(kNic, kCommandReg, 0x0402, 2);
    CallEnd();
  });
  ASSERT_EQ(Count(Hazard::kLostUpdate), 1u);
  EXPECT_EQ(Texts()[0],
            "bit 2 of 0000:03:00.0 PCI_COMMAND, set by user_write of task 2, was written back by intx_mask "
            "of task 1");
  EXPECT_EQ(Hits()[0].reg, 0x04);
  EXPECT_EQ(Hits()[0].other_call, Call::kUserWrite);
  EXPECT_EQ(Chances(Hazard::kLostUpdate), 1u);
}

TEST_F(MonitorTest, LostUpdateIsSilentWhenTheOtherWaitsAndCountsIt) {
  As(2, [] { CallBegin(Call::kUserWrite, kNic, Origin::kUser); });  // before the read
  As(1, [] {
    CallBegin(Call::kIntxMask, kNic, Origin::kKernel);
    Read(kNic, kCommandReg, 4);
  });
  As(3, [] { CallBegin(Call::kWrite, kNic, Origin::kKernel); });  // between
  As(1, [] {
    Write(kNic, kCommandReg, 0x0402, 2);
    CallEnd();
  });
  As(2, [] {
    Write(kNic, kCommandReg, 0x0406, 2);
    CallEnd();
  });
  As(3, [] { CallEnd(); });
  EXPECT_EQ(Count(Hazard::kLostUpdate), 0u);
  EXPECT_EQ(Chances(Hazard::kLostUpdate), 2u);
}

TEST_F(MonitorTest, LostUpdateCountsNoOpportunityWhenTheHelperNeedNotWrite) {
  As(2, [] { CallBegin(Call::kUserWrite, kNic, Origin::kUser); });
  As(1, [] {
    CallBegin(Call::kIntxMask, kNic, Origin::kKernel);
    Read(kNic, kCommandReg, 4);  // no interrupt is pending: the helper leaves
    CallEnd();
  });
  EXPECT_EQ(Chances(Hazard::kLostUpdate), 0u);
}

TEST_F(MonitorTest, LostUpdateDoesNotBlameADriversOwnReadAndWrite) {
  As(1, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    Read(kNic, kCommandReg, 2);
    CallEnd();
    CallBegin(Call::kWrite, kNic, Origin::kKernel);
  });
  As(2, [] { Write(kNic, kCommandReg, 0x0002, 2); });
  As(1, [] {
    Write(kNic, kCommandReg, 0x0406, 2);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kLostUpdate), 0u);
}

TEST_F(MonitorTest, LostUpdateForgivesABitThatTheHelperItselfSets) {
  Write(kNic, LinkControl(kNic), 0, 2);
  As(1, [] {
    CallBegin(Call::kCapabilityUpdate, kNic, Origin::kKernel);
    Read(kNic, LinkControl(kNic), 2);
  });
  As(2, [] {
    CallBegin(Call::kWrite, kNic, Origin::kKernel);
    Write(kNic, LinkControl(kNic), 0x0001, 2);
    CallEnd();
  });
  As(1, [] {
    Write(kNic, LinkControl(kNic), 0x0001, 2);  // sets the very bit
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kLostUpdate), 0u);
  EXPECT_EQ(Chances(Hazard::kLostUpdate), 1u);
}

TEST_F(MonitorTest, LostUpdateIsSilentAboutStatusBitsThatClearByWritingOne) {
  // A device event between read and write: the dword written back holds 0 for it, which leaves it.
  As(1, [] {
    CallBegin(Call::kIntxMask, kNic, Origin::kKernel);
    Read(kNic, kCommandReg, 4);
  });
  SignalIntx(kNic, true, 0, 0x20);
  As(1, [] {
    Write(kNic, kCommandReg, 0x00000406, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kLostUpdate), 0u);
  EXPECT_TRUE(Read(kNic, kCommandReg, 4) & 0x00080000);  // Interrupt Status is still there
}

TEST_F(MonitorTest, LostUpdateForgetsWhatWasReadBeforeASurpriseRemoval) {
  As(1, [] {
    CallBegin(Call::kIntxMask, kNic, Origin::kKernel);
    Read(kNic, kCommandReg, 4);
  });
  SurpriseRemove(kNic);
  Reinsert(kNic);
  As(1, [] {
    Write(kNic, kCommandReg, 0x0406, 2);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kLostUpdate), 0u);
}

// ---- blocked-access ----
TEST_F(MonitorTest, BlockedAccessFiresOnAUserAccessInsideTheWindow) {
  As(1, [] { BlockedWindowOpen(kNic); });
  As(2, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    Read(kNic, 0, 4);
    CallEnd();
  });
  As(1, [] { EXPECT_TRUE(BlockedWindowClose(kNic)); });
  ASSERT_EQ(Count(Hazard::kBlockedAccess), 1u);
  EXPECT_EQ(Chances(Hazard::kBlockedAccess), 1u);
  EXPECT_EQ(Texts()[0],
            "user_read of task 2 reached 0000:03:00.0 PCI_VENDOR_ID while task 1 had its config space blocked");
}

TEST_F(MonitorTest, AWindowIsClosedOnceByWhomeverAndNotTwice) {
  As(1, [] { EXPECT_FALSE(BlockedWindowClose(kNic)); });
  As(1, [] { BlockedWindowOpen(kNic); });
  As(2, [] { EXPECT_TRUE(BlockedWindowClose(kNic)); });
  As(1, [] { EXPECT_FALSE(BlockedWindowClose(kNic)); });
  As(2, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    Read(kNic, 0, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kBlockedAccess), 0u);
}

TEST_F(MonitorTest, BlockedAccessIsSilentWhenTheUserWaitsAndCountsIt) {
  As(2, [] { CallBegin(Call::kUserRead, kNic, Origin::kUser); });
  As(1, [] { BlockedWindowOpen(kNic); });
  As(3, [] { CallBegin(Call::kUserWrite, kNic, Origin::kUser); });
  As(1, [] { EXPECT_TRUE(BlockedWindowClose(kNic)); });
  As(2, [] {
    Read(kNic, 0, 4);
    CallEnd();
  });
  As(3, [] {
    Write(kNic, kCommandReg, 6, 2);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kBlockedAccess), 0u);
  EXPECT_EQ(Chances(Hazard::kBlockedAccess), 2u);
}

TEST_F(MonitorTest, BlockedAccessIsSilentOnKernelAccessesAndOnOtherFunctions) {
  As(1, [] { BlockedWindowOpen(kNic); });
  As(2, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    Read(kNic, 0, 4);
    CallEnd();
    CallBegin(Call::kUserRead, kOther, Origin::kUser);
    Read(kOther, 0, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kBlockedAccess), 0u);
  EXPECT_EQ(Chances(Hazard::kBlockedAccess), 0u);
}

TEST_F(MonitorTest, BlockedWindowStaysOpenUntilTheLastOfTwoOwnersClosesIt) {
  As(1, [] { BlockedWindowOpen(kNic); });
  As(2, [] { BlockedWindowOpen(kNic); });
  As(1, [] { EXPECT_TRUE(BlockedWindowClose(kNic)); });
  As(3, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    Read(kNic, 0, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kBlockedAccess), 1u);
}

// ---- transition-access ----
TEST_F(MonitorTest, TransitionAccessFiresWithinTheRecoveryTimeOfAReset) {
  As(1, [] {
    CallBegin(Call::kReset, kNic, Origin::kOwner);
    Write(kNic, DeviceControl(kNic), kDeviceControlFlrBit, 2);
  });
  As(2, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    EXPECT_EQ(Read(kNic, kCommandReg, 4), 0xffffffffu);
    CallEnd();
  });
  As(3, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    Read(kNic, kCommandReg, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTransitionAccess), 2u);
  EXPECT_EQ(TransitionMonitor(Origin::kKernel).hits, 1u);
  EXPECT_EQ(TransitionMonitor(Origin::kUser).hits, 1u);
  EXPECT_EQ(TransitionMonitor(Origin::kKernel).opportunities, 1u);
  EXPECT_EQ(TransitionMonitor(Origin::kUser).opportunities, 1u);
  EXPECT_EQ(Texts()[0],
            "read of task 2 touched 0000:03:00.0 PCI_COMMAND within the recovery time of what reset of task "
            "1 had commanded");
}

TEST_F(MonitorTest, TransitionAccessIsSilentForTheIssuerAndTheWindowsOwner) {
  As(1, [] {
    CallBegin(Call::kSetPowerState, kNic, Origin::kKernel);
    Write(kNic, Function(kNic).pm + 4u, 3, 2);
    Read(kNic, Function(kNic).pm + 4u, 2);
    CallEnd();
  });
  As(2, [] {
    CallBegin(Call::kRead, kNic, Origin::kOwner);
    Read(kNic, 0, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTransitionAccess), 0u);
  EXPECT_EQ(Chances(Hazard::kTransitionAccess), 0u);
}

TEST_F(MonitorTest, TransitionAccessIsSilentAfterTheRecoveryTimeAndCountsWhoWaited) {
  As(2, [] { CallBegin(Call::kRead, kNic, Origin::kKernel); });
  As(1, [] {
    CallBegin(Call::kSetPowerState, kNic, Origin::kKernel);
    Write(kNic, Function(kNic).pm + 4u, 3, 2);
  });
  As(3, [] { CallBegin(Call::kUserRead, kNic, Origin::kUser); });
  fake_engine::Get().now_ns += kD3hotNs;
  As(2, [] {
    EXPECT_EQ(Read(kNic, 0, 2), 0x8086u);  // D3hot answers, and is no hazard
    CallEnd();
  });
  As(4, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);  // too late to be an opportunity
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTransitionAccess), 0u);
  EXPECT_EQ(TransitionMonitor(Origin::kKernel).opportunities, 1u);
  EXPECT_EQ(TransitionMonitor(Origin::kUser).opportunities, 1u);
}

TEST_F(MonitorTest, TransitionAccessFiresOnFunctionsBelowABridgeThatHoldsItsBusInReset) {
  As(1, [] {
    CallBegin(Call::kReset, kPort, Origin::kOwner);
    Write(kPort, 0x3e, 0x40, 2);
  });
  fake_engine::Get().now_ns += 10 * kBusResetNs;  // held as long as software likes
  As(2, [] {
    CallBegin(Call::kRead, kOther, Origin::kKernel);
    EXPECT_EQ(Read(kOther, 0, 4), 0xffffffffu);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kTransitionAccess), 1u);
}

// ---- use-after-remove ----
TEST_F(MonitorTest, UseAfterRemoveFiresOnceOnACallThatTouchesRegistersOfAFreedFunction) {
  As(2, [] { CallBegin(Call::kRead, kNic, Origin::kKernel); });
  As(1, [] {
    CallBegin(Call::kDeviceRemove, kNic, Origin::kKernel);
    ObjectFreed(kNic);
    CallEnd();
  });
  As(2, [] {
    Read(kNic, 0, 4);
    Read(kNic, 4, 4);
    CallEnd();
  });
  ASSERT_EQ(Count(Hazard::kUseAfterRemove), 1u);
  EXPECT_EQ(Hits()[0].other_call, Call::kDeviceRemove);
  EXPECT_EQ(Chances(Hazard::kUseAfterRemove), 1u);
}

TEST_F(MonitorTest, UseAfterRemoveFiresOnACallThatBeginsOnAFreedFunction) {
  As(1, [] {
    CallBegin(Call::kDeviceRemove, kNic, Origin::kKernel);
    CallEnd();
    ObjectFreed(kNic);
  });
  As(2, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    Read(kNic, 0, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kUseAfterRemove), 1u);
}

TEST_F(MonitorTest, UseAfterRemoveIsSilentWhenRemovalWaitsForTheCall) {
  As(2, [] { CallBegin(Call::kRead, kNic, Origin::kKernel); });
  As(1, [] { CallBegin(Call::kDeviceRemove, kNic, Origin::kKernel); });
  As(2, [] {
    Read(kNic, 0, 4);
    CallEnd();
  });
  As(1, [] {
    CallEnd();
    ObjectFreed(kNic);
    CallBegin(Call::kDeviceAdd, kNic, Origin::kKernel);
    Read(kNic, 0, 4);
    CallEnd();
    ObjectCreated(kNic);
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    Read(kNic, 0, 4);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kUseAfterRemove), 0u);
  EXPECT_EQ(Chances(Hazard::kUseAfterRemove), 1u);
}

TEST_F(MonitorTest, ReadingAnAbsentFunctionIsLegalAndAllOnes) {
  SurpriseRemove(kNic);
  CallBegin(Call::kUserRead, kNic, Origin::kUser);
  EXPECT_EQ(Read(kNic, 0, 4), 0xffffffffu);
  CallEnd();
  EXPECT_TRUE(Hits().empty());
}

// ---- torn-message ----
class MessageTest : public MonitorTest {
 protected:
  void SetUp() override {
    MonitorTest::SetUp();
    VectorAssigned(kNic, 0, 0, 0x40);  // as pair.txt has it
  }
  static unsigned Msi(unsigned offset) { return Function(kNic).msi + offset; }
};

TEST_F(MessageTest, TornMessageFiresOnNewAddressWithOldData) {
  VectorAssigned(kNic, 0, 1, 0x50);
  As(1, [] {
    CallBegin(Call::kMsiWrite, kNic, Origin::kKernel);
    Write(kNic, Msi(4), 0xfee01000, 4);
  });
  SignalMsi(kNic, 0);
  As(1, [] {
    Write(kNic, Msi(12), 0x50, 2);
    CallEnd();
  });
  ASSERT_EQ(Count(Hazard::kTornMessage), 1u);
  EXPECT_EQ(Hits()[0].other_call, Call::kMsiWrite);
  EXPECT_EQ(Chances(Hazard::kTornMessage), 1u);
  EXPECT_EQ(fake_engine::Get().raised, (std::vector<std::pair<int, int>>{{1, 0x40}}));  // it goes astray, as it would
}

TEST_F(MessageTest, TornMessageIsSilentWhenEachStepNamesAVectorThatItOwns) {
  VectorAssigned(kNic, 0, 1, 0x50);
  VectorAssigned(kNic, 0, 1, 0x40);  // the same vector, reserved on the new CPU too
  As(1, [] {
    CallBegin(Call::kMsiWrite, kNic, Origin::kKernel);
    Write(kNic, Msi(4), 0xfee01000, 4);
  });
  SignalMsi(kNic, 0);
  As(1, [] {
    Write(kNic, Msi(12), 0x50, 2);
    CallEnd();
  });
  SignalMsi(kNic, 0);
  EXPECT_EQ(Count(Hazard::kTornMessage), 0u);
  EXPECT_EQ(Chances(Hazard::kTornMessage), 1u);
}

TEST_F(MessageTest, TornMessageIsSilentWhileMaskedAndTheMessageIsSentOnUnmask) {
  VectorAssigned(kNic, 0, 1, 0x50);
  As(1, [] {
    CallBegin(Call::kMsiWrite, kNic, Origin::kKernel);
    Write(kNic, Msi(16), 1, 4);
    Write(kNic, Msi(4), 0xfee01000, 4);
  });
  SignalMsi(kNic, 0);
  EXPECT_TRUE(fake_engine::Get().raised.empty());
  EXPECT_EQ(Read(kNic, Msi(20), 4), 1u);  // pending
  As(1, [] {
    Write(kNic, Msi(12), 0x50, 2);
    Write(kNic, Msi(16), 0, 4);
    CallEnd();
  });
  EXPECT_EQ(fake_engine::Get().raised, (std::vector<std::pair<int, int>>{{1, 0x50}}));
  EXPECT_EQ(Read(kNic, Msi(20), 4), 0u);
  EXPECT_EQ(Count(Hazard::kTornMessage), 0u);
  EXPECT_EQ(Chances(Hazard::kTornMessage), 1u);
}

TEST_F(MessageTest, TornMessageFiresOnAReleasedVector) {
  VectorReleased(kNic, 0, 0, 0x40);
  SignalMsi(kNic, 0);
  EXPECT_EQ(Count(Hazard::kTornMessage), 1u);
}

TEST_F(MessageTest, OneVectorOfSeveralPutsItsIndexIntoTheData) {
  VectorAssigned(kNic, 2, 0, 0x42);
  SignalMsi(kNic, 2);
  EXPECT_EQ(fake_engine::Get().raised, (std::vector<std::pair<int, int>>{{0, 0x42}}));
  EXPECT_EQ(Count(Hazard::kTornMessage), 0u);
  SignalMsi(kNic, 4);  // beyond what is enabled: nothing
  EXPECT_EQ(fake_engine::Get().raised.size(), 1u);
}

// ---- all of them ----

TEST_F(MonitorTest, ResetForgetsCallsAndWindowsAndKeepsTheCounts) {
  As(1, [] {
    BlockedWindowOpen(kNic);
    CallBegin(Call::kReset, kNic, Origin::kOwner);
    Write(kNic, DeviceControl(kNic), kDeviceControlFlrBit, 2);
  });
  As(2, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    Read(kNic, 0, 4);
  });
  EXPECT_EQ(Count(Hazard::kBlockedAccess), 1u);
  ResetMachine();
  EXPECT_EQ(Count(Hazard::kBlockedAccess), 1u);
  As(2, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    EXPECT_EQ(Read(kNic, 0, 4), 0x15218086u);
    CallEnd();
  });
  EXPECT_EQ(Count(Hazard::kBlockedAccess), 1u);
  EXPECT_EQ(Count(Hazard::kTransitionAccess), 1u);
}

TEST_F(MonitorTest, WithoutACallbackTheFirstHitOfEachKindIsKept) {
  SetHitCallback(nullptr);
  As(1, [] { BlockedWindowOpen(kNic); });
  for (int i = 0; i < 3; ++i) {
    As(2, [] {
      CallBegin(Call::kUserRead, kNic, Origin::kUser);
      Read(kNic, 0, 4);
      CallEnd();
      CallBegin(Call::kUserWrite, kNic, Origin::kUser);
      Write(kNic, kCommandReg, 6, 2);
      CallEnd();
    });
  }
  int count = 0;
  const MonitorHit* hits = StoredHits(&count);
  ASSERT_EQ(count, 2);
  EXPECT_EQ(hits[0].call, Call::kUserRead);
  EXPECT_EQ(hits[1].call, Call::kUserWrite);
  EXPECT_EQ(Count(Hazard::kBlockedAccess), 6u);
}

TEST_F(MonitorTest, OperationCallbacksBracketTheCallAndNest) {
  static std::vector<std::string> log;
  log.clear();
  SetOperationCallbacks([](Call call) { log.push_back(std::string("+") + NameOf(call)); },
                        [](Call call) { log.push_back(std::string("-") + NameOf(call)); });
  CallBegin(Call::kReset, kNic, Origin::kOwner);
  CallBegin(Call::kWrite, kNic, Origin::kOwner);
  CallEnd();
  CallEnd();
  SetOperationCallbacks(nullptr, nullptr);
  EXPECT_EQ(log, (std::vector<std::string>{"+reset", "+write", "-write", "-reset"}));
}

TEST_F(MonitorTest, AScheduleIsDescribedRowByRowWhileRecording) {
  fake_engine::Get().recording = true;
  CallBegin(Call::kUserRead, kNic, Origin::kUser);
  PortWrite(kCf8, Cf8(kNic, kCommandReg), 4);
  PortRead(kCfc, 2);
  Write(kNic, Function(kNic).pm + 4u, 3, 2);
  CallEnd();
  EXPECT_EQ(fake_engine::Get().notes,
            (std::vector<std::string>{"user_read 0000:03:00.0", "CF8 <- 0x80030004", "read PCI_COMMAND -> 0x0406",
                                      "write PCI_PM_CTRL <- 0x0003", "0000:03:00.0: D0 to D3hot, 10000 us"}));
}

}  // namespace
}  // namespace cfgtorture::hw
