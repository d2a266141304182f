// Goal: a token says everything again, and nothing that is not a token of this format is taken for one.
#include "harness/explore/token.h"

#include <cstdio>
#include <random>

#include "gtest/gtest.h"

namespace cfgtorture::explore {
namespace {

Token Sample() {
  Token token;
  token.build_id = "0123456789ab-ba9876543210";
  token.cell = {"some-lock", "dead-entry", "probe", "", "", "x86", "ticket", "preempt", "", "sc"};
  token.threads = 2;
  token.ops = 3;
  token.racy_sites = {0x10, 0xfffff, 3};
  token.ranks = {0, 0, 0, 2, 0, 1, 1, 0, 300, 0, 0};
  token.trace_hash = 0xfedcba9876543210;
  return token;
}

TEST(Token, SaysEverythingAgain) {
  const Token token = Sample();
  const absl::StatusOr<Token> again = Decode(Encode(token) + "\n");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->build_id, token.build_id);
  EXPECT_EQ(again->cell, token.cell);
  EXPECT_EQ(again->threads, token.threads);
  EXPECT_EQ(again->ops, token.ops);
  EXPECT_EQ(again->racy_sites, token.racy_sites);
  EXPECT_EQ(again->ranks, token.ranks);
  EXPECT_EQ(again->trace_hash, token.trace_hash);
}

TEST(Token, OfAnExecutionWithoutAChoiceIsFine) {
  Token token = Sample();
  token.ranks.clear();
  token.racy_sites.clear();
  const absl::StatusOr<Token> again = Decode(Encode(token));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->ranks.empty());
}

TEST(Token, RefusesWhatIsNoneByName) {
  EXPECT_EQ(Decode("hello").status().message(), "not a token: it must begin with \"ct1-\"");
  EXPECT_EQ(Decode("ct2-0000").status().message(), "token format \"ct2\"; this build reads \"ct1\"");
  EXPECT_EQ(Decode("ct1-00!0").status().message(), "token: character 7 is not base32");
  EXPECT_EQ(Decode("ct1-00").status().message(), "token \"ct1-00\": cut short");
}

TEST(Token, RefusesEveryChangedOrMissingCharacter) {
  const std::string text = Encode(Sample());
  EXPECT_FALSE(Decode(text + "0").ok());
  EXPECT_FALSE(Decode(text + "z").ok());
  for (size_t i = 4; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '7' ? '8' : '7';
    EXPECT_FALSE(Decode(changed).ok()) << i;
    EXPECT_FALSE(Decode(text.substr(0, i)).ok()) << i;
  }
}

TEST(Token, SurvivesArbitraryBytes) {
  std::mt19937_64 random(20191016);
  std::printf("seed 20191016\n");
  for (int round = 0; round < 20000; ++round) {
    std::string text = Encode(Sample());
    for (int edits = static_cast<int>(random() % 8); edits >= 0; --edits) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 5);
          break;
        default:
          text.insert(at, 1, "0123456789abcdefghjkmnpqrstvwxyz"[random() % 32]);
          break;
      }
      if (text.empty()) text = "c";
    }
    Decode(text).IgnoreError();
  }
}

}  // namespace
}  // namespace cfgtorture::explore
