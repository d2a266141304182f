// cfgtorture explore: schedules of a program in the model, and for each finding a schedule that replays.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/contention_text.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/cli/print_run.h"
#include "harness/cli/resume.h"
#include "harness/cli/scenarios.h"
#include "harness/cli/selection.h"
#include "harness/cli/session.h"
#include "harness/result/printable.h"
#include "harness/run/environment.h"
#include "harness/run/shares.h"

namespace cfgtorture::cli {
namespace {

constexpr double kDefaultSeconds = 10;
constexpr uint64_t kTimedRounds = 100;

class Explore final : public Command {
 public:
  const char* name() const override { return "explore"; }
  const char* summary() const override {
    return "schedules of a program in the model; findings come with a token to replay";
  }
  const char* examples() const override {
    return "  cfgtorture explore --strategy waitqueue-v4.11 --probe dead-entry --time 10s\n"
           "  cfgtorture explore --scenario lock-counter:ticket --executions 5000000\n"
           "  cfgtorture explore --strategy all --probe all --time 1s --json findings.json\n"
           "  cfgtorture explore --strategy global-raw-spinlock:ticket --workload config-scan --threads 8 "
           "--contention\n"
           "  cfgtorture explore --scenario all\n"
           "  cfgtorture explore --scenario lock-counter:mcs --time 8h --jobs 16 --out night\n"
           "  cfgtorture explore --resume night\n"
           "Scenarios that have a buggy and a fixed side say themselves what must be found: each side is explored by "
           "pct,\n"
           "random and dpor until that is decided, and the exit status is 0 if all is as they say. --explorer takes "
           "one "
           "of\n"
           "them; --full exhausts more, and random schedules of a fixed side are a million.\n"
           "A cell ends when all that its program can show was found (--keep-going: when its time is over).\n"
           "--resume takes the command from DIR; --time or --executions given with it are the new limits, of the "
           "whole\n"
           "campaign. It goes on with execution numbers that were not used; another build or other options are "
           "refused.\n";
  }
  std::vector<Option> options() override {
    std::vector<Option> list = OptionsOf(selection_, /*with_scenarios=*/true);
    list.insert(
        list.end(),
        {{"--explorer", "E",
          "how schedules are chosen: random, pct, pos; dfs and dpor (not with tso) come to an end (random)",
          &explorer_},
         {"--memory", "M", "memory model: sc; tso, stores wait in buffers; c11, as C++20 allows (sc)", &memory_},
         {"--executions", "N", "of each cell", &executions_},
         {"--time", "TIME", "of each cell; 10s if --executions is not given either", &time_},
         {"--ops", "N", "rounds of each task (3)", &ops_},
         {"--threads", "N", "tasks of a workload (2)", &threads_},
         {"--jobs", "N", "processes; more than there are cells share them out (as many as CPUs, a cell each)", &jobs_},
         {"--perfetto", "FILE", "write the findings' schedules there, for ui.perfetto.dev", &perfetto_},
         {"--contention", nullptr,
          "one run of 100 rounds (--ops) in virtual time, and who waited for which lock in it: modelled, by assumed "
          "costs",
          nullptr, &contention_},
         {"--full", nullptr, "of scenarios with sides: 1000000 executions of each fixed side, dpor for a minute",
          nullptr, &full_},
         {"--keep-going", nullptr, "go on after a finding", nullptr, &keep_going_},
         {kResumeOption, "DIR", "go on with the exploration that --out DIR holds", &resume_},
         {"--expect", "E", "clean or found:HAZARD; without it, a finding is exit 1", &expect_}});
    for (const Option& option : OptionsOf(common_)) list.push_back(option);
    return list;
  }

