#include "harness/cli/claim.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const char* const kGood = R"({
  "id": "C99", "who": "somebody", "where": "a mail", "statement": "a works", "experiment": "a against b",
  "cells": {
    "a": {"strategy": "one", "probe": "p", "executions": 100},
    "b": {"engine": "native", "strategy": "two", "workload": "w", "duration": "1s", "repetitions": 3}
  },
  "decides": [
    {"outcome": "refuted", "if": ["a found dead-entry"], "because": "found"},
    {"outcome": "borne out", "if": ["a clean dead-entry", "b operations_per_s >= 2"], "because": "clean"}
  ]
})";

std::string ErrorOf(const std::string& from, const std::string& to) {
  const std::string text = absl::StrReplaceAll(kGood, {{from, to}});
  EXPECT_NE(text, kGood) << from;
  const absl::StatusOr<std::vector<Claim>> claims = ParseClaims(text, "mine.json");
  return claims.ok() ? "" : std::string(claims.status().message());
}

Claim Good() { return ParseClaims(kGood, "mine.json")->front(); }

// A claim of one rule.
Claim With(const std::string& condition) {
  Claim claim = Good();
  const std::string text = absl::StrReplaceAll(kGood, {{"\"a found dead-entry\"", absl::StrCat("\"", condition, "\"")},
                                                       {"b operations_per_s >= 2", "b found crash"}});
  return ParseClaims(text, "mine.json")->front();
}

CellResult CellOf(const std::string& id, const std::string& engine = "model") {
  CellResult cell;
  cell.spec.id = id;
  cell.spec.engine = engine;
  cell.spec.threads = 2;
  cell.status = "done";
  cell.executions = 100;
  return cell;
}

CellResult With(CellResult cell, const std::string& hazard, const std::string& verdict) {
  cell.hazards[hazard].verdict = verdict;
  cell.hazards[hazard].strength = verdict;
  cell.hazards[hazard].executions_with = verdict == "found" ? 25 : 0;
  cell.hazards[hazard].hits = verdict == "found" ? 10 : 0;
  return cell;
}

std::string OutcomeOf(const Claim& claim, const CellResult& a,
                      const std::vector<CellResult>& b = {CellOf("b", "native")}) {
  MeasuredCells measured;
  measured["a"] = {&a};
  for (const CellResult& cell : b) measured["b"].push_back(&cell);
  return Decide(claim, measured).outcome;
}

TEST(ParseClaims, ReadsCellsAndRules) {
  const Claim claim = Good();
  EXPECT_EQ(claim.id, "C99");
  ASSERT_EQ(claim.cells.size(), 2u);
  EXPECT_EQ(claim.cells[0].selection.strategy, "one");
  EXPECT_EQ(claim.cells[0].spec.executions, 100u);
  EXPECT_EQ(claim.cells[1].spec.duration_s, 1);
  EXPECT_EQ(claim.cells[1].repetitions, 3u);
  ASSERT_EQ(claim.rules.size(), 2u);
  EXPECT_EQ(claim.rules[1].conditions[1].figure, "operations_per_s");
}

