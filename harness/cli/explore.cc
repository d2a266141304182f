// cfgtorture explore: schedules of a program in the model, and for each finding a schedule that replays.
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/contention_text.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/cli/print_run.h"
#include "harness/cli/selection.h"
#include "harness/cli/session.h"

namespace cfgtorture::cli {
namespace {

constexpr double kDefaultSeconds = 10;
constexpr uint64_t kTimedRounds = 100;
// Jobs of one cell number their executions from different places: execution numbers are the seeds.
constexpr uint64_t kJobStride = uint64_t{1} << 40;

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
           "A cell ends when all that its program can show was found (--keep-going: when its time is over).\n";
  }
  std::vector<Option> options() override {
    std::vector<Option> list = OptionsOf(selection_, /*with_scenarios=*/true);
    list.insert(list.end(), {{"--explorer", "E", "how schedules are chosen: random, pct (random)", &explorer_},
                             {"--memory", "M", "memory model (sc)", &memory_},
                             {"--executions", "N", "of each cell", &executions_},
                             {"--time", "TIME", "of each cell; 10s if --executions is not given either", &time_},
                             {"--ops", "N", "rounds of each task (3)", &ops_},
                             {"--threads", "N", "tasks of a workload (2)", &threads_},
                             {"--jobs", "N", "processes at a time; a single cell is shared out (1)", &jobs_},
                             {"--contention", nullptr,
                              "one run of 100 rounds (--ops) in virtual time, and who waited for which lock in it: "
                              "modelled, by assumed costs",
                              nullptr, &contention_},
                             {"--keep-going", nullptr, "go on after a finding", nullptr, &keep_going_},
                             {"--expect", "E", "clean or found:HAZARD; without it, a finding is exit 1", &expect_}});
    for (const Option& option : OptionsOf(common_)) list.push_back(option);
    return list;
  }

  absl::StatusOr<int> Run(const std::vector<std::string>& words) override {
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
    Count executions{"--executions", &executions_, kJobStride - 1, 0},
        ops{"--ops", &ops_, 100000, contention_ ? kTimedRounds : 3}, threads{"--threads", &threads_, 64, 2},
        jobs{"--jobs", &jobs_, 1024, 1};
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

    absl::StatusOr<Session> begun = Session::Begin(words, common_);
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
    session.result().cells = cells->size() == 1 && jobs.value > 1 ? Shared(cells->front(), jobs.value) : *cells;

    const run::CellsOutcome outcome = session.Run(static_cast<unsigned>(jobs.value));
    JudgeByExpect(session.result(), outcome, *expect);
    std::vector<std::string> next = PrintRun(session);
    if (contention_) {
      next = {
          "next: the same with another strategy, --spin or --threads; measured on this machine's CPUs: cfgtorture "
          "stress --engine checked --contention"};
    }
    if (contention_ && session.text() != nullptr) {
      std::fputs(Printable(ContentionText(session.result())).c_str(), session.text());
    }
    return session.End(next);
  }

 private:
  static std::vector<CellResult> Shared(const CellResult& cell, uint64_t jobs) {
    std::vector<CellResult> cells;
    for (uint64_t job = 0; job < jobs; ++job) {
      CellResult part = cell;
      absl::StrAppend(&part.spec.id, "/job-", job + 1);
      part.spec.first_execution = job * kJobStride;
      if (cell.spec.executions > 0) {
        part.spec.executions = cell.spec.executions / jobs + (job < cell.spec.executions % jobs ? 1 : 0);
        if (part.spec.executions == 0) continue;
      }
      cells.push_back(std::move(part));
    }
    return cells;
  }

  SelectionOptions selection_;
  std::string explorer_;
  std::string memory_ = "sc";
  std::string executions_;
  std::string time_;
  std::string ops_;
  std::string threads_ = "2";
  std::string jobs_ = "1";
  bool contention_ = false;
  bool keep_going_ = false;
  std::string expect_;
  CommonOptions common_;
};

}  // namespace

std::unique_ptr<Command> MakeExplore() { return std::make_unique<Explore>(); }

}  // namespace cfgtorture::cli