  absl::StatusOr<int> Run(const std::vector<std::string>& words) override {
    std::optional<RunResult> campaign;
    std::vector<std::string> command = words;
    if (!resume_.empty()) {
      absl::StatusOr<RunResult> loaded = LoadCampaign(resume_, name());
      if (!loaded.ok()) return loaded.status();
      absl::StatusOr<std::vector<std::string>> resumed = ResumedCommand(loaded->command, words, options(), resume_);
      if (!resumed.ok()) return resumed.status();
      command = *std::move(resumed);
      executions_.clear();
      time_.clear();
      Apply(command, options());
      common_.out = resume_;  // wherever it lies now
      campaign = *std::move(loaded);
    }
    CellSpec spec;
    spec.engine = "model";
    spec.until_found = !keep_going_;
    if (!time_.empty()) {
      absl::StatusOr<double> time = ParseSeconds("--time", time_);
      if (!time.ok()) return time.status();
      spec.time_s = *time;
    }
    struct Count {
      const char* option;
      const std::string* text;
      uint64_t most;
      uint64_t value;
    };
    Count executions{"--executions", &executions_, run::kLane - 1, 0},
        ops{"--ops", &ops_, 100000, contention_ ? kTimedRounds : 3}, threads{"--threads", &threads_, 64, 2},
        jobs{"--jobs", &jobs_, 1024, 0};
    for (Count* count : {&executions, &ops, &threads, &jobs}) {
      if (count->text->empty()) continue;
      absl::StatusOr<uint64_t> value = ParseCount(count->option, *count->text, 1, count->most);
      if (!value.ok()) return value.status();
      count->value = *value;
    }
    if (contention_) {
      for (const auto& [option, text] : {std::pair{"--executions", &executions_}, std::pair{"--time", &time_}}) {
        if (!text->empty()) {
          return absl::InvalidArgumentError(absl::StrCat(
              option, " with --contention: it is one run, and always the same (--ops and --threads make it longer)"));
        }
      }
      if (!explorer_.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--explorer ", explorer_, " with --contention: who runs next is decided by virtual time"));
      }
      executions.value = 1;
    }
    if (executions.value == 0 && spec.time_s == 0) spec.time_s = kDefaultSeconds;
    spec.executions = executions.value;
    spec.ops = static_cast<uint32_t>(ops.value);
    spec.threads = static_cast<uint32_t>(threads.value);
    absl::StatusOr<std::optional<Expect>> expect = ParseExpect(expect_);
    if (!expect.ok()) return expect.status();

    if (absl::Status status = EmptyDraft("--perfetto", perfetto_); !status.ok()) return status;
    absl::StatusOr<Session> begun = Session::Begin(command, common_);
    if (!begun.ok()) return begun.status();
    Session& session = *begun;
    const std::string explorer = contention_ ? "virtual-time" : explorer_.empty() ? "random" : explorer_;
    if (absl::Status status = CheckName("--explorer", explorer, session.catalogue().explorers);
        !contention_ && !status.ok()) {
      return status;
    }
    if (absl::Status status = CheckName("--memory", memory_, session.catalogue().memories); !status.ok()) return status;
    spec.explorer = explorer;
    spec.memory = memory_;
    spec.seed = session.seed();
    spec.topology = session.topology();
    spec.plugin = session.plugin().ForEngine("model");
    absl::StatusOr<std::vector<CellResult>> cells = Select(session.catalogue(), selection_, spec);
    if (!cells.ok()) return cells.status();
    if (absl::Status status = CheckThreads(*cells, threads_); !status.ok()) return status;
    const bool judged = !contention_ && !expect->has_value() && SayWhatTheyExpect(*cells, session.catalogue());
    if (full_ && !judged)
      return absl::InvalidArgumentError("--full goes with scenarios that have sides, and no --expect");
    if (judged && campaign.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(kResumeOption, ": scenarios with sides take minutes; run the command again"));
    }
    std::string plan;
    if (campaign.has_value()) {
      cells = GoOn(*std::move(cells), *campaign, session.catalogue().build_id, resume_);
      if (!cells.ok()) return cells.status();
      uint64_t done = 0;
      for (const CellResult& cell : *cells) done += cell.executions;
      plan = absl::StrCat("goes on after ", done, " executions");
    }
    session.result().cells = *std::move(cells);
    if (judged) {
      ScenarioPlan sides{full_ ? kFullSizes : ScenarioSizes{}, explorer_, spec.time_s};
      if (executions_.empty() && time_.empty()) sides.time_s = 0;
      if (executions.value != 0) sides.sizes.buggy_executions = sides.sizes.fixed_executions = executions.value;
      return Judged(session, sides, static_cast<unsigned>(jobs.value));
    }

