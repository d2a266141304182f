// cfgtorture claims: what was claimed, tried: each claim's cells are run, and its rules turn what they measured into an
// outcome.
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/cli/claim.h"
#include "harness/cli/command.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/cli/plan.h"
#include "harness/cli/repetitions.h"
#include "harness/cli/session.h"
#include "harness/result/printable.h"
#include "harness/result/replay_command.h"
#include "harness/run/cells.h"
#include "harness/run/environment.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::cli {
namespace {

constexpr unsigned kFullExecutions = 10, kFullRepetitions = 2;

// The same whenever the same is run; two claims that want it share it.
std::string KeyWithoutId(CellSpec spec) {
  spec.id.clear();
  return Json(spec).dump();
}

class Claims final : public Command {
 public:
  const char* name() const override { return "claims"; }
  const char* summary() const override {
    return "what was claimed by mail, tried: borne out, refuted, or on what it depends";
  }
  const char* examples() const override {
    return "  cfgtorture claims --claim C8,C22\n"
           "  cfgtorture claims --out out/claims\n"
           "  cfgtorture claims --file mine.json\n"
           "A claim's cells are run and its file's rules (harness/cli/claim.h) make the outcome; none is written down "
           "in\n"
           "advance. list claims prints them. Exit status 4: a claim is undecided.\n";
  }
  std::vector<Option> options() override {
    std::vector<Option> list = {
        {"--claim", "L", "claims, comma-separated, or all (all)", &claim_},
        {"--file", "FILE", "claims of your own instead of the built-in ones", &file_},
        {"--quick", nullptr, "the sizes that the files say, under two minutes in all (default)", nullptr, &quick_},
        {"--full", nullptr, "ten times the executions and twice the repetitions", nullptr, &full_},
        {"--jobs", "N", "model cells at a time (2)", &jobs_}};
    for (const Option& option : OptionsOf(common_)) list.push_back(option);
    return list;
  }

  absl::StatusOr<int> Run(const std::vector<std::string>& words) override {
    if (quick_ && full_) return absl::InvalidArgumentError("--quick and --full: choose one");
    absl::StatusOr<uint64_t> jobs = ParseCount("--jobs", jobs_, 1, 1024);
    if (!jobs.ok()) return jobs.status();
    absl::StatusOr<std::vector<Claim>> loaded = file_.empty() ? BuiltInClaims() : LoadClaims(file_);
    if (!loaded.ok()) return file_.empty() ? absl::InternalError(loaded.status().message()) : loaded.status();
    std::vector<std::string> ids;
    for (const Claim& claim : *loaded) ids.push_back(claim.id);
    absl::StatusOr<std::vector<std::string>> chosen = ParseNames("--claim", claim_, ids);
    if (!chosen.ok()) return chosen.status();
    for (const Claim& claim : *loaded) {
      if (std::find(chosen->begin(), chosen->end(), claim.id) != chosen->end()) claims_.push_back(claim);
    }

    absl::StatusOr<Session> begun = Session::Begin(words, common_);
    if (!begun.ok()) return begun.status();
    Session& session = *begun;
    RunResult& result = session.result();
    for (const Claim& claim : claims_) {
      for (const ClaimCell& cell : claim.cells) {
        if (absl::Status status = Plan(session, claim, cell); !status.ok()) return status;
      }
    }
    result.cells = Repeated();
    const run::CellsOutcome outcome =
        session.Run(static_cast<unsigned>(*jobs),
                    absl::StrCat("plan: ", claims_.size(), " claims, ", result.cells.size(), " cells"));
    for (const Claim& claim : claims_) result.claims.push_back(Judged(claim, result.cells));
    JudgeClaims(result, outcome);
    result.cells = Merge(result.cells);
    CountCells(result);
    return Finish(session);
  }

 private:
  struct Planned {
    CellResult cell;
    unsigned repetitions = 1;
  };

