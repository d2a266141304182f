// Goal: whatever one worker does, its cell says so and every other cell is as it would have been.
#include "harness/run/cells.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/result/died.h"
#include "harness/result/schema_check.h"
#include "harness/run/describe.h"
#include "harness/run/environment.h"
#include "harness/run/progress.h"

namespace cfgtorture::run {
namespace {

using testing::HasSubstr;

// A folder with the fake worker under the workers' names.
std::string Workers() {
  static const std::string folder = [] {
    std::string path = testing::TempDir() + "cfgt_workers_XXXXXX";
    path = mkdtemp(path.data());
    for (const char* name : {"model", "tsan", "native"}) {
      (void)symlink(CFGT_FAKE_WORKER, (path + "/cfgtorture-" + name).c_str());
    }
    return path;
  }();
  return folder;
}

CellResult Cell(const std::string& how, const std::string& engine = "model") {
  CellSpec spec;
  spec.id = engine + "/" + how;
  spec.engine = engine;
  spec.program = "p";
  spec.kind = "probe";
  spec.argument = how;
  return PendingCell(spec, {"data-race", "dead-entry"});
}

CellsOptions Options() {
  CellsOptions options;
  options.worker_folder = Workers();
  options.silence_s = 10;
  return options;
}

// Runs a cell between two that behave, which must come out well.
CellResult RunOne(const std::string& how, Ending* ending = nullptr, double silence_s = 10) {
  RunResult result;
  result.cells = {Cell("good 1"), Cell(how), Cell("good 2"), Cell("good 3", "native")};
  CellsOptions options = Options();
  options.silence_s = silence_s;
  const CellsOutcome outcome = RunCells(result, options);
  for (const size_t i : {size_t{0}, size_t{2}, size_t{3}}) {
    EXPECT_EQ(outcome.endings[i], Ending::kAnswered) << result.cells[i].reason;
    EXPECT_EQ(result.cells[i].status, "done");
    EXPECT_EQ(result.cells[i].executions, 100u);
  }
  EXPECT_EQ(SchemaViolations(Serialize(result)), "") << how;
  if (ending != nullptr) *ending = outcome.endings[1];
  return result.cells[1];
}

TEST(Cells, KeepTheAnswerOfAWorker) {
  Ending ending;
  const CellResult cell = RunOne("good", &ending);
  EXPECT_EQ(ending, Ending::kAnswered);
  EXPECT_EQ(cell.spec.id, "model/good") << "the plan names a cell, not the worker";
  EXPECT_EQ(cell.hazards.at("data-race").verdict, "clean");
}

TEST(Cells, MakeACrashAFindingAndKeepWhatCameBefore) {
  Ending ending;
  const CellResult cell = RunOne("segv", &ending);
  EXPECT_EQ(ending, Ending::kCrashed);
  EXPECT_EQ(cell.status, "crashed");
  EXPECT_THAT(cell.reason, HasSubstr("SIGSEGV"));
  EXPECT_EQ(cell.executions, 42u) << "the last progress line";
  EXPECT_EQ(cell.hazards.at("crash").verdict, "found");
  EXPECT_EQ(cell.hazards.at("data-race").verdict, "found") << "it had told of it";
  EXPECT_EQ(cell.hazards.at("dead-entry").verdict, "undecided");
  EXPECT_EQ(cell.hazards.at("dead-entry").reason, cell.reason) << "and not that the cell was not run";
  ASSERT_EQ(cell.findings.size(), 2u) << "the one that came before the crash stays";
  EXPECT_EQ(cell.findings[1].hazard, "crash");
  EXPECT_THAT(cell.findings[1].detail, HasSubstr("the last words"));
}

TEST(Cells, SurviveKillMinusNineOfAWorker) {
  Ending ending;
  const CellResult cell = RunOne("kill-9", &ending);
  EXPECT_EQ(ending, Ending::kCrashed);
  EXPECT_THAT(cell.findings.at(0).title, HasSubstr("SIGKILL (killed from outside, or out of memory)"));
}

TEST(Cells, KillAWorkerThatHangs) {
  Ending ending;
  const CellResult cell = RunOne("hang", &ending, /*silence_s=*/5);
  EXPECT_EQ(ending, Ending::kTimeout);
  EXPECT_EQ(cell.status, "timeout");
  EXPECT_EQ(cell.executions, 42u);
  EXPECT_THAT(cell.findings.at(0).title, HasSubstr("hangs: no line from the worker for 5 s"));
}

TEST(Cells, KillAWorkerThatSpinsAndNotOneThatGetsNoCpu) {
  Ending ending;
  const CellResult spins = RunOne("spins", &ending, /*silence_s=*/5);
  EXPECT_EQ(ending, Ending::kTimeout);
  EXPECT_THAT(spins.findings.at(0).title, HasSubstr("hangs: no line from the worker for 5 s"));
  const CellResult starved = RunOne("starved", &ending, /*silence_s=*/5);
  EXPECT_EQ(ending, Ending::kAnswered);
  EXPECT_EQ(starved.status, "done");
}

// One cell by itself, with a limit; a longer one if that was too short for its first line.
CellResult RunLate(const std::string& how, Ending* ending, double silence_s = 100, double limit_s = 1) {
  CellResult planned = Cell(how);
  planned.spec.executions = 4000;
  absl::StatusOr<std::unique_ptr<WorkerProcess>> worker = WorkerProcess::Start(
      planned, {.executable = Workers() + "/cfgtorture-model", .silence_s = silence_s, .limit_s = limit_s});
  if (!worker.ok()) {
    ADD_FAILURE() << worker.status();
    return planned;
  }
  while (!(*worker)->finished()) {
    (*worker)->Poll();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if ((*worker)->result().executions == 0 && limit_s < 30) return RunLate(how, ending, silence_s, 2 * limit_s);
  *ending = (*worker)->ending();
  return (*worker)->result();
}

TEST(Cells, OneThatGetsOnAndIsLateIsATimeoutAndNoFinding) {
  Ending ending;
  const CellResult slow = RunLate("slow", &ending);
  EXPECT_EQ(ending, Ending::kTimeout);
  EXPECT_EQ(slow.status, "timeout");
  EXPECT_FALSE(Died(slow));
  EXPECT_GE(slow.executions, 10u);
  EXPECT_THAT(slow.reason, testing::MatchesRegex("not through within .* s: .* s it had .* s of CPU, and ran .* "
                                                 "executions of 4000"));
  EXPECT_FALSE(slow.hazards.contains("crash"));
  ASSERT_EQ(slow.findings.size(), 1u) << "what it found is kept";
  EXPECT_EQ(slow.hazards.at("dead-entry").verdict, "found");
  EXPECT_EQ(slow.hazards.at("dead-entry").hits, 1u);
  EXPECT_EQ(slow.hazards.at("data-race").verdict, "undecided");
  EXPECT_EQ(slow.hazards.at("data-race").reason, slow.reason) << "and not that it was not run";

  const CellResult listens = RunLate("until-stopped", &ending);
  EXPECT_EQ(ending, Ending::kTimeout);
  EXPECT_EQ(listens.status, "timeout");
  EXPECT_EQ(listens.executions, 100u) << "its own answer, given on request";
  EXPECT_EQ(listens.hazards.at("data-race").verdict, "undecided");
}

TEST(Cells, OneThatIsSilentAndLateIsJudgedByItsSilence) {
  Ending ending;
  const CellResult hangs = RunLate("hang", &ending, /*silence_s=*/6, /*limit_s=*/5);
  EXPECT_EQ(ending, Ending::kTimeout);
  EXPECT_THAT(hangs.reason, HasSubstr("hangs: no line from the worker for 6 s"));
  EXPECT_TRUE(Died(hangs));
}

TEST(Cells, IgnoreRubbishAndSayHowMuch) {
  Ending ending;
  const CellResult cell = RunOne("rubbish", &ending);
  EXPECT_EQ(ending, Ending::kAnswered);
  EXPECT_EQ(cell.status, "done");
  EXPECT_THAT(cell.reason, HasSubstr("5 lines of its stdout were not of the protocol"));
}

TEST(Cells, TellBadInputHarnessFailureAndSanitizerApart) {
  Ending ending;
  EXPECT_EQ(RunOne("bad-input", &ending).reason, "strategy \"x\": unknown");
  EXPECT_EQ(ending, Ending::kBadInput);
  EXPECT_THAT(RunOne("harness", &ending).reason, HasSubstr("assertion failed"));
  EXPECT_EQ(ending, Ending::kHarnessFailed);
  EXPECT_THAT(RunOne("silent-exit", &ending).reason, HasSubstr("without an answer"));
  EXPECT_EQ(ending, Ending::kHarnessFailed);
  EXPECT_THAT(RunOne("unfinished-line", &ending).reason, HasSubstr("without an answer"));
  EXPECT_EQ(ending, Ending::kHarnessFailed);
  EXPECT_THAT(RunOne("asan", &ending).findings.at(0).title, HasSubstr("AddressSanitizer: heap-use-after-free"));
  EXPECT_EQ(ending, Ending::kCrashed);
}

TEST(Cells, KeepTheEndOfALongStderr) {
  const CellResult cell = RunOne("much-stderr");
  EXPECT_THAT(cell.findings.at(0).detail, testing::EndsWith("x\nEND\n"));
  EXPECT_LT(cell.findings.at(0).detail.size(), kStderrKept + 100);
}

TEST(Cells, MergeFindingsOfOneCause) {
  const CellResult cell = RunOne("race");
  ASSERT_EQ(cell.findings.size(), 1u);
  EXPECT_EQ(cell.findings[0].count, 2u);
  EXPECT_EQ(cell.findings[0].fingerprint.size(), 16u);
}

TEST(Cells, AMissingWorkerIsAHarnessFailureOfItsCellsOnly) {
  RunResult result;
  result.cells = {Cell("good"), Cell("good", "checked")};
  const CellsOutcome outcome = RunCells(result, Options());
  EXPECT_EQ(outcome.endings[0], Ending::kAnswered);
  EXPECT_EQ(outcome.endings[1], Ending::kHarnessFailed);
  EXPECT_EQ(result.cells[1].status, "not-run");
  EXPECT_THAT(result.cells[1].reason, HasSubstr("cfgtorture-checked: cannot be started"));
}

TEST(Cells, RunOnlyWhatIsPending) {
  RunResult result;
  result.cells = {Cell("good"), Cell("segv")};
  result.cells[1].reason = "refused";
  const CellsOutcome outcome = RunCells(result, Options());
  EXPECT_EQ(outcome.endings[1], Ending::kRunning);
  EXPECT_EQ(result.cells[1].reason, "refused");
}

TEST(Cells, StartTheTsanWorkerAtFixedAddresses) {
  RunResult result;
  result.cells = {Cell("personality", "tsan"), Cell("personality")};
  (void)RunCells(result, Options());
  if (result.cells[0].status == "not-run") GTEST_SKIP() << result.cells[0].reason;
  EXPECT_NE(std::stoul(result.cells[0].reason, nullptr, 16) & 0x0040000, 0u);
  EXPECT_EQ(std::stoul(result.cells[1].reason, nullptr, 16) & 0x0040000, 0u) << "and no other";
}

TEST(Cells, ControlCKeepsWhatIsThere) {
  RunResult result;
  result.cells = {Cell("good"), Cell("until-stopped"), Cell("good 2"), Cell("good 3", "native")};
  CellsOptions options = Options();
  bool sent = false;
  ResultText text;
  options.checkpoint = [&](const std::vector<size_t>& changed) {
    EXPECT_EQ(SchemaViolations(Serialize(result)), "");
    EXPECT_EQ(text.Of(result, changed), Serialize(result)) << "no cell changed but those that are named";
    if (sent || result.cells[0].status != "done" || result.cells[1].executions == 0) return;
    sent = true;
    kill(getpid(), SIGINT);  // blocked while cells run: it waits for us
  };
  const CellsOutcome outcome = RunCells(result, options);
  EXPECT_EQ(outcome.signal, SIGINT);
  EXPECT_EQ(result.cells[0].status, "done");
  EXPECT_EQ(result.cells[1].status, "stopped");
  EXPECT_EQ(result.cells[1].executions, 100u) << "its own answer, given on request";
  EXPECT_EQ(result.cells[3].reason, "interrupted before its turn");
  EXPECT_EQ(SchemaViolations(Serialize(result)), "");
}

TEST(Cells, ControlCEndsAWorkerThatDoesNotListen) {
  RunResult result;
  result.cells = {Cell("hang"), Cell("good", "native")};
  CellsOptions options = Options();
  options.silence_s = 60;
  options.checkpoint = [&](const std::vector<size_t>&) {
    if (result.cells[0].executions > 0) kill(getpid(), SIGTERM);
  };
  const CellsOutcome outcome = RunCells(result, options);
  EXPECT_EQ(outcome.signal, SIGTERM);
  EXPECT_EQ(result.cells[0].status, "stopped");
  EXPECT_EQ(result.cells[0].hazards.at("data-race").verdict, "undecided");
}

TEST(Describe, ReadsTheTablesAndPassesTheComplaintOn) {
  const absl::StatusOr<Catalogue> catalogue = Describe(Workers() + "/cfgtorture-model", "a.so");
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ(catalogue->strategies.size(), 3u);
  EXPECT_FALSE(catalogue->bridges.empty());
  const absl::StatusOr<Catalogue> refused = Describe(Workers() + "/cfgtorture-model", "plain.so");
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status()));
  EXPECT_EQ(std::string(refused.status().message()), "plain.so: is not instrumented");
  EXPECT_TRUE(absl::IsInternal(Describe("/nonexistent", "a.so").status()));
}

TEST(Environment, SaysThatOthersWantedTheCpus) {
  EXPECT_EQ(BusyHost(0.9, 3.5, 2), "") << "we have work for two and some";
  EXPECT_THAT(BusyHost(9.8, 3.5, 2), HasSubstr("the load was 9.8 before and 3.5 after, on 2 CPUs"));
  EXPECT_NE(BusyHost(0, 4, 2), "");
}

TEST(ProgressLine, IsSilentAtFirstAndThenSeldom) {
  std::FILE* file = tmpfile();
  {
    ProgressLine terminal(file, true, 40);
    EXPECT_FALSE(terminal.Due(1.9));
    EXPECT_TRUE(terminal.Due(2.0));
    ProgressFigures figures;
    figures.total = 7;
    figures.running = std::string(100, 'x');
    terminal.Show(2.0, figures);
    EXPECT_FALSE(terminal.Due(2.5));
    EXPECT_TRUE(terminal.Due(3.0));
    ProgressLine log(file, false);
    EXPECT_FALSE(log.Due(14));
    EXPECT_TRUE(log.Due(15));
    EXPECT_FALSE(ProgressLine(nullptr, false).Due(100));
  }
  std::rewind(file);
  char text[200] = {};
  const size_t size = std::fread(text, 1, sizeof text, file);
  EXPECT_THAT(text, HasSubstr("0/7 cells, 0 findings"));
  EXPECT_LE(size, 4u + 39u + 4u) << "not wider than the terminal, and wiped at the end";
  std::fclose(file);
}

TEST(ProgressLine, ShortFigures) {
  EXPECT_EQ(Short(812), "812");
  EXPECT_EQ(Short(1312000), "1.3 M");
  EXPECT_EQ(Short(45000), "45 k");
  EXPECT_EQ(Short(999.9), "1.0 k");
  EXPECT_EQ(ShortTime(2.1), "3 s");
  EXPECT_EQ(ShortTime(130), "2 min 10 s");
  EXPECT_EQ(ShortTime(3900), "1 h 5 min");
}

}  // namespace
}  // namespace cfgtorture::run
