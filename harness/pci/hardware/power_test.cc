// Goal: power, resets and retry status behave as facts 2.2 and 5 say, along the tree of bridges too; transition-access
// fires once on each of them, and its nearest innocent neighbour is silent with the opportunity counted.
#include "harness/pci/hardware/power.h"

#include "harness/pci/hardware/hardware_test.h"

namespace cfgtorture::hw {
namespace {

using fake_engine::As;

constexpr unsigned kCommandAt = 0x04;

class PowerTest : public HardwareTest {
 protected:
  static uint64_t Hits(Origin origin) { return TransitionMonitor(origin).hits; }
  static uint64_t Chances(Origin origin) { return TransitionMonitor(origin).opportunities; }
  static void Advance(uint64_t ns) { fake_engine::Get().now_ns += ns; }
  static unsigned Pmcsr(FunctionId f) { return Function(f).pm + 4u; }
  static void Flr(FunctionId f) { Write(f, Function(f).pcie + 0x08u, 0x8000, 2); }
  static void HideRetryStatus() { Write(kPort, Function(kPort).pcie + 0x1cu, 0x0008, 2); }
  static topology::Topology Pair() {
    return *topology::Load(std::string(CFGT_SOURCE_DIR) + "/workloads/topologies/pair.txt");
  }