TEST(ParseClaims, NamesFileMemberAndValue) {
  EXPECT_THAT(ErrorOf("\"who\": \"somebody\"", "\"who\": 7"), AllOf(HasSubstr("mine.json: C99: who"), HasSubstr("7")));
  EXPECT_THAT(ErrorOf("\"where\": \"a mail\", ", ""), HasSubstr("C99: where: is missing"));
  EXPECT_THAT(ErrorOf("\"executions\": 100", "\"executions\": -1"),
              AllOf(HasSubstr("cells.a.executions"), HasSubstr("-1")));
  EXPECT_THAT(ErrorOf("\"executions\": 100", "\"duration\": \"1s\""), HasSubstr("cells.a: model cells have"));
  EXPECT_THAT(ErrorOf("\"1s\"", "\"1\""), AllOf(HasSubstr("cells.b"), HasSubstr("duration")));
  EXPECT_THAT(ErrorOf("native", "nativ"), AllOf(HasSubstr("cells.b"), HasSubstr("did you mean \"native\"")));
  EXPECT_THAT(ErrorOf("\"probe\"", "\"prob\""), HasSubstr("cells.a.prob: unknown member, did you mean \"probe\""));
  EXPECT_THAT(ErrorOf(", \"probe\": \"p\"", ""), HasSubstr("needs one of"));
  EXPECT_THAT(ErrorOf("\"a\": {", "\"a b\": {"), HasSubstr("a label is one word"));
  EXPECT_THAT(ErrorOf("\"refuted\"", "\"false\""), AllOf(HasSubstr("decides.1.outcome"), HasSubstr("it depends")));
  EXPECT_THAT(ErrorOf("[\"a found dead-entry\"]", "[]"), HasSubstr("decides.1.if: is no list, or empty"));
  EXPECT_THAT(ErrorOf("a found", "c found"), HasSubstr("there is no cell \"c\""));
  EXPECT_THAT(ErrorOf("a found dead-entry", "a found deadentry"), HasSubstr("\"deadentry\" is no hazard"));
  EXPECT_THAT(ErrorOf("a found", "a finds"), HasSubstr("\"finds\" is not one of found, found-each, clean"));
  EXPECT_THAT(ErrorOf(">= 2", "> 2"), HasSubstr("\">\" is not >= or <="));
  EXPECT_THAT(ErrorOf(">= 2", ">= two"), HasSubstr("\"two\" is not a number"));
  EXPECT_THAT(ErrorOf(", \"b operations_per_s >= 2\"", ""), HasSubstr("cells.b: no rule looks at it"));
  EXPECT_THAT(ErrorOf("\"cells\"", "\"not_tested\": \"why\", \"cells\""), HasSubstr("goes with no cells"));
  EXPECT_THAT(ErrorOf("\"id\"", "id"), HasSubstr("is not JSON"));
  EXPECT_FALSE(ParseClaims(absl::StrCat(kGood, kGood), "mine.json").ok());  // one id twice
}

TEST(ParseClaims, EachBuiltInFileHoldsTheClaimOfItsName) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CFGT_SOURCE_DIR "/workloads/claims")) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    const absl::StatusOr<std::vector<Claim>> claims = LoadClaims(entry.path().string());
    ASSERT_TRUE(claims.ok()) << claims.status().message();
    ASSERT_EQ(claims->size(), 1u);
    EXPECT_EQ(absl::StrReplaceAll(entry.path().stem().string(), {{"C0", "C"}}), claims->front().id);
  }
  const absl::StatusOr<std::vector<Claim>> built_in = BuiltInClaims();
  ASSERT_TRUE(built_in.ok()) << built_in.status().message();
  EXPECT_EQ(built_in->size(), files);
  EXPECT_EQ(files, 26u);
}

TEST(Decide, EachVerdictHoldsForItselfAlone) {
  const std::string found = "a found dead-entry", clean = "a clean dead-entry", none = "a not-exercised dead-entry",
                    not_found = "a not-found dead-entry";
  const CellResult of_found = With(CellOf("a"), "dead-entry", "found"),
                   of_clean = With(CellOf("a"), "dead-entry", "clean"),
                   of_none = With(CellOf("a"), "dead-entry", "not-exercised");
  for (const auto& [condition, cell, outcome] :
       {std::tuple{found, of_found, "refuted"}, std::tuple{found, of_clean, "undecided"},
        std::tuple{found, of_none, "undecided"}, std::tuple{clean, of_clean, "refuted"},
        std::tuple{clean, of_none, "undecided"}, std::tuple{clean, of_found, "undecided"},
        std::tuple{none, of_none, "refuted"}, std::tuple{none, of_clean, "undecided"},
        std::tuple{none, CellOf("a"), "refuted"}, std::tuple{not_found, of_none, "refuted"},
        std::tuple{not_found, of_clean, "refuted"}, std::tuple{not_found, of_found, "undecided"}}) {
    EXPECT_EQ(OutcomeOf(With(condition), cell), outcome) << condition;
  }
}