  // The cell of one label, as Select() makes it; one that another claim has already is taken from there.
  absl::Status Plan(Session& session, const Claim& claim, const ClaimCell& wanted) {
    const std::string where = absl::StrCat(claim.id, ": cells.", wanted.label);
    CellSpec spec = wanted.spec;
    spec.seed = session.seed();
    spec.plugin = session.plugin().ForEngine(spec.engine);
    spec.topology = session.topology();
    if (!wanted.spec.topology.empty()) spec.topology = absl::StrCat(CFGT_SOURCE_DIR "/", wanted.spec.topology);
    if (full_) spec.executions *= kFullExecutions;
    const bool timed = spec.explorer == "virtual-time";
    if (timed) spec.executions = 1;
    if (!timed) {
      if (absl::Status status = CheckName("explorer", spec.explorer, session.catalogue().explorers); !status.ok())
        return absl::InvalidArgumentError(absl::StrCat(where, ": ", std::string(status.message())));
    }
    absl::StatusOr<std::vector<CellResult>> cells = Select(session.catalogue(), wanted.selection, spec);
    if (!cells.ok())
      return absl::InvalidArgumentError(absl::StrCat(where, ": ", std::string(cells.status().message())));
    if (cells->size() != 1) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": names ", cells->size(),
                                                     " cells; one strategy, side, bridge and flavour are expected"));
    }
    CellResult& cell = cells->front();
    if (run::IsPending(cell) && spec.engine != "model" && spec.threads > run::AllowedCpus()) {
      cell.reason = absl::StrCat("needs ", spec.threads, " CPUs; this process may use ", run::AllowedCpus());
    }
    const std::string key = KeyWithoutId(cell.spec);
    ids_[claim.id][wanted.label] = key;
    const auto [at, is_new] = planned_.emplace(key, Planned{});
    if (is_new) {
      if (spec.engine == "model") absl::StrAppend(&cell.spec.id, "/", spec.explorer);
      unsigned same = 0;
      for (const auto& [other, planned] : planned_) same += planned.cell.spec.id.starts_with(cell.spec.id) ? 1 : 0;
      if (same > 0) absl::StrAppend(&cell.spec.id, "/", same + 1);
      at->second.cell = cell;
      order_.push_back(key);
    }
    at->second.repetitions =
        std::max(at->second.repetitions, wanted.repetitions * (full_ && wanted.repetitions > 1 ? kFullRepetitions : 1));
    return absl::OkStatus();
  }

  // All that are run, repetitions in turn.
  std::vector<CellResult> Repeated() const {
    std::map<unsigned, std::vector<CellResult>> by_times;
    for (const std::string& key : order_) {
      const Planned& planned = planned_.at(key);
      by_times[planned.repetitions].push_back(planned.cell);
    }
    std::vector<CellResult> all;
    for (const auto& [times, cells] : by_times) {
      for (CellResult& cell : Interleave(cells, times)) all.push_back(std::move(cell));
    }
    return all;
  }

  ClaimResult Judged(const Claim& claim, const std::vector<CellResult>& cells) const {
    MeasuredCells measured;
    std::map<std::string, std::string> id_of;
    for (const ClaimCell& wanted : claim.cells) {
      const std::string& id = planned_.at(ids_.at(claim.id).at(wanted.label)).cell.spec.id;
      for (const CellResult& cell : cells) {
        if (cell.spec.id != id && !cell.spec.id.starts_with(id + "/rep-")) continue;
        measured[wanted.label].push_back(&cell);
        id_of[cell.spec.id] = id;
      }
    }
    ClaimResult result = Decide(claim, measured);
    for (ClaimFigure& figure : result.figures) {
      for (std::string& id : figure.cells) id = id_of.at(id);  // of the merged cell
    }
    for (const ClaimCell& wanted : claim.cells) {
      result.cells.push_back(planned_.at(ids_.at(claim.id).at(wanted.label)).cell.spec.id);
    }
    return result;
  }

  static absl::StatusOr<int> Finish(Session& session) {
    const RunResult& result = session.result();
    if (absl::Status saved = session.SaveReports(); !saved.ok()) return saved;
    std::vector<std::string> next;
    if (session.text() != nullptr) {
      for (const ClaimResult& claim : result.claims) Print(session.text(), claim);
      for (const ClaimResult& claim : result.claims) {
        const auto shown = std::find_if(claim.figures.begin(), claim.figures.end(),
                                        [](const ClaimFigure& figure) { return !figure.token.empty(); });
        if (shown == claim.figures.end()) continue;
        next.push_back(
            absl::StrCat("next: ", ReplayCommand(result, shown->token), "\n      shows ", claim.id, ": ", shown->what));
        break;
      }
      next.push_back(session.out().empty()
                         ? "next: add --out DIR for the report with every schedule (HTML, Markdown, JSON)"
                         : absl::StrCat("next: open ", session.out(), "/report.html"));
    }
    return session.End(next);
  }

  static void Print(std::FILE* stream, const ClaimResult& claim) {
    std::fprintf(stream, "%s",
                 PrintableText(absl::StrFormat("%-4s %-11s %s: %s\n     %s\n", claim.id, claim.outcome, claim.who,
                                               claim.statement, claim.because))
                     .c_str());
    for (const ClaimFigure& figure : claim.figures) {
      std::fprintf(stream, "       %s\n", PrintableLine(absl::StrCat(figure.what, ": ", figure.text)).c_str());
    }
  }

  std::string claim_ = "all";
  std::string file_;
  bool quick_ = false;
  bool full_ = false;
  std::string jobs_ = absl::StrCat(kModelJobs);
  CommonOptions common_;
  std::vector<Claim> claims_;
  std::map<std::string, Planned> planned_;                         // by KeyWithoutId()
  std::vector<std::string> order_;                                 // of its keys
  std::map<std::string, std::map<std::string, std::string>> ids_;  // claim, label -> key
};

}  // namespace

std::unique_ptr<Command> MakeClaims() { return std::make_unique<Claims>(); }

}  // namespace cfgtorture::cli
