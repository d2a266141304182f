// Goal: a block that nobody gives back is left at the end; one that anybody gives back is not.
#include "harness/judge/blocks.h"

#include "gtest/gtest.h"

namespace cfgtorture::judge {
namespace {

constexpr Place kReset{.site = 10, .stack = 0, .lock = 0, .context = 1};
constexpr Place kRecovery{.site = 20, .stack = 0, .lock = 0, .context = 2};

TEST(Blocks, FiresOnABlockThatNobodyGivesBack) {
  Blocks blocks;
  blocks.Blocked(3, kReset);
  blocks.Blocked(4, kRecovery);
  blocks.Unblocked(3);
  ASSERT_EQ(blocks.held().size(), 1u);
  EXPECT_EQ(blocks.held()[0].function, 4u);
  EXPECT_EQ(blocks.held()[0].by.site, 20u) << "and says who has taken it";
}

// Who gives it back is not asked: it need not be who took it.
TEST(Blocks, SilentOnBlocksGivenBackInAnyOrder) {
  Blocks blocks;
  blocks.Blocked(3, kReset);
  blocks.Blocked(4, kReset);
  blocks.Unblocked(3);
  blocks.Unblocked(4);
  EXPECT_TRUE(blocks.held().empty());
}

TEST(Blocks, FiresOnTwoBlocksOfOneFunctionGivenBackOnce) {
  Blocks blocks;
  blocks.Blocked(3, kReset);
  blocks.Blocked(3, kRecovery);
  blocks.Unblocked(3);
  ASSERT_EQ(blocks.held().size(), 1u);
  EXPECT_EQ(blocks.held()[0].by.context, 1u);
}

TEST(Blocks, SilentOnWhatWasNotBlockedAndOnAnEarlierExecution) {
  Blocks blocks;
  blocks.Unblocked(3);
  EXPECT_TRUE(blocks.held().empty());
  blocks.Blocked(3, kReset);
  blocks.Forget();
  EXPECT_TRUE(blocks.held().empty());
}

}  // namespace
}  // namespace cfgtorture::judge