TEST(Decide, TheFirstRuleThatHoldsGivesTheOutcome) {
  std::vector<CellResult> b(3, CellOf("b", "native"));
  for (CellResult& cell : b) cell.metrics["operations_per_s"] = 5;
  EXPECT_EQ(OutcomeOf(Good(), With(CellOf("a"), "dead-entry", "clean"), b), "borne out");
  EXPECT_EQ(OutcomeOf(Good(), With(CellOf("a"), "dead-entry", "found"), b), "refuted");
  for (CellResult& cell : b) cell.metrics["operations_per_s"] = 1;
  EXPECT_EQ(OutcomeOf(Good(), With(CellOf("a"), "dead-entry", "clean"), b), "undecided");
}

TEST(Decide, AFigureHoldsIfItsWholeIntervalDoes) {
  std::vector<CellResult> b(3, CellOf("b", "native"));
  const double values[] = {2.0, 2.2, 2.4};
  for (size_t i = 0; i < 3; ++i) b[i].metrics["x"] = values[i];
  const CellResult a = CellOf("a");
  EXPECT_EQ(OutcomeOf(With("b x >= 1.5"), a, b), "refuted");
  EXPECT_EQ(OutcomeOf(With("b x >= 2.1"), a, b), "undecided");  // the interval lies on both sides
  EXPECT_EQ(OutcomeOf(With("b x <= 2.1"), a, b), "undecided");
  EXPECT_EQ(OutcomeOf(With("b x <= 3.0"), a, b), "refuted");
  EXPECT_EQ(OutcomeOf(With("b y >= 0"), a, b), "undecided");  // there is no such figure
}

// "203 (4.28 to 9.61e+03)" is of a machine that was busy elsewhere.
TEST(Decide, AnIntervalThatSaysNothingDecidesNothing) {
  std::vector<CellResult> b(3, CellOf("b", "native"));
  const double values[] = {30, 1000, 4000};
  for (size_t i = 0; i < 3; ++i) b[i].metrics["x"] = values[i];
  EXPECT_EQ(OutcomeOf(With("b x >= 0.01"), CellOf("a"), b), "undecided");
  b[0].metrics["x"] = 3000;
  b[1].metrics["x"] = 3500;
  EXPECT_EQ(OutcomeOf(With("b x >= 0.01"), CellOf("a"), b), "refuted");
}

TEST(Decide, FoundEachHoldsIfNoRepetitionIsWithoutIt) {
  std::vector<CellResult> b(3, With(CellOf("b", "native"), "dead-entry", "found"));
  EXPECT_EQ(OutcomeOf(With("b found-each dead-entry"), CellOf("a"), b), "refuted");
  b[1] = With(CellOf("b", "native"), "dead-entry", "clean");
  EXPECT_EQ(OutcomeOf(With("b found-each dead-entry"), CellOf("a"), b), "undecided");
  EXPECT_EQ(OutcomeOf(With("b found dead-entry"), CellOf("a"), b), "refuted");
}

TEST(Decide, RatiosSharesAndRates) {
  CellResult a = With(CellOf("a"), "dead-entry", "found");
  a.metrics["modelled_ns"] = 4e9;
  CellResult b = a;
  b.metrics["modelled_ns"] = 2e9;
  b.locks.push_back({.name = "pci_lock"});
  b.locks[0].stat.waittime_total_ns = 1e9;
  for (const auto& [condition, outcome] :
       {std::pair{"a / b modelled_ns >= 2", "refuted"}, std::pair{"a / b modelled_ns >= 2.1", "undecided"},
        std::pair{"b / a modelled_ns <= 0.5", "refuted"}, std::pair{"a share-of:dead-entry >= 0.25", "refuted"},
        std::pair{"a share-of:dead-entry <= 0.2", "undecided"}, std::pair{"a rate-of:dead-entry >= 2.5", "refuted"},
        std::pair{"a rate-of:dead-entry >= 2.6", "undecided"}, std::pair{"b wait-share:pci_lock >= 0.25", "refuted"},
        std::pair{"b wait-share:pci_lock >= 0.26", "undecided"}, std::pair{"a wait-share:pci_lock <= 0", "refuted"}}) {
    EXPECT_EQ(OutcomeOf(With(condition), a, {b}), outcome) << condition;
  }
}

