// Goal: the MSI-X table is sampled as it stands when the device signals, and a masked entry waits. The reset of a bus
// that another takes back fires, and the issuer's own end of it does not.
#include "harness/pci/hardware/hardware_test.h"

namespace cfgtorture::hw {
namespace {

using fake_engine::As;

class MsixTest : public HardwareTest {
 protected:
  void SetUp() override {
    HardwareTest::SetUp();
    Write(kNic, Function(kNic).msix + 2u, 0x8000, 2);  // enable
    VectorAssigned(kNic, 3, 0, 0x40);
    Entry(0xfee00000, 0x40);
    MmioWrite(At(12), 0, 4);
  }
  static uint64_t At(unsigned offset) { return Function(kNic).msix_table + 3 * 16 + offset; }
  static void Entry(uint32_t address, uint32_t data) {
    MmioWrite(At(0), address, 4);
    MmioWrite(At(4), 0, 4);
    MmioWrite(At(8), data, 4);
  }
};

TEST_F(MsixTest, AnEntryIsSentAndReadsBack) {
  EXPECT_EQ(Function(kNic).msix_vectors, 10);
  EXPECT_EQ(MmioRead(At(8), 4), 0x40u);
  SignalMsix(kNic, 3);
  EXPECT_EQ(fake_engine::Get().raised, (std::vector<std::pair<int, int>>{{0, 0x40}}));
  EXPECT_EQ(Monitor(Hazard::kTornMessage).hits, 0u);
  SignalMsix(kNic, 10);  // there is none
  EXPECT_EQ(fake_engine::Get().raised.size(), 1u);
}

TEST_F(MsixTest, TornMessageFiresOnAnUnmaskedEntryThatIsHalfWritten) {
  VectorAssigned(kNic, 3, 1, 0x50);
  As(1, [] {
    CallBegin(Call::kMsiWrite, kNic, Origin::kKernel);
    MmioWrite(At(0), 0xfee01000, 4);
  });
  SignalMsix(kNic, 3);
  As(1, [] {
    MmioWrite(At(8), 0x50, 4);
    CallEnd();
  });
  EXPECT_EQ(Monitor(Hazard::kTornMessage).hits, 1u);
  EXPECT_EQ(Monitor(Hazard::kTornMessage).opportunities, 1u);
}

TEST_F(MsixTest, AMaskedEntryWaitsAndIsSentWhole) {
  VectorAssigned(kNic, 3, 1, 0x50);
  As(1, [] {
    CallBegin(Call::kMsiWrite, kNic, Origin::kKernel);
    MmioWrite(At(12), 1, 4);
    MmioWrite(At(0), 0xfee01000, 4);
  });
  SignalMsix(kNic, 3);
  EXPECT_TRUE(fake_engine::Get().raised.empty());
  As(1, [] {
    MmioWrite(At(8), 0x50, 4);
    MmioWrite(At(12), 0, 4);
    CallEnd();
  });
  EXPECT_EQ(fake_engine::Get().raised, (std::vector<std::pair<int, int>>{{1, 0x50}}));
  EXPECT_EQ(Monitor(Hazard::kTornMessage).hits, 0u);
  EXPECT_EQ(Monitor(Hazard::kTornMessage).opportunities, 1u);
}

TEST_F(MsixTest, TheFunctionMaskHoldsEveryEntryBack) {
  Write(kNic, Function(kNic).msix + 2u, 0xc000, 2);
  SignalMsix(kNic, 3);
  EXPECT_TRUE(fake_engine::Get().raised.empty());
  Write(kNic, Function(kNic).msix + 2u, 0x8000, 2);
  EXPECT_EQ(fake_engine::Get().raised, (std::vector<std::pair<int, int>>{{0, 0x40}}));
}

TEST_F(MsixTest, NothingAnswersWithoutMemorySpaceOrAfterAReset) {
  Write(kNic, 4, 0, 2);
  EXPECT_EQ(MmioRead(At(8), 4), ~0u);
  Write(kNic, 4, 2, 2);
  EXPECT_EQ(MmioRead(At(8), 4), 0x40u);
  ResetMachine();
  EXPECT_EQ(MmioRead(At(8), 4), 0u);
  EXPECT_EQ(MmioRead(At(12), 4), 1u);
}

// ---- A bus in reset ----

class BusResetTest : public HardwareTest {
 protected:
  static void Control(Origin origin, uint32_t value) {
    CallBegin(origin == Origin::kUser ? Call::kUserWrite : Call::kWrite, kPort, origin);
    Write(kPort, 0x3e, value, 2);
    CallEnd();
  }
};

TEST_F(BusResetTest, TransitionAccessFiresWhenAnotherTakesTheBusOutOfReset) {
  As(1, [] { Control(Origin::kOwner, 0x43); });
  As(2, [] { Control(Origin::kUser, 0x03); });
  ASSERT_EQ(Monitor(Hazard::kTransitionAccess).hits, 1u);
  EXPECT_NE(Texts()[0].find("out of the reset"), std::string::npos);
  As(1, [] { Control(Origin::kOwner, 0x03); });
  EXPECT_EQ(Monitor(Hazard::kTransitionAccess).hits, 1u);
}

TEST_F(BusResetTest, TransitionAccessIsSilentForWhoBeganItAndForAWriteThatKeepsIt) {
  As(1, [] { Control(Origin::kOwner, 0x43); });
  As(2, [] { Control(Origin::kUser, 0x41); });
  As(1, [] { Control(Origin::kOwner, 0x03); });
  As(2, [] { Control(Origin::kUser, 0x01); });
  EXPECT_EQ(Monitor(Hazard::kTransitionAccess).hits, 0u);
}

}  // namespace
}  // namespace cfgtorture::hw
