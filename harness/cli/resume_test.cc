// resume_test.cc. Goal: a campaign goes on under its own options, and under no others.
#include "harness/cli/resume.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string text;
bool flag = false;
const std::vector<Option> kOptions = {{"--scenario", "L", "", &text},   {"--seed", "N", "", &text},
                                      {"--executions", "N", "", &text}, {"--time", "T", "", &text},
                                      {"--jobs", "N", "", &text},       {"--keep-going", nullptr, "", nullptr, &flag},
                                      {kResumeOption, "DIR", "", &text}};

absl::StatusOr<std::vector<std::string>> Resumed(std::vector<std::string> words) {
  words.insert(words.begin(), {"cfgtorture", "explore"});
  return ResumedCommand({"cfgtorture", "explore", "--scenario=x", "--seed", "7", "--time", "1h", "--keep-going"}, words,
                        kOptions, "d");
}

TEST(Resume, TakesTheCommandOfTheFolder) {
  EXPECT_THAT(*Resumed({"--resume", "d"}),
              ElementsAre("cfgtorture", "explore", "--scenario", "x", "--seed", "7", "--time", "1h", "--keep-going"));
}

TEST(Resume, TakesNewLimitsInPlaceOfTheOld) {
  EXPECT_THAT(*Resumed({"--resume", "d", "--executions", "9", "--jobs=4"}),
              ElementsAre("cfgtorture", "explore", "--scenario", "x", "--seed", "7", "--keep-going", "--executions",
                          "9", "--jobs", "4"));
}

TEST(Resume, RefusesAnotherCampaignAndTakesTheSameAgain) {
  EXPECT_TRUE(Resumed({"--resume", "d", "--seed", "7", "--scenario", "x"}).ok());
  EXPECT_THAT(std::string(Resumed({"--resume", "d", "--seed", "8"}).status().message()),
              HasSubstr("--resume d: --seed 8 would be another campaign: it was begun with --seed 7"));
}

TEST(Resume, PutsTheOptionsWhereTheCommandReadsThem) {
  Apply({"cfgtorture", "explore", "--seed", "9", "--keep-going"}, kOptions);
  EXPECT_EQ(text, "9");
  EXPECT_TRUE(flag);
}

TEST(Resume, RefusesAnotherBuild) {
  RunResult campaign;
  campaign.tool.build_id = "a";
  EXPECT_TRUE(GoOn({}, campaign, "a", "d").ok());
  EXPECT_THAT(std::string(GoOn({}, campaign, "b", "d").status().message()), HasSubstr("begun by build a; this is b"));
}

}  // namespace
}  // namespace cfgtorture::cli
