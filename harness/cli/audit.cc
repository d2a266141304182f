// cfgtorture audit: what is each lock and each memory order for? Explores without it.
#include <algorithm>
#include <cstdio>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "harness/cli/audit_plan.h"
#include "harness/cli/command.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/cli/selection.h"
#include "harness/cli/session.h"
#include "harness/result/printable.h"
#include "harness/result/replay_command.h"
#include "reports/audit_rows.h"
#include "reports/markdown/markdown.h"

namespace cfgtorture::cli {
namespace {

class Audit final : public Command {
 public:
  const char* name() const override { return "audit"; }
  const char* summary() const override {
    return "what each lock and each memory order is for: explores without it, one at a time";
  }
  const char* examples() const override {
    return "  cfgtorture audit --scenario lock-counter:ticket\n"
           "  cfgtorture audit --strategy waitqueue-v5.9 --probe dead-entry,lost-wakeup --locks\n"
           "  cfgtorture audit --plugin libmine_instrumented.so --scenario all --orders --out audit\n"
           "A first cell lists the places that the program passes; then each order is weakened, each lock, wake-up "
           "and\n"
           "IRQs-off section left out, in cells of their own. Needed: something was found that is not there with it; "
           "the\n"
           "token replays it. Not needed within this bound: nothing was; --reasons FILE says why it stays all the "
           "same:\n"
           "  [{\"function\": \"McsLock::lock\", \"kind\": \"store\", \"what\": \"release\", \"reason\": \"...\"}]\n"
           "Exit status 1: something is not needed and has no reason.\n";
  }
  std::vector<Option> options() override {
    std::vector<Option> list = OptionsOf(selection_, /*with_scenarios=*/true);
    list.insert(list.end(),
                {{"--orders", nullptr, "memory orders only", nullptr, &orders_},
                 {"--locks", nullptr, "locks, wake-ups and IRQs-off sections only", nullptr, &locks_},
                 {"--in", "PATHS", "only places in files whose path begins so, comma-separated", &in_},
                 {"--explorer", "E", "how schedules are chosen (random)", &explorer_},
                 {"--memory", "M",
                  "memory model: sc, tso, c11 (c11, where an order means what C++20 says; sc with --locks)", &memory_},
                 {"--executions", "N", "of each cell: the bound (20000)", &executions_},
                 {"--ops", "N", "rounds of each task (3)", &ops_},
                 {"--threads", "N", "tasks of a workload (2)", &threads_},
                 {"--jobs", "N", "processes at a time (2)", &jobs_},
                 {"--reasons", "FILE", "why what is not needed stays (JSON)", &reasons_},
                 {"--page", "FILE", "write the table there, as Markdown", &page_}});
    for (const Option& option : OptionsOf(common_)) list.push_back(option);
    return list;
  }

  absl::StatusOr<int> Run(const std::vector<std::string>& words) override {
    // Under sc nothing but a data race shows that an order is missing: those of marked accesses would all be spare.
    if (memory_.empty()) memory_ = locks_ && !orders_ ? "sc" : "c11";
    CellSpec spec;
    spec.engine = "model";
    spec.mutation = "list";
    struct Count {
      const char* option;
      const std::string* text;
      uint64_t most;
      uint64_t value;
    };
    Count executions{"--executions", &executions_, 1'000'000'000, 0}, ops{"--ops", &ops_, 100000, 0},
        threads{"--threads", &threads_, 64, 2}, jobs{"--jobs", &jobs_, 1024, 0};
    for (Count* count : {&executions, &ops, &threads, &jobs}) {
      if (count->text->empty()) continue;
      absl::StatusOr<uint64_t> value = ParseCount(count->option, *count->text, 1, count->most);
      if (!value.ok()) return value.status();
      count->value = *value;
    }
    spec.executions = executions.value;
    spec.ops = static_cast<uint32_t>(ops.value);
    spec.threads = static_cast<uint32_t>(threads.value);
    std::vector<SpareReason> reasons;
    if (!reasons_.empty()) {
      absl::StatusOr<std::vector<SpareReason>> loaded = LoadReasons(reasons_);
      if (!loaded.ok()) return loaded.status();
      reasons = *std::move(loaded);
    }
    if (absl::Status status = EmptyDraft("--page", page_); !status.ok()) return status;

    absl::StatusOr<Session> begun = Session::Begin(words, common_);
    if (!begun.ok()) return begun.status();
    Session& session = *begun;
    if (absl::Status status = CheckName("--explorer", explorer_, session.catalogue().explorers); !status.ok())
      return status;
    if (absl::Status status = CheckName("--memory", memory_, session.catalogue().memories); !status.ok()) return status;
    spec.explorer = explorer_;
    spec.memory = memory_;
    spec.seed = session.seed();
    spec.topology = session.topology();
    spec.plugin = session.plugin().ForEngine("model");
    absl::StatusOr<std::vector<CellResult>> cells = Select(session.catalogue(), selection_, spec);
    if (!cells.ok()) return cells.status();
    if (absl::Status status = CheckThreads(*cells, threads_); !status.ok()) return status;
    RunResult& result = session.result();
    result.cells = *std::move(cells);
    const size_t base_count = result.cells.size();

    outcome_ = session.Run(static_cast<unsigned>(jobs.value));
    std::vector<Place> places = PlacesOf(result.cells);
    const std::vector<std::string> paths = absl::StrSplit(in_, ',');
    std::erase_if(places, [&](const Place& place) {
      const bool inside = std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
        return place.file.compare(0, path.size(), path) == 0;
      });
      return !inside || (orders_ != locks_ && place.is_order() != orders_);
    });

