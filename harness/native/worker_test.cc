// Goal: a worker on real threads answers one cell with lines of JSON whose figures and verdicts are what the program
// did. Drives the real executables, as the front end does.
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "harness/result/cell.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {
namespace {

struct Answer {
  int status = -1;  // of the process, as waitpid gives it
  std::vector<Json> lines;
  const Json* Last(const std::string& type) const {
    const Json* last = nullptr;
    for (const Json& line : lines) {
      if (line["type"] == type) last = &line;
    }
    return last;
  }
  // Empty ones where there is none: no test wants those.
  Finding LastFinding() const {
    const Json* line = Last("finding");
    return line == nullptr ? Finding{} : (*line)["finding"].get<Finding>();
  }
  CellResult Cell() const {
    const Json* line = Last("cell");
    return line == nullptr ? CellResult{} : (*line)["cell"].get<CellResult>();
  }
};

// `after`: what follows the cell on stdin.
Answer Ask(const std::string& worker, const std::string& code, const std::string& program, const std::string& more = "",
           const std::string& after = "") {
  const std::string spec = R"({"id":"t","engine":"x","program":")" + program + R"(","plugin":")" + code +
                           R"(","duration_s":0.2,"threads":2)" + more + "}";
  const std::string command = "printf '%s\\n" + after + "' '" + spec + "' | exec " + worker + " 2>/dev/null";
  Answer answer;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return answer;
  std::string line;
  for (int c; (c = std::fgetc(pipe)) != EOF;) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    answer.lines.push_back(Json::parse(line));
    line.clear();
  }
  answer.status = pclose(pipe);
  return answer;
}

Answer AskNative(const std::string& program, const std::string& more = "") {
  return Ask(CFGT_WORKER_NATIVE, CFGT_CODE_PLAIN, program, more);
}

TEST(NativeWorker, MeasuresInSlicesAsOftenAsItIsAsked) {
  const Answer answer =
      Ask(std::string(CFGT_WORKER_NATIVE) + " --slices 50", CFGT_CODE_PLAIN, "measured", "", R"(\n\n)");
  EXPECT_EQ(answer.status, 0);
  std::vector<std::string> types;
  for (const Json& line : answer.lines) types.push_back(line["type"]);
  EXPECT_EQ(types, (std::vector<std::string>{"hello", "slice", "slice", "slice", "cell"}));
  for (const Json& line : answer.lines) {
    if (line["type"] != "slice") continue;
    ASSERT_EQ(line["operations"].size(), 1u) << line;
    EXPECT_EQ(line["operations"][0]["operation"], "read");
    EXPECT_GT(line["operations"][0]["count"].get<uint64_t>(), 0u);  // 50, where the host gives us time
    EXPECT_GT(line["operations"][0]["p50_ns"].get<double>(), 0);
  }
}

TEST(NativeWorker, MeasuresEveryOperation) {
  const Answer answer = AskNative("measured");
  EXPECT_EQ(answer.status, 0);
  ASSERT_NE(answer.Last("hello"), nullptr);
  EXPECT_EQ((*answer.Last("hello"))["worker"], "native");
  const CellResult cell = answer.Cell();
  EXPECT_EQ(cell.status, "done");
  EXPECT_EQ(cell.executions, 1u);
  ASSERT_EQ(cell.operations.size(), 1u);
  const OperationMetric& read = cell.operations[0];
  EXPECT_EQ(read.operation, "read");
  EXPECT_GT(read.count, 10000u);
  EXPECT_GT(read.p50_ns, 0);
  EXPECT_LE(read.p50_ns, read.p99_ns);
  EXPECT_LE(read.p99_ns, read.p999_ns);
  EXPECT_LE(read.p999_ns, read.max_ns);
  const double rate = cell.metrics.at("operations_per_s");
  EXPECT_NEAR(rate, static_cast<double>(read.count) / cell.metrics.at("measured_s"), 0.2 * rate);
  EXPECT_GT(cell.metrics.at("irqs_off_max_ns"), 0);
  EXPECT_GT(cell.metrics.at("fairness_jain"), 0.5);
  EXPECT_EQ(cell.metrics.at("runs_seen"), 1);
  EXPECT_EQ(cell.hazards.at("deadlock").verdict, "clean");
  EXPECT_EQ(cell.hazards.at("lost-update").verdict, "not-exercised");
  EXPECT_EQ(cell.hazards.count("data-race"), 0u) << "this worker has no detector";
}