// "0 operations a second" of threads that got no CPU is no rate, and so below and above nothing.
TEST(Decide, AStarvedCellDecidesNothing) {
  const CellResult a = With(CellOf("a"), "dead-entry", "clean");
  const auto starved = [](double rate) {
    CellResult cell = With(CellOf("b", "native"), "crash", "clean");
    cell.metrics = {{"operations_per_s", rate}, {"measured_s", 0.5}, {"x", 3}};
    return cell;
  };
  for (const double rate : {0.0, 8.0}) {  // none, and 4 of them
    for (const char* condition : {"b operations_per_s <= 100", "b x >= 2", "b rate-of:crash <= 1"}) {
      EXPECT_EQ(OutcomeOf(With(condition), a, {starved(rate)}), "undecided") << condition << " at " << rate;
      EXPECT_EQ(OutcomeOf(With(condition), a, {starved(100)}), "refuted") << condition;
    }
  }
  const CellResult busy = starved(0), quiet = starved(50);
  const ClaimResult one = Decide(With("b operations_per_s <= 100"), {{"a", {&a}}, {"b", {&quiet, &busy, &quiet}}});
  EXPECT_EQ(one.outcome, "undecided");
  EXPECT_THAT(one.because, HasSubstr("cell b was not measured: fewer than 5 operations ended while it was, in 1 of 3"));

  // The rule before might hold: a later one is not the first that does. One that fails by what is known is out.
  Claim claim = With("b operations_per_s >= 20");
  claim.rules[1].conditions.resize(1);  // "a clean dead-entry"
  EXPECT_EQ(OutcomeOf(claim, a, {busy}), "undecided");
  EXPECT_EQ(OutcomeOf(claim, a, {quiet}), "refuted");
  claim.rules[0].conditions.push_back(Good().rules[0].conditions[0]);  // "a found dead-entry"
  EXPECT_EQ(OutcomeOf(claim, a, {busy}), "borne out");
}

TEST(Decide, ACellThatDidNotRunDecidesNothing) {
  CellResult cell = With(CellOf("a"), "dead-entry", "found");
  EXPECT_EQ(OutcomeOf(Good(), cell), "refuted");
  cell.status = "crashed";  // of what it found
  EXPECT_EQ(OutcomeOf(Good(), cell), "refuted");
  cell.status = "stopped";
  EXPECT_EQ(OutcomeOf(Good(), cell), "undecided");
  cell = CellOf("a");
  cell.status = "crashed";
  EXPECT_EQ(OutcomeOf(Good(), cell), "undecided");
}

TEST(Decide, ShowsTheSimplestFindingAndWhatIsNotTested) {
  CellResult cell = With(CellOf("a"), "dead-entry", "found");
  cell.findings.resize(2);
  cell.findings[0].hazard = cell.findings[1].hazard = "dead-entry";
  cell.findings[0].token = "ct-two";
  cell.findings[0].preemptions = 2;
  cell.findings[1].token = "ct-one";
  cell.findings[1].preemptions = 1;
  const CellResult b = CellOf("b", "native");
  const ClaimResult result = Decide(Good(), {{"a", {&cell}}, {"b", {&b}}});
  ASSERT_FALSE(result.figures.empty());
  EXPECT_EQ(result.figures[0].token, "ct-one");
  Claim claim = Good();
  claim.not_tested = "why";
  EXPECT_EQ(Decide(claim, {}).outcome, "not tested");
}

}  // namespace
}  // namespace cfgtorture::cli