    // The weakest first: an order that is spare altogether need not be taken apart.
    std::vector<Attempt> attempts;
    for (size_t place = 0; place < places.size(); ++place)
      Try(result, places, place, WeakestFor(places[place]), attempts);
    RunMore(session, jobs.value, absl::StrCat(places.size(), " places: without each"));
    for (size_t i = 0, weakest = attempts.size(); i < weakest; ++i) {
      const Place& place = places[attempts[i].place];
      if (RowOf(place, attempts[i], result.cells).verdict != "needed") continue;
      for (const std::string& order : BetweenFor(place, memory_)) {
        Try(result, places, attempts[i].place, order, attempts);
      }
    }
    RunMore(session, jobs.value, "those needed: with half of their orders");

    for (const Attempt& attempt : attempts) {
      result.audit.push_back(RowOf(places[attempt.place], attempt, result.cells));
    }
    std::stable_sort(result.audit.begin(), result.audit.end(), [](const AuditRow& a, const AuditRow& b) {
      return std::tie(a.file, a.line, a.kind, a.what) < std::tie(b.file, b.line, b.kind, b.what);
    });
    Explain(result.audit, reasons);
    JudgeAudit(result, outcome_);
    // The rows say what came of the others.
    result.cells.resize(base_count);
    outcome_.endings.resize(base_count);
    CountCells(result);
    return Finish(session, reasons);
  }

 private:
  static void Try(RunResult& result, const std::vector<Place>& places, size_t place, const std::string& instead,
                  std::vector<Attempt>& attempts) {
    Attempt attempt{place, instead, {}};
    for (const auto& [cell, chains] : places[place].chains) {
      const CellResult& base = result.cells[cell];
      CellResult pending = run::PendingCell(Without(base, cell, places[place], instead), {});
      attempt.cells.emplace_back(result.cells.size(), cell);
      result.cells.push_back(std::move(pending));
    }
    attempts.push_back(std::move(attempt));
  }

  void RunMore(Session& session, uint64_t jobs, const std::string& what) {
    if (outcome_.signal != 0) return;
    if (session.text() != nullptr) std::fprintf(stderr, "%s\n", PrintableLine(what).c_str());
    run::CellsOutcome more = session.Run(static_cast<unsigned>(jobs));
    for (size_t i = 0; i < outcome_.endings.size(); ++i) more.endings[i] = outcome_.endings[i];
    outcome_ = std::move(more);
  }

  absl::StatusOr<int> Finish(Session& session, const std::vector<SpareReason>& reasons) {
    const RunResult& result = session.result();
    if (!page_.empty()) {
      if (absl::Status status = SaveText(reports::AuditPage(result), page_); !status.ok()) return status;
    }
    if (absl::Status saved = session.SaveReports(); !saved.ok()) return saved;
    std::vector<std::string> next;
    if (result.summary.exit_status == kUsageOrInput) return absl::InvalidArgumentError(result.summary.text);
    if (session.text() != nullptr) {
      PrintRows(session.text(), result);
      for (const SpareReason& reason : reasons) {
        if (!reason.used) {
          next.push_back(absl::StrCat("note: ", reasons_, ": the reason for ", reason.function, " (", reason.kind, " ",
                                      reason.what, ") explains nothing here"));
        }
      }
      for (const AuditRow& row : result.audit) {
        if (row.verdict != "spare" || !row.reason.empty()) continue;
        next.push_back(absl::StrCat(
            "next: ", row.file, ":", row.line, ": is the ", row.what, row.what.empty() ? "" : " ", row.kind,
            " really needed? A program that shows it, more --executions, a reason in --reasons, or without it"));
        break;
      }
      for (const AuditRow& row : result.audit) {
        if (row.token.empty()) continue;
        next.push_back(absl::StrCat("next: ", ReplayCommand(result, row.token), "\n      shows what becomes of ",
                                    row.shown_by, " without the ", row.what, row.what.empty() ? "" : " ", row.kind,
                                    " of ", row.file, ":", row.line));
        break;
      }
    }
    return session.End(next);
  }

  static void PrintRows(std::FILE* stream, const RunResult& result) {
    std::fprintf(stream, "%s\n", PrintableLine(reports::AuditBound(result)).c_str());
    std::string place;
    for (const AuditRow& row : result.audit) {
      const std::string here = absl::StrCat(reports::AuditPlace(row), "  ", row.function);
      if (here != place) std::fprintf(stream, "%s\n", PrintableLine(here).c_str());
      place = here;
      std::fprintf(stream, "  %s\n",
                   PrintableLine(absl::StrFormat("%-9s %-46s %s", row.verdict, reports::AuditTried(row),
                                                 reports::AuditAnswer(row)))
                       .c_str());
    }
  }

  SelectionOptions selection_;
  bool orders_ = false;
  bool locks_ = false;
  std::string in_;
  std::string explorer_ = "random";
  std::string memory_;
  std::string executions_ = "20000";
  std::string ops_ = "3";
  std::string threads_;
  std::string jobs_ = "2";
  std::string reasons_;
  std::string page_;
  CommonOptions common_;
  run::CellsOutcome outcome_;
};

}  // namespace

std::unique_ptr<Command> MakeAudit() { return std::make_unique<Audit>(); }

}  // namespace cfgtorture::cli
