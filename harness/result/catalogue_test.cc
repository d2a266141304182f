// Goal: what a scenario's file says of it arrives as a worker describes it, and goes out as it came in.
#include "harness/result/catalogue.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Catalogue, ReadsWhatAScenarioSaysOfItself) {
  const Catalogue catalogue = Json({{"programs",
                                     {{{"kind", "scenario"},
                                       {"name", "x"},
                                       {"summary", "one line"},
                                       {"sides", "buggy,fixed"},
                                       {"tag", "historic"},
                                       {"history", "fixed by 0123456789ab (v1): it was"},
                                       {"must_find", "deadlock,lock-order"},
                                       {"may_find", ""},
                                       {"may_find_why", ""}}}}})
                                  .get<Catalogue>();
  const CatalogueProgram& x = *catalogue.FindProgram("scenario", "x");
  EXPECT_EQ(x.summary, "one line");
  EXPECT_THAT(x.sides, ElementsAre("buggy", "fixed"));
  EXPECT_EQ(x.tag, "historic");
  EXPECT_EQ(x.history, "fixed by 0123456789ab (v1): it was");
  EXPECT_THAT(x.must_find, ElementsAre("deadlock", "lock-order"));
  EXPECT_THAT(x.may_find, IsEmpty());

  const Json written = catalogue;
  EXPECT_EQ(written["programs"][0]["must_find"], Json({"deadlock", "lock-order"}));
  EXPECT_EQ(Json(written.get<Catalogue>()), written);
}

}  // namespace
}  // namespace cfgtorture