TEST(NativeWorker, TellsWhatHandlersDoFromWhatTasksDo) {
  const Answer answer = AskNative("interrupted");
  const CellResult cell = answer.Cell();
  std::map<std::string, const OperationMetric*> by_name;
  for (const OperationMetric& metric : cell.operations) by_name[metric.operation] = &metric;
  ASSERT_EQ(by_name.size(), 5u);
  for (const char* name : {"read", "read in a task", "read in hardirq", "msi_mask", "msi_mask in hardirq"}) {
    ASSERT_EQ(by_name.count(name), 1u) << name;
    EXPECT_GT(by_name[name]->count, 100u) << name;
    uint64_t in_bins = 0;
    for (const auto& [up_to, in_bin] : by_name[name]->histogram) in_bins += in_bin;
    EXPECT_EQ(in_bins, by_name[name]->count) << name;
  }
  EXPECT_EQ(by_name["read"]->count, by_name["read in a task"]->count + by_name["read in hardirq"]->count);
  EXPECT_EQ(by_name["msi_mask"]->count, by_name["msi_mask in hardirq"]->count);
}

TEST(NativeWorker, LeavesOutTheWarmUpAndSaysHowSureARateIs) {
  const Answer answer = AskNative("measured", R"(,"warm_up_s":0.2)");
  const CellResult cell = answer.Cell();
  EXPECT_GE(cell.metrics.at("measured_s"), 0.15);
  EXPECT_LE(cell.metrics.at("measured_s"), cell.wall_s - 0.19);
  ASSERT_EQ(cell.operations.size(), 1u);
  const double rate = cell.metrics.at("operations_per_s");
  EXPECT_NEAR(static_cast<double>(cell.operations[0].count) / cell.metrics.at("measured_s"), rate, 0.2 * rate);
  EXPECT_GT(cell.metrics.at("operations_per_s_ci95"), 0);
}

TEST(NativeWorker, StutterStandsStillNowAndThenAndShuffleMovesThreads) {
  const Answer answer = AskNative("measured", R"(,"stutter_s":0.02,"shuffle_s":0.01)");
  const CellResult cell = answer.Cell();
  EXPECT_EQ(cell.status, "done");
  EXPECT_LT(cell.metrics.at("measured_s"), cell.wall_s - 0.015);  // a pause at least, however busy the host
  EXPECT_GT(cell.metrics.at("measured_s"), 0);
  EXPECT_GT(cell.operations.at(0).count, 1000u);
}

TEST(NativeWorker, ReportsTasksThatNobodyWakesAsADeadlockWithTheirStates) {
  const Answer answer = AskNative("parks");
  EXPECT_EQ(answer.status, 0);
  const Finding finding = answer.LastFinding();
  EXPECT_EQ(finding.hazard, "deadlock");
  EXPECT_NE(finding.detail.find("\"member\" on CPU1: blocked"), std::string::npos) << finding.detail;
  ASSERT_NE(answer.Last("cell"), nullptr);
  EXPECT_EQ((*answer.Last("cell"))["cell"]["hazards"]["deadlock"]["verdict"], "found");
}

TEST(NativeWorker, ReportsAProgramThatEndsItself) {
  const Answer answer = AskNative("ends");
  const Finding finding = answer.LastFinding();
  EXPECT_EQ(finding.hazard, "crash");
  EXPECT_NE(finding.title.find("nothing left to do"), std::string::npos);
  ASSERT_NE(answer.Last("cell"), nullptr);
  EXPECT_EQ((*answer.Last("cell"))["cell"]["status"], "crashed");
}

TEST(NativeWorker, DiesOfASignalWhereTheCodeUnderTestDoes) {
  const Answer answer = AskNative("crashes");
  EXPECT_NE(answer.status, 0);
  EXPECT_EQ(answer.Last("cell"), nullptr);
}

TEST(NativeWorker, RunsAClosedProgramAgainAndAgainFromTheSameState) {
  const Answer answer = AskNative("races");
  const CellResult cell = answer.Cell();
  EXPECT_GT(cell.executions, 10u);
  EXPECT_EQ(cell.metrics.at("runs_seen"), 1) << "globals are put back between executions";
}

const LockResult* ClassNamed(const CellResult& cell, const std::string& name) {
  for (const LockResult& lock : cell.locks) {
    if (lock.name == name && lock.instance.empty()) return &lock;
  }
  return nullptr;
}

