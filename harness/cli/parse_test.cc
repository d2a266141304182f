// Goal: what a user may write is taken, what he must not is one line that helps him.
#include "harness/cli/parse.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::cli {
namespace {

using testing::HasSubstr;

std::string Error(const absl::Status& status) { return std::string(status.message()); }

TEST(ParseSeconds, TakesEveryUnit) {
  const std::pair<const char*, double> cases[] = {{"45s", 45},       {"30m", 1800},   {"3h", 10800}, {"2d", 172800},
                                                  {"250ms", .25},    {"1h30m", 5400}, {"1.5s", 1.5}, {"0.5d", 43200},
                                                  {"1d12h", 129600}, {"100us", 1e-4}};
  for (const auto& [text, seconds] : cases) {
    const absl::StatusOr<double> parsed = ParseSeconds("--duration", text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_NEAR(*parsed, seconds, 1e-9) << text;
  }
}

TEST(ParseSeconds, RefusesEverythingElse) {
  for (const char* text : {"10", "",    "-1s",   "0",      "0s",   "s",   "1",   "inf",     "-inf", "1x", "1 s",
                           "d",  "-1d", "1d-2h", "1e400s", "366d", "nan", "1dd", "45s,30m", "2d5",  "+"}) {
    const absl::StatusOr<double> parsed = ParseSeconds("--duration", text);
    EXPECT_FALSE(parsed.ok()) << text << " gave " << *parsed;
    EXPECT_THAT(Error(parsed.status()), testing::StartsWith("--duration \""));
  }
  EXPECT_THAT(Error(ParseSeconds("--duration", "10").status()), HasSubstr("with a unit"));
  EXPECT_THAT(Error(ParseSeconds("--duration", "-1s").status()), HasSubstr("more than 0"));
}

TEST(ParseSeconds, SurvivesWhateverIsWritten) {
  uint64_t random = 20191024;  // the seed
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      if (random % 4 == 0) break;
      text += "0123456789.-+dhmsunif \n\xff"[random % 23];
    }
    const absl::StatusOr<double> parsed = ParseSeconds("--time", text);
    if (parsed.ok()) {
      EXPECT_TRUE(std::isfinite(*parsed) && *parsed > 0) << text;
    } else {
      EXPECT_EQ(Error(parsed.status()).find('\n'), std::string::npos);
    }
    (void)ParseNames("--strategy", text, {"a", "b"}, true).ok();
    (void)ParseCount("--threads", text, 1, 1024).ok();
  }
}

TEST(ParseCount, HoldsItsLimits) {
  EXPECT_EQ(*ParseCount("--threads", "1", 1, 1024), 1u);
  EXPECT_EQ(*ParseCount("--seed", "18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
  for (const char* text : {"0", "1025", "-1", "", " 1", "1 ", "0x10", "two", "18446744073709551616", "1.0"}) {
    EXPECT_FALSE(ParseCount("--threads", text, 1, 1024).ok()) << text;
  }
  EXPECT_EQ(Error(ParseCount("--threads", "0", 1, 1024).status()),
            "--threads \"0\": expected a whole number from 1 to 1024");
}

TEST(ParseNames, TakesListsAndAll) {
  const std::vector<std::string> known = {"null", "rwsem", "waitqueue-v5.9"};
  EXPECT_THAT(*ParseNames("--strategy", "all", known), testing::ElementsAreArray(known));
  EXPECT_THAT(*ParseNames("--strategy", "rwsem,null,rwsem", known), testing::ElementsAre("rwsem", "null"));
  EXPECT_THAT(*ParseNames("--strategy", "rwsem:ticket", known, true), testing::ElementsAre("rwsem:ticket"));
  EXPECT_FALSE(ParseNames("--strategy", "rwsem:ticket", known).ok());
  EXPECT_FALSE(ParseNames("--strategy", "rwsem,", known).ok());
  EXPECT_FALSE(ParseNames("--strategy", "", known).ok());
}

TEST(ParseNames, SuggestsTheNearest) {
  const std::vector<std::string> known = {"null", "rwsem", "waitqueue-v4.11", "waitqueue-v5.9"};
  EXPECT_EQ(Error(ParseNames("--strategy", "wiatqueue-v5.9", known).status()),
            "--strategy: unknown name \"wiatqueue-v5.9\", did you mean \"waitqueue-v5.9\"?");
  EXPECT_THAT(Error(ParseNames("--strategy", "wait", known).status()), HasSubstr("waitqueue-v4.11"));
  EXPECT_THAT(Error(ParseNames("--strategy", "zzzzzz", known).status()),
              HasSubstr("; known: null, rwsem, waitqueue-v4.11, waitqueue-v5.9"));
  EXPECT_EQ(Error(ParseNames("--strategy", "a\nb\x1b[31m", known).status()).find('\n'), std::string::npos);
}

TEST(EditDistance, CountsASwapAsOne) {
  EXPECT_EQ(EditDistance("rwsem", "rwsem"), 0u);
  EXPECT_EQ(EditDistance("rswem", "rwsem"), 1u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
}

}  // namespace
}  // namespace cfgtorture::cli
