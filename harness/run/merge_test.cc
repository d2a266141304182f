// merge_test.cc. Goal: however results are grouped, ordered and repeated, the merged one is the same, and in it is all
// that was in them.
#include "harness/run/merge.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/explore/distinct.h"
#include "harness/result/died.h"
#include "harness/result/rounds_for_test.h"
#include "harness/result/schema_check.h"
#include "harness/run/cells.h"
#include "harness/run/shares.h"

namespace cfgtorture::run {
namespace {

using testing::Contains;
using testing::HasSubstr;

Finding Found(const std::string& hazard, const std::string& cause, uint64_t count) {
  Finding finding;
  finding.id = "f1";
  finding.hazard = hazard;
  finding.fingerprint = Fingerprint({cause});
  finding.title = "t";
  finding.count = count;
  return finding;
}

CellResult Explored(const std::string& id, uint64_t seed, uint64_t first, uint64_t count, uint64_t hits = 0) {
  CellResult cell;
  cell.spec.id = id;
  cell.spec.engine = "model";
  cell.spec.kind = "probe";
  cell.spec.program = id;
  cell.spec.seed = seed;
  cell.spec.executions = count;
  cell.spec.first_execution = first;
  cell.status = "done";
  cell.executions = count;
  cell.points = 10 * count;
  cell.accesses = count;
  cell.wall_s = 2;
  cell.used = {{first, count}};
  explore::DistinctCounter distinct;
  for (uint64_t i = 0; i < count; ++i) distinct.Add((seed * 1000 + first + i) * 0x9e3779b97f4a7c15);
  cell.distinct = distinct.Estimate();
  cell.distinct_sketch = distinct.Text();
  HazardOutcome& race = cell.hazards["data-race"];
  race.hits = race.executions_with = hits;
  race.opportunities = count;
  race.verdict = hits > 0 ? "found" : "clean";
  race.expected = "clean";
  race.agreement = hits > 0 ? "disagrees" : "agrees";
  if (hits > 0) {
    race.executions_to_first = 1;
    cell.findings.push_back(Found("data-race", id, hits));
  }
  return cell;
}

CellResult Measured(const std::string& id, double rate) {
  CellResult cell;
  cell.spec.id = id;
  cell.spec.engine = "native";
  cell.spec.kind = "workload";
  cell.spec.program = id;
  cell.status = "done";
  cell.metrics["operations_per_s"] = rate;
  return cell;
}

RunResult Of(const std::string& day, const std::string& build, std::vector<CellResult> cells) {
  RunResult result;
  result.tool = {"0.1.0", build};
  result.environment.started_utc = "2026-11-" + day + "T09:00:00Z";
  result.environment.cpu_model = "made-up CPU";
  result.environment.cpus = 2;
  result.command = {"cfgtorture", "compare"};
  result.cells = std::move(cells);
  result.summary.outcome = "holds";
  result.summary.exit_status = 0;
  result.summary.wall_s = 1;
  return result;
}

const CellResult* CellOf(const RunResult& result, const std::string& id) {
  for (const CellResult& cell : result.cells) {
    if (cell.spec.id == id) return &cell;
  }
  ADD_FAILURE() << "no cell " << id;
  return nullptr;
}

std::string Text(const RunResult& result) { return Serialize(result); }

// ---- Properties, of random results

RunResult RandomResult(std::mt19937_64& random) {
  const auto pick = [&](uint64_t below) { return random() % below; };
  std::vector<CellResult> cells;
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    if (pick(4) == 0) continue;
    CellResult cell = pick(4) == 0 ? Measured(id, static_cast<double>(1 + pick(5)))
                                   : Explored(id, 1 + pick(2), pick(3) * 50 + pick(2) * kLane, 50 * pick(4), pick(3));
    if (pick(5) == 0) cell.spec.explorer = "dpor";
    if (pick(6) == 0) cell.spec.threads = 3;
    if (pick(8) == 0) cell.exhausted = true;
    static constexpr const char* kStatuses[] = {"stopped", "not-run", "timeout", "crashed"};
    if (pick(4) == 0) {
      cell.status = kStatuses[pick(4)];
      cell.reason = "reason " + std::to_string(pick(3));
      if (cell.status == "timeout" && pick(2) == 0) {  // it hangs
        cell.hazards["crash"].hits = 1;
        cell.hazards["crash"].verdict = "found";
      }
    }
    cells.push_back(std::move(cell));
  }
  std::shuffle(cells.begin(), cells.end(), random);
  RunResult result = Of("0" + std::to_string(1 + pick(3)), "build-" + std::to_string(pick(2)), std::move(cells));
  result.seed = pick(2);
  static constexpr const char* kOutcomes[] = {"holds",  "differs",   "found",      "regressed",
                                              "failed", "undecided", "interrupted"};
  result.summary.outcome = kOutcomes[pick(7)];
  result.summary.left_out = {"what was left out " + std::to_string(pick(3))};
  if (pick(2) == 0) result.summary.control = {"control", {"torn-pair"}, {}};
  if (pick(3) == 0) result.summary.control.missing = {"torn-pair"};
  if (pick(3) == 0) result.claims = {{"C1", "w", "m", "s", "e", "borne out", "b", {}, {"a", "b"}}};
  if (pick(3) == 0) {
    GateRow row;
    row.part = "native";
    row.cell = "a";
    row.outcome = "regressed";
    row.text = "slower";
    result.gate = {row};
  }
  return result;
}

TEST(Merge, IsAssociativeCommutativeAndIdempotent) {
  const char* given = std::getenv("CFGT_MERGE_SEED");
  const uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  for (uint64_t seed = first; seed < first + (given != nullptr ? 1 : static_cast<uint64_t>(Rounds(20, 5))); ++seed) {
    SCOPED_TRACE("repeat with CFGT_MERGE_SEED=" + std::to_string(seed) +
                 " cfgt_run_test --gtest_filter=Merge.IsAssociativeCommutativeAndIdempotent");
    std::mt19937_64 random(seed);
    std::vector<RunResult> runs;
    for (uint64_t i = 0; i < 2 + random() % 3; ++i) runs.push_back(RandomResult(random));
    const RunResult all = MergeResults(runs);
    EXPECT_EQ(SchemaViolations(Text(all)), "");

    std::vector<RunResult> shuffled = runs;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    ASSERT_EQ(Text(MergeResults(shuffled)), Text(all)) << "commutative";
    shuffled.push_back(runs[random() % runs.size()]);
    ASSERT_EQ(Text(MergeResults(shuffled)), Text(all)) << "a result named twice counts once";
    ASSERT_EQ(Text(MergeResults({all})), Text(all)) << "idempotent";
    ASSERT_EQ(Text(MergeResults({all, all})), Text(all));
    ASSERT_EQ(Text(MergeResults({all, runs.back()})), Text(all)) << "it is in there already";
    // Grouped anyhow: ((a b) c), (a (b c)), by way of a file.
    const size_t cut = 1 + random() % (runs.size() - 1);
    const auto part = [&](size_t from, size_t to) {
      const RunResult merged = MergeResults(
          {runs.begin() + static_cast<std::ptrdiff_t>(from), runs.begin() + static_cast<std::ptrdiff_t>(to)});
      const absl::StatusOr<RunResult> read = Parse(Text(merged), "merged");
      EXPECT_TRUE(read.ok()) << read.status();
      return *read;
    };
    ASSERT_EQ(Text(MergeResults({part(0, cut), part(cut, runs.size())})), Text(all)) << "associative";
    ASSERT_EQ(Text(MergeResults({part(cut, runs.size()), part(0, cut), part(0, 1)})), Text(all));

    // Nothing is dropped: each cell of each run is one of these, or part of one.
    EXPECT_LE(all.runs.size(), runs.size());
    uint64_t died = 0, died_before = 0;
    for (const CellResult& cell : all.cells) died += Died(cell);
    for (const RunResult& run : all.runs) {
      for (const CellResult& cell : run.cells) {
        died_before += Died(cell);
        EXPECT_TRUE(std::any_of(all.cells.begin(), all.cells.end(), [&](const CellResult& merged) {
          return merged.spec.id == cell.spec.id || merged.spec.id.starts_with(cell.spec.id + "@");
        })) << cell.spec.id;
      }
    }
    EXPECT_EQ(died > 0, died_before > 0);
    EXPECT_LE(died, died_before);
  }
}

// ---- What the sums are

TEST(Merge, AddsUpExploredCellsOfOneBuild) {
  MergeCounts counts;
  const RunResult all =
      MergeResults({Of("01", "b", {Explored("a", 1, 0, 100)}), Of("02", "b", {Explored("a", 2, 0, 200, 3)})}, &counts);
  ASSERT_EQ(all.cells.size(), 1u);
  const CellResult& cell = all.cells[0];
  EXPECT_EQ(cell.spec.id, "a");
  EXPECT_EQ(cell.executions, 300u);
  EXPECT_EQ(cell.hazards.at("data-race").hits, 3u);
  EXPECT_EQ(cell.hazards.at("data-race").verdict, "found");
  EXPECT_EQ(cell.hazards.at("data-race").agreement, "disagrees") << "of the run that found it";
  ASSERT_EQ(all.summary.disagreements.size(), 1u);
  EXPECT_EQ(all.summary.outcome, "differs");
  EXPECT_NEAR(static_cast<double>(cell.distinct), 300, 10);
  EXPECT_EQ(counts.added_up, 1u);
  EXPECT_EQ(all.environment.started_utc, "2026-11-01T09:00:00Z");
}

TEST(Merge, ExecutionsThatTwoRunsHaveDoneCountOnce) {
  const RunResult short_one = Of("01", "b", {Explored("a", 1, 0, 100)}),
                  long_one = Of("02", "b", {Explored("a", 1, 0, 150)});
  const RunResult other_lane = Of("03", "b", {Explored("a", 1, kLane, 100)});
  const RunResult all = MergeResults({short_one, long_one, other_lane});
  EXPECT_EQ(CellOf(all, "a")->executions, 250u);
  EXPECT_THAT(all.summary.left_out, Contains(HasSubstr("count once")));
}

TEST(Merge, KeepsBuildsAndWhatRanOnRealThreadsApart) {
  MergeCounts counts;
  const RunResult first = Of("01", "old", {Explored("a", 1, 0, 100), Measured("m", 1e6)});
  const RunResult second = Of("02", "new", {Explored("a", 2, 0, 100), Measured("m", 2e6)});
  const RunResult all = MergeResults({first, second}, &counts);
  ASSERT_EQ(all.cells.size(), 4u);
  EXPECT_EQ(CellOf(all, "a@old")->executions, 100u);
  EXPECT_EQ(CellOf(all, "a@new")->executions, 100u);
  EXPECT_EQ(CellOf(all, "m@" + NameOfRun(first))->metrics.at("operations_per_s"), 1e6);
  EXPECT_EQ(CellOf(all, "m@" + NameOfRun(second))->metrics.at("operations_per_s"), 2e6);
  EXPECT_EQ(counts.apart, 4u);
  EXPECT_EQ(all.tool.build_id, "old; new");
  EXPECT_THAT(all.summary.left_out,
              Contains(HasSubstr("run " + NameOfRun(second) + ": 2026-11-02T09:00:00Z, made-up CPU")));
  // One build, but another experiment.
  RunResult more = Of("03", "old", {Explored("a", 3, 0, 100)});
  more.cells[0].spec.memory = "tso";
  EXPECT_EQ(MergeResults({first, more}).cells.size(), 3u);
}

TEST(Merge, ACellThatDiedInOneRunDied) {
  RunResult crashed = Of("02", "b", {Explored("a", 2, 0, 10)});
  crashed.cells[0].status = "crashed";
  crashed.cells[0].reason = "signal 11";
  crashed.summary.outcome = "found";
  crashed.cells[0].findings = {Found("crash", "cc", 1)};
  for (const uint64_t executions : {10u, 0u}) {  // also one that died before it had done anything
    crashed.cells[0].executions = executions;
    const RunResult all = MergeResults({Of("01", "b", {Explored("a", 1, 0, 100)}), crashed});
    ASSERT_EQ(all.cells.size(), 1u);
    EXPECT_EQ(all.cells[0].status, "crashed");
    EXPECT_EQ(all.cells[0].reason, "in run " + NameOfRun(crashed) + ": signal 11");
    EXPECT_EQ(all.cells[0].findings.size(), 1u);
    EXPECT_EQ(all.cells[0].hazards.at("data-race").verdict, "undecided");
    EXPECT_EQ(all.summary.exit_status, 1);
  }
}

TEST(Merge, SaysWhichRunHasNotDoneACellOrHasItNot) {
  RunResult partial = Of("02", "b", {Explored("a", 2, 0, 0)});
  partial.cells[0].status = "not-run";
  partial.cells[0].reason = "interrupted before its turn";
  const RunResult all = MergeResults({Of("01", "b", {Explored("a", 1, 0, 100), Explored("z", 1, 0, 100)}), partial});
  EXPECT_EQ(CellOf(all, "a")->status, "done");
  EXPECT_EQ(CellOf(all, "a")->hazards.at("data-race").verdict, "clean");
  EXPECT_THAT(all.summary.left_out,
              Contains(HasSubstr("a of run " + NameOfRun(partial) + " was not-run: interrupted")));
  EXPECT_THAT(all.summary.left_out, Contains("run " + NameOfRun(partial) + " has no cell z"));
  const RunResult alone = MergeResults({partial, partial});
  EXPECT_EQ(CellOf(alone, "a")->status, "not-run") << "done by nobody";
}

TEST(Merge, WhatOneRunFoundIsFoundThoughAnotherDidNot) {
  RunResult blind = Of("01", "b", {Explored("a", 1, 0, 100)}), sees = Of("02", "b", {Explored("a", 2, 0, 100, 1)});
  for (RunResult* run : {&blind, &sees}) run->cells[0].hazards["data-race"].expected = "found";
  blind.cells[0].hazards["data-race"].agreement = "disagrees";
  blind.summary.outcome = "differs";
  blind.summary.disagreements = {{"a", "data-race", "clean", "found", "why"}};
  sees.cells[0].hazards["data-race"].agreement = "agrees";
  const RunResult all = MergeResults({blind, sees});
  EXPECT_EQ(all.cells[0].hazards.at("data-race").agreement, "agrees");
  EXPECT_TRUE(all.summary.disagreements.empty());
  EXPECT_EQ(all.summary.outcome, "holds");
  EXPECT_EQ(MergeResults({blind}).summary.outcome, "differs");
  EXPECT_EQ(MergeResults({blind}).summary.disagreements[0].reason, "why");
}

TEST(Merge, ARunThatFailedMakesTheWholeFail) {
  RunResult failed = Of("01", "b", {Explored("a", 1, 0, 100)});
  failed.summary.outcome = "failed";
  failed.summary.text = "a: the self-check differs";
  const RunResult all = MergeResults({failed, Of("02", "b", {Explored("a", 2, 0, 100)})});
  EXPECT_EQ(all.summary.outcome, "failed");
  EXPECT_EQ(all.summary.exit_status, 3);
  EXPECT_THAT(all.summary.text, HasSubstr("the self-check differs"));
}

}  // namespace
}  // namespace cfgtorture::run
