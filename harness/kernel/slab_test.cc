// Goal: an allocation says that it may sleep if its flags do, and a BUG is a finding only if its condition holds.
#include "harness/kernel/slab.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "harness/kernel/bug.h"
#include "harness/kernel/fake_engine_test.h"

namespace cfgtorture {
namespace {

class SlabTest : public ::testing::Test {
 protected:
  void SetUp() override { fake::Reset(); }
};

TEST_F(SlabTest, GfpKernelMaySleepAndGfpAtomicMayNot) {
  kfree(kzalloc<int>(GFP_ATOMIC, 3));
  EXPECT_TRUE(fake::Get().may_sleep.empty());
  int* const three = kzalloc<int>(GFP_KERNEL, 3);
  EXPECT_EQ(*three, 3);
  kfree(three);
  EXPECT_EQ(fake::Get().may_sleep, std::vector<std::string>{"kzalloc(GFP_KERNEL)"});
}

TEST_F(SlabTest, ABugIsAFindingAndTheEndIffItsConditionHolds) {
  bool holds = false;
  BUG_ON(holds);
  EXPECT_TRUE(fake::Get().violations.empty());
  holds = true;
  EXPECT_THROW(BUG_ON(holds), std::runtime_error);
  EXPECT_EQ(fake::Get().violations.size(), 1u);
}

}  // namespace
}  // namespace cfgtorture