  // A port (00:1c.0), a bridge below it (02:00.0), the two functions of pair.txt below that (03:00.0, .1), and another
  // port with nothing to do with them.
  static constexpr FunctionId kTop = 0, kBeside = 1, kMiddle = 2, kLeaf = 3, kLeaf2 = 4;
  static void BuildTree() {
    topology::Topology tree = Pair();
    topology::FunctionImage middle = tree.functions[kPort], beside = middle;
    const auto buses = [](topology::FunctionImage& f, uint8_t primary, uint8_t secondary, uint8_t subordinate) {
      f.config[0x18] = primary;
      f.config[0x19] = secondary;
      f.config[0x1a] = subordinate;
    };
    buses(tree.functions[kPort], 0, 2, 3);
    middle.bus = 2;
    middle.devfn = 0;
    buses(middle, 2, 3, 3);
    beside.devfn = 0x1d << 3;
    buses(beside, 0, 9, 9);
    tree.functions.insert(tree.functions.begin() + 1, {beside, middle});
    BuildMachine(tree, Latencies{});
  }
};

// ---- Request Retry Status ----

TEST_F(PowerTest, WithoutSoftwareVisibilityARequestIsRetriedAndThenReadsAllOnes) {
  HardwareTest::Build("pair", {.retry_ns = 50'000});
  HideRetryStatus();
  Flr(kNic);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
  EXPECT_EQ(fake_engine::Get().delayed_ns, 50'000u);
}

TEST_F(PowerTest, ARetriedRequestIsAnsweredIfTheFunctionIsReadyInTime) {
  HardwareTest::Build("pair", {.retry_ns = 50'000});
  HideRetryStatus();
  Flr(kNic);
  Advance(kFlrNs - 20'000);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0x15218086u);
  EXPECT_EQ(fake_engine::Get().delayed_ns, 25'000u);
  Flr(kNic);
  Advance(kFlrNs - 20'000);
  Write(kNic, 0x3c, 9, 1);  // a write is retried as well
  EXPECT_EQ(Read(kNic, 0x3c, 1), 9u);
}

TEST_F(PowerTest, WithSoftwareVisibilityOnlyOtherRegistersThanTheVendorIdAreRetried) {
  HardwareTest::Build("pair", {.retry_ns = 50'000});
  Flr(kNic);
  EXPECT_EQ(Read(kNic, 0x00, 2), 0x0001u);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffff0001u);
  EXPECT_EQ(fake_engine::Get().delayed_ns, 0u);
  EXPECT_EQ(Read(kNic, kCommandAt, 4), 0xffffffffu);
  EXPECT_EQ(Read(kNic, 0x00, 1), 0xffu);  // does not cover the Vendor ID
  EXPECT_EQ(fake_engine::Get().delayed_ns, 100'000u);
}

TEST_F(PowerTest, NobodyRetriesWhereThereIsNoLinkOrNoPower) {
  HardwareTest::Build("pair", {.retry_ns = 50'000});
  Write(kPort, 0x3e, 0x0043, 2);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
  Write(kPort, 0x3e, 0x0003, 2);
  Advance(kBusResetNs);
  CutPower(kNic);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
  EXPECT_EQ(fake_engine::Get().delayed_ns, 0u);
}

TEST_F(PowerTest, AVirtualFunctionHasNoVendorIdSoCommandIsPolled) {
  HardwareTest::Build("vfio-nic");
  FunctionId vf = 0;
  while (std::string(Function(vf).name) != "0000:06:02.0") ++vf;
  EXPECT_EQ(Read(vf, 0x00, 4), 0xffffffffu);
  EXPECT_NE(Read(vf, kCommandAt, 4), 0xffffffffu);
  Flr(vf);
  EXPECT_EQ(Read(vf, 0x00, 4), 0xffffffffu);
  EXPECT_EQ(Read(vf, kCommandAt, 4), 0xffffffffu);
  Advance(kFlrNs);
  EXPECT_EQ(Read(vf, 0x00, 4), 0xffffffffu);
  EXPECT_EQ(Read(vf, kCommandAt, 2), 0u);
}

// ---- D3cold ----

TEST_F(PowerTest, InD3coldAFunctionReadsAllOnesAndComesBackAsFromPowerOn) {
  Write(kNic, 0x3c, 9, 1);
  CutPower(kNic);
  Advance(1'000'000'000);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
  Write(kNic, 0x3c, 7, 1);  // dropped
  EXPECT_EQ(Read(kOther, 0x00, 4), 0x15218086u);
  RestorePower(kNic);
  Advance(kD3coldNs - 1);
  EXPECT_EQ(Read(kNic, kCommandAt, 4), 0xffffffffu);
  Advance(1);
  EXPECT_EQ(Read(kNic, kCommandAt, 2), 0u);
  EXPECT_EQ(Read(kNic, 0x3c, 1), 0u);
  RestorePower(kNic);  // has it already
  EXPECT_EQ(Read(kNic, 0x00, 4), 0x15218086u);
  CutPower(kNic);
  ResetMachine();
  EXPECT_EQ(Read(kNic, 0x00, 4), 0x15218086u);
}

TEST_F(PowerTest, APortTakesThePowerOfAllBehindIt) {
  BuildTree();
  CutPower(kTop);
  for (const FunctionId f : {kTop, kMiddle, kLeaf, kLeaf2}) EXPECT_EQ(Read(f, 0x00, 4), 0xffffffffu) << f;
  EXPECT_EQ(Read(kBeside, 0x00, 2), 0x8086u);
  RestorePower(kTop);
  Advance(kD3coldNs);
  EXPECT_EQ(Read(kLeaf, 0x00, 4), 0x15218086u);
}

TEST_F(PowerTest, WithoutPowerNothingInterrupts) {
  Write(kNic, kCommandAt, 0x0006, 2);
  CutPower(kNic);
  SignalIntx(kNic, true, 1, 0x30);
  EXPECT_TRUE(fake_engine::Get().raised.empty());
  RestorePower(kNic);
  SignalIntx(kNic, true, 1, 0x30);
  EXPECT_EQ(fake_engine::Get().raised.size(), 1u);
}

TEST_F(PowerTest, TransitionAccessFiresInD3cold) {
  As(1, [] {
    CallBegin(Call::kSetPowerState, kNic, Origin::kOwner);
    CutPower(kNic);
    CallEnd();
  });
  Advance(1'000'000'000);
  As(2, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    Read(kNic, kCommandAt, 2);
    CallEnd();
  });
  EXPECT_EQ(Hits(Origin::kUser), 1u);
  EXPECT_EQ(Chances(Origin::kUser), 1u);
  ASSERT_EQ(Texts().size(), 1u);
  EXPECT_EQ(
      Texts()[0],
      "user_read of task 2 touched 0000:03:00.0 PCI_COMMAND in D3cold, after set_power_state of task 1 had cut its "
      "power");
}

TEST_F(PowerTest, TransitionAccessIsSilentForWhoWaitsUntilThePowerIsBackAndForTheIssuer) {
  As(1, [] {
    CallBegin(Call::kSetPowerState, kNic, Origin::kOwner);
    CutPower(kNic);
    Read(kNic, kCommandAt, 2);
  });
  As(2, [] { CallBegin(Call::kUserRead, kNic, Origin::kUser); });
  As(1, [] {
    RestorePower(kNic);
    Advance(kD3coldNs);
    CallEnd();
  });
  As(2, [] {
    EXPECT_EQ(Read(kNic, 0x00, 2), 0x8086u);
    CallEnd();
  });
  EXPECT_EQ(Monitor(Hazard::kTransitionAccess).hits, 0u);
  EXPECT_EQ(Chances(Origin::kUser), 2u);  // it began in D3cold, and stood there as the power came back
}

// ---- Bridges above ----

TEST_F(PowerTest, AFunctionIsReachableIffEveryBridgeAboveIsInD0) {
  BuildTree();
  EXPECT_EQ(Read(kLeaf, 0x00, 4), 0x15218086u);
  Write(kMiddle, Pmcsr(kMiddle), 3, 2);
  Write(kTop, Pmcsr(kTop), 3, 2);
  Advance(kD3hotNs);
  EXPECT_EQ(Read(kLeaf, 0x00, 4), 0xffffffffu);
  EXPECT_EQ(Read(kMiddle, 0x00, 4), 0xffffffffu);
  EXPECT_EQ(Read(kTop, 0x00, 2), 0x8086u);  // itself answers in D3hot
  EXPECT_EQ(Read(kBeside, 0x00, 2), 0x8086u);
  Write(kTop, Pmcsr(kTop), 0, 2);
  Advance(kD3hotNs);
  EXPECT_EQ(Read(kMiddle, 0x00, 2), 0x8086u);
  EXPECT_EQ(Read(kLeaf, 0x00, 4), 0xffffffffu);
  Write(kLeaf, 0x3c, 5, 1);  // dropped
  Write(kMiddle, Pmcsr(kMiddle), 0, 2);
  EXPECT_EQ(Read(kLeaf, 0x00, 4), 0xffffffffu);  // the bridge's own recovery
  Advance(kD3hotNs);
  EXPECT_EQ(Read(kLeaf, 0x00, 4), 0x15218086u);
  EXPECT_NE(Read(kLeaf, 0x3c, 1), 5u);
}

TEST_F(PowerTest, TransitionAccessIsSilentOnAFunctionThatCannotBeReached) {
  As(1, [] {
    CallBegin(Call::kSetPowerState, kPort, Origin::kOwner);
    Write(kPort, Pmcsr(kPort), 3, 2);
  });
  As(2, [] {
    CallBegin(Call::kRead, kNic, Origin::kKernel);
    EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
    CallEnd();
    CallBegin(Call::kRead, kPort, Origin::kKernel);
    Read(kPort, 0x00, 4);
    CallEnd();
  });
  EXPECT_EQ(Hits(Origin::kKernel), 1u);  // the bridge itself is in transition
  EXPECT_EQ(HardwareTest::Hits()[0].function, kPort);
}

TEST_F(PowerTest, ABridgeThatWasDumpedInD3hotForwardsNothing) {
  topology::Topology pair = Pair();
  pair.functions[kPort].config[Function(kPort).pm + 4u] |= 3;
  BuildMachine(pair, Latencies{});
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
  Write(kPort, Pmcsr(kPort), 0, 2);
  Advance(kD3hotNs);
  EXPECT_EQ(Read(kNic, 0x00, 4), 0x15218086u);
  ResetMachine();
  EXPECT_EQ(Read(kNic, 0x00, 4), 0xffffffffu);
}

// ---- BIST ----

TEST_F(PowerTest, ASelfTestTakesTheFunctionAwayAndResetsIt) {
  topology::Topology pair = Pair();
  pair.functions[kNic].config[0x0f] = 0x80;  // capable
  BuildMachine(pair, Latencies{});
  EXPECT_EQ(Read(kNic, 0x0f, 1), 0x80u);
  As(1, [] {
    CallBegin(Call::kWrite, kNic, Origin::kOwner);
    Write(kNic, 0x0f, 0x40, 1);
    CallEnd();
  });
  As(2, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    EXPECT_EQ(Read(kNic, kCommandAt, 2), 0xffffu);
    CallEnd();
  });
  EXPECT_EQ(Hits(Origin::kUser), 1u);
  Advance(kBistNs);
  As(2, [] {
    CallBegin(Call::kUserRead, kNic, Origin::kUser);
    EXPECT_EQ(Read(kNic, 0x0f, 1), 0x80u);  // done, and passed
    EXPECT_EQ(Read(kNic, kCommandAt, 2), 0u);
    CallEnd();
  });
  EXPECT_EQ(Hits(Origin::kUser), 1u);
}

TEST_F(PowerTest, AFunctionWithoutASelfTestStartsNone) {
  Write(kNic, 0x0f, 0x40, 1);
  EXPECT_EQ(Read(kNic, 0x0f, 1), 0u);
  EXPECT_EQ(Read(kNic, kCommandAt, 2), 0x0406u);
}

// ---- Secondary bus reset ----

TEST_F(PowerTest, ASecondaryBusResetTakesTheSubtreeAndNothingBeside) {
  BuildTree();
  Write(kMiddle, Pmcsr(kMiddle), 3, 2);
  Advance(kD3hotNs);
  As(1, [] {
    CallBegin(Call::kReset, kTop, Origin::kOwner);
    Write(kTop, 0x3e, 0x0043, 2);
  });
  Advance(2'000'000);
  As(2, [] {
    for (const FunctionId f : {kMiddle, kLeaf2, kBeside, kTop}) {
      CallBegin(Call::kRead, f, Origin::kKernel);
      Read(f, 0x00, 4);
      CallEnd();
    }
  });
  EXPECT_EQ(Hits(Origin::kKernel), 2u);
  EXPECT_EQ(Chances(Origin::kKernel), 2u);
  EXPECT_EQ(HardwareTest::Hits()[0].function, kMiddle);
  EXPECT_EQ(HardwareTest::Hits()[1].function, kLeaf2);
  As(1, [] {
    Write(kTop, 0x3e, 0x0003, 2);
    Advance(kBusResetNs);
    CallEnd();
  });
  As(2, [] {
    CallBegin(Call::kRead, kLeaf, Origin::kKernel);
    EXPECT_EQ(Read(kLeaf, 0x00, 4), 0x15218086u);  // the reset took the bridge out of D3hot
    EXPECT_EQ(Read(kLeaf, kCommandAt, 2), 0u);
    CallEnd();
  });
  EXPECT_EQ(Read(kMiddle, Pmcsr(kMiddle), 2) & 3, 0u);
  EXPECT_EQ(Read(kBeside, kCommandAt, 2), 0x0407u);
  EXPECT_EQ(Hits(Origin::kKernel), 2u);
}

}  // namespace
}  // namespace cfgtorture::hw