// The program's own trace and the observer look at the same run: neither has a say in how long it took. A thread may be
// preempted between their stamps, so the totals are compared by what contains what, and more closely in the best of
// runs.
TEST(CheckedWorker, WaitAndHoldTotalsAgreeWithTheRunsOwnTrace) {
  CellResult cell;
  double apart = 1;
  for (int run = 0; run < 20 && apart > 0.05; ++run) {
    const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "contends", R"(,"time_scale":1)");
    ASSERT_NE(answer.Last("cell"), nullptr);
    cell = (*answer.Last("cell"))["cell"].get<CellResult>();
    const LockResult* lock = ClassNamed(cell, "contended");
    ASSERT_NE(lock, nullptr);
    const double waited = lock->stat.waittime_total_ns, held = lock->stat.holdtime_total_ns;
    constexpr double kClocks = 1.001;  // of the observer's and the program's
    EXPECT_LE(waited, cell.metrics.at("trace_waited") * kClocks);
    EXPECT_GE(held, cell.metrics.at("trace_held") / kClocks);
    EXPECT_LE(waited + held, cell.metrics.at("trace_whole") * kClocks);
    apart = std::max(1 - waited / cell.metrics.at("trace_waited"), held / cell.metrics.at("trace_held") - 1);
  }
  EXPECT_LE(apart, 0.05) << "in each of 20 runs";
  const LockResult* lock = ClassNamed(cell, "contended");
  ASSERT_NE(lock, nullptr);
  const double acquisitions = cell.metrics.at("trace_acquisitions");
  ASSERT_GT(acquisitions, 100);
  EXPECT_EQ(static_cast<double>(lock->stat.acquisitions), acquisitions);
  EXPECT_GT(lock->stat.contentions, 0u);
  EXPECT_GE(lock->stat.holdtime_max_ns, 20'000);
  EXPECT_EQ(lock->type, "spinlock");
  EXPECT_EQ(lock->threads, 2u);
  EXPECT_GT(lock->stat.acq_bounces, 0u);
  EXPECT_GT(cell.metrics.at("observer_ns_per_acquisition"), 0);
  EXPECT_EQ(cell.metrics.at("lock_events_dropped"), 0);
  ASSERT_FALSE(lock->sites.empty());
  ASSERT_FALSE(lock->sites[0].stack.empty());
  EXPECT_EQ(lock->sites[0].stack[0].module, "libnative_cell_code_observed.so");
  EXPECT_EQ(lock->sites[0].stat.contentions, lock->stat.contentions) << "one place waits";
  EXPECT_EQ(lock->sites[0].made_wait, lock->stat.contentions) << "and makes wait";
}

TEST(CheckedWorker, WhereNobodyWaitsNobodyHasWaited) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "alone");
  const CellResult cell = answer.Cell();
  const LockResult* lock = ClassNamed(cell, "alone");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->instances, 2u);
  EXPECT_GT(lock->stat.acquisitions, 1000u);
  EXPECT_EQ(lock->stat.contentions, 0u);
  EXPECT_EQ(lock->stat.waittime_total_ns, 0);
  EXPECT_EQ(lock->stat.acq_bounces, 0u);
  EXPECT_EQ(lock->threads, 0u);
}

TEST(CheckedWorker, NamesTheCallChainOfTheLongestIrqsOffSection) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "measured");
  const CellResult cell = answer.Cell();
  ASSERT_EQ(cell.irqs_off_max.size(), 1u);
  EXPECT_EQ(cell.irqs_off_max[0].task, "member");
  ASSERT_FALSE(cell.irqs_off_max[0].stack.empty());
  EXPECT_EQ(cell.irqs_off_max[0].stack[0].module, "libnative_cell_code_observed.so");
  EXPECT_TRUE(cell.locks.empty()) << "the program takes none";
}

TEST(CheckedWorker, ConvictsAnInversionOfOneTaskThatDidNotBlockWithAllPlaces) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "inverts", R"(,"kind":"probe")");
  const Finding finding = answer.LastFinding();
  EXPECT_EQ(finding.hazard, "lock-order");
  ASSERT_EQ(finding.lock_report.size(), 1u);
  const LockReport& report = finding.lock_report[0];
  EXPECT_EQ(report.heading, "possible circular locking dependency detected");
  ASSERT_EQ(report.chain.size(), 2u);
  EXPECT_EQ(report.chain[1].held.name, "inner");
  EXPECT_EQ(report.chain[1].wanted.name, "outer");
  for (const LockEdge& edge : report.chain) {
    for (const LockLine& lock : {edge.held, edge.wanted}) {
      ASSERT_FALSE(lock.taken.stack.empty());
      EXPECT_EQ(lock.taken.stack[0].module, "libnative_cell_code_observed.so");
      EXPECT_EQ(lock.taken.task, "member");
      EXPECT_EQ(lock.usage, "+.+.");
    }
  }
  const CellResult cell = (*answer.Last("cell"))["cell"].get<CellResult>();
  EXPECT_EQ(cell.hazards.at("lock-order").verdict, "found");
  EXPECT_EQ(cell.hazards.at("owner").verdict, "clean");
}

TEST(CheckedWorker, SilentOnLocksInOneOrder) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "nests", R"(,"kind":"probe")");
  EXPECT_EQ(answer.Last("finding"), nullptr);
  const CellResult cell = answer.Cell();
  for (const char* hazard : {"lock-order", "context", "owner"}) {
    EXPECT_EQ(cell.hazards.at(hazard).verdict, "clean") << hazard;
    EXPECT_GT(cell.hazards.at(hazard).opportunities, 0u) << hazard;
  }
}

