// cfgtorture stress: real threads: what happens, and what it costs.
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/contention_text.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/cli/print_run.h"
#include "harness/cli/repetitions.h"
#include "harness/cli/selection.h"
#include "harness/cli/session.h"
#include "harness/cli/test_lines.h"
#include "harness/result/printable.h"
#include "harness/run/environment.h"

namespace cfgtorture::cli {
namespace {

class Stress final : public Command {
 public:
  const char* name() const override { return "stress"; }
  const char* summary() const override { return "a strategy under a workload on real threads"; }
  const char* examples() const override {
    return "  cfgtorture stress --strategy waitqueue-v5.9 --workload vfio-hotplug --duration 30s\n"
           "  cfgtorture stress --strategy waitqueue-v4.11 --probe dead-entry --engine tsan --duration 1s --expect "
           "found:data-race\n"
           "  cfgtorture stress --strategy rwsem --workload dstate --engine checked --contention --perf-csv "
           "locks.csv\n";
  }
  std::vector<Option> options() override {
    std::vector<Option> list = OptionsOf(selection_, /*with_scenarios=*/false);
    list.insert(list.end(),
                {{"--engine", "L", "native, checked, tsan, or all (native)", &engine_},
                 {"--threads", "N", "threads (the CPUs that this process may use)", &threads_},
                 {"--duration", "TIME", "of each cell (5s)", &duration_},
                 {"--warm-up", "TIME", "before it, not measured (a tenth of --duration, at most 1s)", &warm_up_},
                 {"--repetitions", "N", "of each cell, in turn with the others' (1)", &repetitions_},
                 {"--stutter", "TIME", "run for TIME, stand still for TIME, and so on", &stutter_},
                 {"--shuffle", "TIME", "move the threads to other CPUs of the host every TIME", &shuffle_},
                 {"--time-scale", "N", "sleeps and recovery times are divided by it (100)", &time_scale_},
                 {"--oversubscribe", nullptr, "allow more threads than CPUs", nullptr, &oversubscribe_},
                 {"--contention", nullptr,
                  "print who waited for which lock, as /proc/lock_stat and perf lock contention do "
                  "(--engine checked)",
                  nullptr, &contention_},
                 {"--perf-csv", "FILE", "write what perf lock contention -x, would (--engine checked)", &perf_csv_},
                 {"--expect", "E", "clean or found:HAZARD; without it, a finding is exit 1", &expect_}});
    for (const Option& option : OptionsOf(common_)) list.push_back(option);
    return list;
  }

