// Goal: what a scenario's file says of it arrives, as a plug-in's lines and as fields, and goes out as fields.
#include "harness/result/catalogue.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Catalogue Read(const char* summary) {
  return Json({{"programs", {{{"kind", "scenario"}, {"name", "x"}, {"summary", summary}, {"sides", "buggy,fixed"}}}}})
      .get<Catalogue>();
}

TEST(Catalogue, TakesTheLinesOfAScenarioOffItsSummary) {
  const Catalogue catalogue = Read(
      "one line\ntag: historic\nhistory: fixed by 0123456789ab (v1): it was\nmust-find: deadlock,lock-order\n"
      "may-find: context\nmay-find-why: it is so");
  const CatalogueProgram& x = *catalogue.FindProgram("scenario", "x");
  EXPECT_EQ(x.summary, "one line");
  EXPECT_EQ(x.tag, "historic");
  EXPECT_EQ(x.history, "fixed by 0123456789ab (v1): it was");
  EXPECT_THAT(x.must_find, ElementsAre("deadlock", "lock-order"));
  EXPECT_THAT(x.may_find, ElementsAre("context"));
  EXPECT_EQ(x.may_find_why, "it is so");
}

TEST(Catalogue, WritesThemAsFieldsAndReadsThoseBack) {
  const Json written = Read("one line\ntag: open\nmust-find: deadlock");
  EXPECT_EQ(written["programs"][0]["summary"], "one line");
  EXPECT_EQ(written["programs"][0]["must_find"], Json({"deadlock"}));
  const Catalogue again = written.get<Catalogue>();
  EXPECT_EQ(again.programs[0].tag, "open");
  EXPECT_THAT(again.programs[0].may_find, IsEmpty());
}

TEST(Catalogue, LeavesASummaryOfOneLineAsItIs) {
  EXPECT_EQ(Read("tag: this is a summary").programs[0].summary, "tag: this is a summary");
  EXPECT_EQ(Read("tag: this is a summary").programs[0].tag, "");
}

}  // namespace
}  // namespace cfgtorture
