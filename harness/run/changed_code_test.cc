// changed_code_test.cc. Goal: a source whose function differs is named, and not its neighbour, whose offsets differ.
#include "harness/run/changed_code.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::run {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ChangedCode, IsNamedAndNotWhatMovedBecauseOfIt) {
  EXPECT_THAT(ChangedSources(CFGT_BUILD_BEFORE, CFGT_BUILD_AFTER), ElementsAre("changes"));
  EXPECT_THAT(ChangedSources(CFGT_BUILD_AFTER, CFGT_BUILD_BEFORE), ElementsAre("changes"));
}

TEST(ChangedCode, IsNoneBetweenABuildAndItself) {
  EXPECT_THAT(ChangedSources(CFGT_BUILD_AFTER, CFGT_BUILD_AFTER), IsEmpty());
}

TEST(ChangedCode, IsNoneWhereNothingCanBeTold) {
  EXPECT_THAT(ChangedSources("/dev/null", "/no/such/file"), IsEmpty());
  EXPECT_THAT(ChangedSources(CFGT_BUILD_AFTER, "/dev/null"), IsEmpty());
}

}  // namespace
}  // namespace cfgtorture::run
