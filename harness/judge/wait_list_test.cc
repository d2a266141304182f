// Goal: each way in which an entry and its queue part badly fires; how wait_event() and the walkers do it does not.
#include "harness/judge/wait_list.h"

#include "gtest/gtest.h"

namespace cfgtorture::judge {
namespace {

class WaitListTest : public ::testing::Test {
 protected:
  WaitList list_;
  const char queue_ = 0, other_queue_ = 0, entry_ = 0, other_entry_ = 0;
};

TEST_F(WaitListTest, SilentOnLinkAndUnlinkAsOftenAsOneLikes) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
    EXPECT_EQ(list_.Linked(&queue_, &other_entry_), ListFault::kNone);
    EXPECT_TRUE(list_.IsLinked(&entry_));
    EXPECT_EQ(list_.Unlinked(&entry_), ListFault::kNone);
    EXPECT_EQ(list_.Unlinked(&other_entry_), ListFault::kNone);
  }
  EXPECT_EQ(list_.EntryGone(&entry_), ListFault::kNone);
  EXPECT_EQ(list_.QueueGone(&queue_), ListFault::kNone);
  EXPECT_EQ(list_.size(), 0u);
}

TEST_F(WaitListTest, FiresOnASecondLink) {
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kLinkedTwice);
}

TEST_F(WaitListTest, FiresOnALinkToAnotherQueue) {
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
  EXPECT_EQ(list_.Linked(&other_queue_, &entry_), ListFault::kLinkedTwice);
}

TEST_F(WaitListTest, FiresOnASecondUnlink) {
  EXPECT_EQ(list_.Unlinked(&entry_), ListFault::kNotLinked);
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
  EXPECT_EQ(list_.Unlinked(&entry_), ListFault::kNone);
  EXPECT_EQ(list_.Unlinked(&entry_), ListFault::kNotLinked);
}

TEST_F(WaitListTest, FiresOnAnEntryWhoseFrameIsLeftWhileItIsLinked) {
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
  EXPECT_EQ(list_.EntryGone(&entry_), ListFault::kEntryLost);
  EXPECT_EQ(list_.EntryGone(&entry_), ListFault::kNone) << "said already";
}

TEST_F(WaitListTest, FiresOnWaitersLeftOnAQueueAtItsEnd) {
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
  EXPECT_EQ(list_.QueueGone(&other_queue_), ListFault::kNone);
  EXPECT_EQ(list_.QueueGone(&queue_), ListFault::kQueueLost);
  EXPECT_FALSE(list_.IsLinked(&entry_));
}

TEST_F(WaitListTest, AWakerMayNotCallThroughWhatIsUnlinked) {
  EXPECT_FALSE(list_.IsLinked(&entry_));
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
  EXPECT_EQ(list_.Unlinked(&entry_), ListFault::kNone);
  EXPECT_FALSE(list_.IsLinked(&entry_));
}

TEST_F(WaitListTest, ANewExecutionKnowsNothing) {
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
  list_.Forget();
  EXPECT_EQ(list_.Linked(&queue_, &entry_), ListFault::kNone);
}

}  // namespace
}  // namespace cfgtorture::judge
