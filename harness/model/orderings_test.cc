// orderings_test.cc. Goal: who goes through a long log says so meanwhile, or the front end takes the worker for one
// that hangs.
#include "gtest/gtest.h"
#include "harness/model/recorder.h"
#include "harness/model/witness.h"

namespace cfgtorture::model {
namespace {

TEST(Orderings, OfALongLogTellThatTheyTakeLong) {
  recorder.Begin();
  for (int i = 0; i < 200'000; ++i) recorder.LockEvent(/*pc=*/1, /*lock=*/1, "lock", /*taken=*/true);
  int told = 0;
  const auto tell = [&] { ++told; };
  EXPECT_TRUE(PairsOf(recorder, 1, tell).empty()) << "one context alone";
  EXPECT_GE(told, 6);  // of its events, and of their pairs
  told = 0;
  EXPECT_FALSE(IsTurnedRound(recorder, {}, tell));
  EXPECT_GE(told, 3);
  recorder.End();
}

}  // namespace
}  // namespace cfgtorture::model