    if (jobs.value == 0) jobs.value = JobsFor(session.result());
    const run::CellsOutcome outcome = session.Run(static_cast<unsigned>(jobs.value), plan, /*campaign=*/true);
    if (absl::Status status = BadInput(session.result(), outcome); !status.ok()) return status;
    JudgeByExpect(session.result(), outcome, *expect);
    if (absl::Status status = SavePerfetto(session.result(), perfetto_); !status.ok()) return status;
    std::vector<std::string> next = PrintRun(session);
    if (outcome.signal != 0 && !session.out().empty())
      next = {absl::StrCat("next: cfgtorture explore ", kResumeOption, " ", session.out(), " goes on from here")};
    if (contention_) {
      next = {
          "next: the same with another strategy, --spin or --threads; measured on this machine's CPUs: cfgtorture "
          "stress --engine checked --contention"};
    }
    if (contention_ && session.text() != nullptr) {
      std::fputs(PrintableText(ContentionText(session.result())).c_str(), session.text());
    }
    return session.End(next);
  }

 private:
  // A cell each, so that no result depends on how many CPUs there are.
  static unsigned JobsFor(const RunResult& result) {
    const auto pending = std::count_if(result.cells.begin(), result.cells.end(), run::IsPending);
    return std::min(run::AllowedCpus(), static_cast<unsigned>(std::max<std::ptrdiff_t>(1, pending)));
  }

  // What no worker takes is the user's mistake, and there is no result to show.
  static absl::Status BadInput(const RunResult& result, const run::CellsOutcome& outcome) {
    if (std::any_of(outcome.endings.begin(), outcome.endings.end(),
                    [](run::Ending ending) { return ending != run::Ending::kBadInput; })) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(result.cells.front().reason);
  }

  // Scenarios that say what is expected: each side by several explorers, and a table of them.
  absl::StatusOr<int> Judged(Session& session, const ScenarioPlan& plan, unsigned jobs) {
    RunResult& result = session.result();
    result.cells = CellsOfSides(result.cells, plan);
    const run::CellsOutcome outcome = session.Run(jobs == 0 ? JobsFor(result) : jobs);
    if (absl::Status status = BadInput(result, outcome); !status.ok()) return status;
    JudgeByScenarios(result, outcome);
    if (absl::Status status = SavePerfetto(result, perfetto_); !status.ok()) return status;
    std::vector<std::string> next;
    const bool few = SidesOf(result).size() <= 2;
    if (few) next = PrintRun(session);
    if (session.text() != nullptr) {
      std::fprintf(session.text(), "%s%s", few ? "\n" : "", PrintableText(ScenarioTable(result)).c_str());
      for (const Disagreement& d : result.summary.disagreements) {
        std::fprintf(session.text(), "%s\n",
                     PrintableLine(absl::StrCat("differs  ", d.cell, ": ", d.hazard, " is ", d.verdict, ", expected ",
                                                d.expected, ": ", d.reason))
                         .c_str());
      }
    }
    if (!few)
      next = {"next: cfgtorture explore --scenario NAME shows the findings of one, with a schedule that replays"};
    return session.End(next);
  }

  SelectionOptions selection_;
  std::string explorer_;
  std::string memory_ = "sc";
  std::string executions_;
  std::string time_;
  std::string ops_;
  std::string threads_;
  std::string jobs_;
  std::string perfetto_;
  bool contention_ = false;
  bool keep_going_ = false;
  bool full_ = false;
  std::string resume_;
  std::string expect_;
  CommonOptions common_;
};

}  // namespace

std::unique_ptr<Command> MakeExplore() { return std::make_unique<Explore>(); }

}  // namespace cfgtorture::cli
