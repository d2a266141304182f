// Goal: what the command line says of weights and patterns reaches the programs that know it, and nothing else passes.
#include "harness/cli/program_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/result/rounds_for_test.h"

namespace cfgtorture::cli {
namespace {

using testing::HasSubstr;

Catalogue SomeCatalogue() {
  Catalogue catalogue;
  catalogue.programs = {{.kind = "workload", .name = "scan", .options = {{"reads", 8, 0, 100, ""}}},
                        {.kind = "workload", .name = "both", .options = {{"scan", 2, 0, 10, ""}}},
                        {.kind = "scenario", .name = "bare", .needs_strategy = false}};
  catalogue.patterns = {{"delay-wake-callback-us", 0, 0, 1'000'000, ""},
                        {"delay-wake-callback-every", 1, 1, 100, ""},
                        {"long-hold-us", 0, 0, 1'000'000, ""},
                        {"long-hold-every", 2000, 1, 1'000'000, ""},
                        {"onoff-us", 0, 0, 1'000'000, ""}};
  return catalogue;
}

// As "options", or the message.
std::string For(const ProgramOptions& options, const std::string& program) {
  const Catalogue catalogue = SomeCatalogue();
  absl::StatusOr<ChosenValues> chosen = ParseProgramOptions(options, catalogue);
  if (!chosen.ok()) return std::string(chosen.status().message());
  const CatalogueProgram& known = *catalogue.FindProgram("", program);
  if (absl::Status status = CheckKnown(catalogue, {&known}, *chosen); !status.ok()) {
    return std::string(status.message());
  }
  absl::StatusOr<std::string> values = ValuesFor(catalogue, known, *chosen);
  return values.ok() ? *values : std::string(values.status().message());
}

TEST(ProgramOptions, AWorkloadTakesItsOwnAndThoseOfItsParts) {
  EXPECT_EQ(For({}, "scan"), "");
  EXPECT_EQ(For({.weights = "reads=3"}, "scan"), "reads=3");
  EXPECT_EQ(For({.weights = "scan.reads=3,scan=0"}, "both"), "scan=0,scan.reads=3");
  EXPECT_THAT(For({.weights = "reads=3"}, "both"), HasSubstr("did you mean \"scan.reads\"?"));
}

TEST(ProgramOptions, PatternsAreTimesAndHowOften) {
  EXPECT_EQ(For({.delay = "wake-callback=300ms"}, "scan"), "delay-wake-callback-us=300000");
  EXPECT_EQ(For({.delay = "wake-callback=1us/7", .long_hold = "100ms/3", .onoff = "2ms"}, "scan"),
            "delay-wake-callback-us=1,delay-wake-callback-every=7,long-hold-us=100000,long-hold-every=3,onoff-us=2000");
}

TEST(ProgramOptions, ABareScenarioHasNoMachineToTorture) {
  EXPECT_THAT(For({.onoff = "2ms"}, "bare"), HasSubstr("--onoff: unknown name"));
}

TEST(ProgramOptions, WhatIsWrongIsSaidInOneLine) {
  for (const ProgramOptions& options :
       {ProgramOptions{.weights = "reads"}, ProgramOptions{.weights = "=1"}, ProgramOptions{.weights = "reads=x"},
        ProgramOptions{.weights = "reads=101"}, ProgramOptions{.weights = "reads=1,"},
        ProgramOptions{.weights = "reads=1,reads=1"}, ProgramOptions{.weights = "reads=99999999999999999999"},
        ProgramOptions{.delay = "nowhere=1ms"}, ProgramOptions{.delay = "wake-callback=1ms/0"},
        ProgramOptions{.delay = "wake-callback=1ms/"}, ProgramOptions{.delay = "wake-callback=2h"},
        ProgramOptions{.long_hold = "1"}, ProgramOptions{.onoff = "1ms/2"}}) {
    const std::string text = For(options, "scan");
    EXPECT_THAT(text, HasSubstr("--")) << options.weights << options.delay << options.long_hold << options.onoff;
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

TEST(ProgramOptions, RubbishIsRefusedAndNeverCrashes) {
  uint32_t random = 12345;
  const std::string letters = "reads=0123/,.-msu\n\x01";
  for (int round = 0; round < Rounds(20000, 2500); ++round) {
    std::string text;
    for (uint32_t length = (random >> 8) % 14; length > 0; --length) {
      random = random * 1664525 + 1013904223;
      text += letters[(random >> 16) % letters.size()];
    }
    random = random * 1664525 + 1013904223;
    For({.weights = text}, "both");
    For({.delay = "wake-callback=" + text}, "scan");
    For({.long_hold = text, .onoff = text}, "scan");
  }
}

}  // namespace
}  // namespace cfgtorture::cli