  absl::StatusOr<int> Run(const std::vector<std::string>& words) override {
    CellSpec spec;
    absl::StatusOr<double> duration = ParseSeconds("--duration", duration_);
    if (!duration.ok()) return duration.status();
    spec.duration_s = *duration;
    spec.warm_up_s = std::min(1.0, spec.duration_s / 10);
    struct Time {
      const char* option;
      const std::string* text;
      double* value;
    };
    for (const Time& time :
         {Time{"--warm-up", &warm_up_, &spec.warm_up_s}, Time{"--stutter", &stutter_, &spec.stutter_s},
          Time{"--shuffle", &shuffle_, &spec.shuffle_s}}) {
      if (time.text->empty()) continue;
      absl::StatusOr<double> seconds = ParseSeconds(time.option, *time.text);
      if (!seconds.ok()) return seconds.status();
      *time.value = *seconds;
    }
    absl::StatusOr<uint64_t> repetitions = ParseCount("--repetitions", repetitions_, 1, 1000);
    if (!repetitions.ok()) return repetitions.status();
    const uint32_t cpus = run::AllowedCpus();
    spec.threads = cpus;
    if (!threads_.empty()) {
      absl::StatusOr<uint64_t> threads = ParseCount("--threads", threads_, 1, 1024);
      if (!threads.ok()) return threads.status();
      spec.threads = static_cast<uint32_t>(*threads);
    }
    if (spec.threads > cpus && !oversubscribe_) {
      return absl::InvalidArgumentError(
          absl::StrCat("--threads ", spec.threads, ": this process may use ", cpus,
                       " CPUs; more threads measure the host's scheduler (--oversubscribe)"));
    }
    spec.oversubscribe = oversubscribe_;
    absl::StatusOr<uint64_t> scale = ParseCount("--time-scale", time_scale_, 1, 1000000);
    if (!scale.ok()) return scale.status();
    spec.time_scale = static_cast<double>(*scale);
    absl::StatusOr<std::vector<std::string>> engines = ParseNames("--engine", engine_, {"native", "checked", "tsan"});
    if (!engines.ok()) return engines.status();
    const bool checked = std::find(engines->begin(), engines->end(), "checked") != engines->end();
    if (!checked && (contention_ || !perf_csv_.empty())) {
      return absl::InvalidArgumentError(absl::StrCat(contention_ ? "--contention" : "--perf-csv", " with --engine ",
                                                     engine_, ": only checked hears of locks (--engine checked)"));
    }
    if (absl::Status status = EmptyDraft("--perf-csv", perf_csv_); !status.ok()) return status;
    absl::StatusOr<std::optional<Expect>> expect = ParseExpect(expect_);
    if (!expect.ok()) return expect.status();

    const bool tsan = std::find(engines->begin(), engines->end(), "tsan") != engines->end();
    absl::StatusOr<Session> begun = Session::Begin(words, common_, /*needs_instrumented=*/tsan);
    if (!begun.ok()) return begun.status();
    Session& session = *begun;
    spec.seed = session.seed();
    spec.topology = session.topology();
    for (const std::string& engine : *engines) {
      spec.engine = engine;
      spec.plugin = session.plugin().ForEngine(engine);
      if (spec.plugin.empty()) {
        return absl::InvalidArgumentError(absl::StrCat("--plugin: no build for --engine ", engine, " beside ",
                                                       common_.plugin,
                                                       " (NAME_plain.so, NAME_observed.so, NAME_instrumented.so)"));
      }
      absl::StatusOr<std::vector<CellResult>> cells = Select(session.catalogue(), selection_, spec);
      if (!cells.ok()) return cells.status();
      for (CellResult& cell : Interleave(*cells, static_cast<unsigned>(*repetitions))) {
        session.result().cells.push_back(std::move(cell));
      }
    }
    RunResult& result = session.result();
    const std::string parameters = TestParameters(result);
    const run::CellsOutcome outcome = session.Run(1, StartOfTest(parameters));
    JudgeByExpect(result, outcome, *expect);
    if (*repetitions > 1) {
      result.cells = Merge(result.cells);
      CountCells(result);
    }
    const std::vector<std::string> next = PrintRun(session);
    if (contention_ && session.text() != nullptr) {
      std::fputs(PrintableText(ContentionText(result)).c_str(), session.text());
    }
    if (!perf_csv_.empty()) {
      if (absl::Status status = SaveText(PerfCsv(result), perf_csv_); !status.ok()) return status;
    }
    if (!common_.quiet)
      std::fprintf(stderr, "%s\n", PrintableLine(EndOfTest(parameters, result.summary.exit_status)).c_str());
    return session.End(next);
  }

 private:
  SelectionOptions selection_;
  std::string engine_ = "native";
  std::string threads_;
  std::string duration_ = "5s";
  std::string warm_up_;
  std::string repetitions_ = "1";
  std::string stutter_;
  std::string shuffle_;
  std::string time_scale_ = "100";
  bool oversubscribe_ = false;
  bool contention_ = false;
  std::string perf_csv_;
  std::string expect_;
  CommonOptions common_;
};

}  // namespace

std::unique_ptr<Command> MakeStress() { return std::make_unique<Stress>(); }

}  // namespace cfgtorture::cli