TEST(CheckedWorker, ConvictsATaskThatEndsWithALock) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "keeps", R"(,"kind":"probe")");
  const Finding finding = answer.LastFinding();
  EXPECT_EQ(finding.hazard, "owner");
  EXPECT_EQ(finding.title, "\"member\" ends with kept held");
}

// "keeps" ends with preemption off for its lock's sake, which is told of the lock alone.
TEST(CheckedWorker, ConvictsATaskThatEndsWithInterruptsOff) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "masks", R"(,"kind":"probe")");
  const Finding finding = answer.LastFinding();
  EXPECT_EQ(finding.hazard, "context");
  EXPECT_EQ(finding.title, "sleeping function called from atomic context: do_exit in task context, interrupts off");
  EXPECT_EQ(finding.accesses.at(0).task, "member");
}

TEST(CheckedWorker, ConvictsALockThatIsFreedWhileItsTaskHoldsIt) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "frees", R"(,"kind":"probe")");
  int told = 0;
  for (const Json& line : answer.lines) {
    if (!line.contains("finding")) continue;
    told += line["finding"]["title"].get<std::string>() == "the memory of freed goes away while \"member\" holds it";
  }
  EXPECT_EQ(told, 1);
}

TEST(CheckedWorker, ConvictsAFunctionThatIsLeftBlocked) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "blocks", R"(,"kind":"probe")");
  const Finding finding = answer.LastFinding();
  EXPECT_EQ(finding.hazard, "owner");
  EXPECT_TRUE(finding.title.ends_with("is still blocked at the program's end")) << finding.title;
  ASSERT_FALSE(finding.accesses.empty());
  EXPECT_EQ(finding.accesses[0].task, "member");
  EXPECT_FALSE(finding.accesses[0].stack.empty());
}

TEST(CheckedWorker, SilentOnALockAndABlockThatAreGivenBack) {
  const Answer answer = Ask(CFGT_WORKER_CHECKED, CFGT_CODE_OBSERVED, "tidies", R"(,"kind":"probe")");
  EXPECT_EQ(answer.Last("finding"), nullptr);
  ASSERT_NE(answer.Last("cell"), nullptr);
  EXPECT_EQ((*answer.Last("cell"))["cell"].get<CellResult>().hazards.at("owner").verdict, "clean");
}

TEST(NativeWorker, HearsOfNoLock) {
  const Answer answer = AskNative("alone");
  ASSERT_NE(answer.Last("cell"), nullptr);
  EXPECT_TRUE((*answer.Last("cell"))["cell"]["locks"].empty());
}

TEST(NativeWorker, RefusesBadInputInOneLine) {
  for (const std::string more : {R"(,"flavour":"x")", R"(,"topology":"/nowhere")"}) {
    const Answer answer = AskNative("measured", more);
    EXPECT_EQ(WEXITSTATUS(answer.status), 2) << more;
  }
  EXPECT_EQ(WEXITSTATUS(AskNative("no-such-program").status), 2);
}

#ifdef CFGT_WORKER_TSAN
TEST(TsanWorker, ConvictsUnorderedIncrementsWithBothStacks) {
  const Answer answer = Ask(CFGT_WORKER_TSAN, CFGT_CODE_INSTRUMENTED, "races");
  EXPECT_EQ(answer.status, 0);
  const Finding finding = answer.LastFinding();
  EXPECT_EQ(finding.hazard, "data-race");
  ASSERT_EQ(finding.accesses.size(), 2u);
  for (const Access& access : finding.accesses) {
    ASSERT_FALSE(access.stack.empty());
    EXPECT_EQ(access.stack[0].module, "libnative_cell_code_instrumented.so");
    EXPECT_EQ(access.task, "member");
  }
  const CellResult cell = (*answer.Last("cell"))["cell"].get<CellResult>();
  EXPECT_EQ(cell.hazards.at("data-race").verdict, "found");
  EXPECT_GT(cell.accesses, 0u);
}

TEST(TsanWorker, SilentOnTheMeasuredProgram) {
  const Answer answer = Ask(CFGT_WORKER_TSAN, CFGT_CODE_INSTRUMENTED, "measured");
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.Last("finding"), nullptr);
  ASSERT_NE(answer.Last("cell"), nullptr);
  EXPECT_GT((*answer.Last("cell"))["cell"]["accesses"].get<uint64_t>(), 0u);
}

TEST(TsanWorker, RefusesCodeThatIsNotInstrumented) {
  EXPECT_EQ(WEXITSTATUS(Ask(CFGT_WORKER_TSAN, CFGT_CODE_PLAIN, "races").status), 2);
}
#endif

}  // namespace
}  // namespace cfgtorture
