// Goal: no name of anybody's drives a terminal or a CI system, and none is lost by it.
#include "harness/result/printable.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture {
namespace {

using testing::HasSubstr;

TEST(PrintableTest, SpellsOutWhatWouldDisturbAPageOrATerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(Printable("a\nb"), "a\\x0ab");
  EXPECT_EQ(Printable("a\nb", 100, true), "a\nb");
  EXPECT_EQ(Printable("\xe2\x80\xae"
                      "gnp"),
            "\\u202egnp");  // right-to-left override
  EXPECT_EQ(Printable("\xff\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(Printable("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");  // cut
  EXPECT_EQ(Printable("a\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd"), "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(Printable("µ → ש"), "µ → ש");
}

TEST(PrintableTest, CutsLongTextAndSaysByHowMuch) {
  const std::string cut = Printable(std::string(10000, 'x'), 64);
  EXPECT_EQ(cut, std::string(64, 'x') + "… (9936 bytes more)");
  EXPECT_THAT(Printable(std::string(63, 'x') + "µµ", 64), HasSubstr("xµ…"));  // never inside a character
}

TEST(PrintableTest, NoLineIsACommandOfACiSystem) {
  EXPECT_EQ(PrintableLine("a\n::error file=x::y"), "a\\x0a::error file=x::y");
  EXPECT_EQ(PrintableLine("::error::y"), "\\x3a:error::y");
  EXPECT_EQ(PrintableText("a\n  ::error::y\nstd::string"), "a\n  \\x3a:error::y\nstd::string");
  EXPECT_EQ(PrintableText("a ##[error]b ##vso[x]"), "a \\x23#[error]b \\x23#vso[x]");
  EXPECT_EQ(PrintableLine(std::string(10'000, 'x')).size(), 10'000u) << "a token is pasted whole";
}

}  // namespace
}  // namespace cfgtorture
