#include "ci/gate/gate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ci/gate/figures.h"
#include "harness/result/counted.h"
#include "harness/result/died.h"
#include "harness/result/gate_rows.h"

namespace cfgtorture::ci {
namespace {

constexpr const char* kOutcomes[] = {"failed", "regressed", "undecided", "moved", "holds"};  // worst first
constexpr const char* kUpdate = "read what differs; if it is meant, cfgtorture gate --update, in the same commit";

GateRow Row(const char* part, const std::string& cell, const std::string& what, const char* outcome,
            const std::string& text) {
  GateRow row;
  row.part = part;
  row.cell = cell;
  row.what = what;
  row.outcome = outcome;
  row.text = text;
  return row;
}

// Of a verdict on which the table is silent: what the step from the baseline's to this run's means.
const char* Step(const std::string& before, const std::string& after) {
  if (after == before) return "holds";
  if (after == "found") return "regressed";
  if (after == "undecided") return "undecided";
  if (after == "not-exercised" && before == "clean") return "undecided";
  return "moved";
}

// Whether the cell was looked for as the baseline's was, so that what differs is the code's.
enum class Look { kAlike, kForLonger, kForLess, kOtherwise };
Look LookOfBoth(const CellResult& now, const BaselineCell& before) {
  if (before.run.empty()) return Look::kAlike;  // of before it was kept: only gates had been compared
  const BaselineCell look = LookOf(now);
  if (look.run != before.run) return Look::kOtherwise;
  if (look.executions == before.executions || now.exhausted) return Look::kAlike;
  return look.executions > before.executions ? Look::kForLonger : Look::kForLess;
}

// Executions to the first finding are one draw each; what is compared is their geometric mean over a strategy.
struct FirstFindings {
  double before = 0, after = 0;  // sums of logarithms
  int count = 0;
};

class FigureComparer {
 public:
  FigureComparer(const RunResult& now, const BaselineCells& baseline) : now_(now), baseline_(baseline) {}

  std::vector<GateRow> Compare() {
    for (const CellResult& cell : now_.cells) {
      const auto base = baseline_.find(cell.spec.id);
      if (base == baseline_.end() || cell.spec.engine != "model" || cell.status != "done") continue;
      if (LookOfBoth(cell, base->second) != Look::kAlike) {
        ++not_alike_;
        continue;
      }
      Cell(cell, base->second.figures, FiguresOf(cell));
    }
    for (const auto& [strategy, first] : first_) {
      const FigureRule& rule = *RuleOf("first");
      const double before = std::exp(first.before / first.count), after = std::exp(first.after / first.count);
      Figure(rule, strategy, absl::StrCat("executions to the first, mean of ", first.count), before, after);
    }
    GateRow row = Row("figures", "", "", "holds",
                      absl::StrCat(Counted(same_, "figure"), " of the model as in the baseline, ", within_,
                                   " within their thresholds"));
    if (not_alike_ > 0) {
      absl::StrAppend(&row.text, "; none compared of ", Counted(not_alike_, "cell"),
                      " that the baseline's run looked at for longer, for less, or otherwise");
    }
    rows_.insert(rows_.begin(), std::move(row));
    return std::move(rows_);
  }

 private:
  void Cell(const CellResult& cell, const std::map<std::string, double>& before,
            const std::map<std::string, double>& after) {
    for (const auto& [name, value] : before) {
      const FigureRule* const rule = RuleOf(name);
      if (rule == nullptr) continue;
      const auto now = after.find(name);
      if (now == after.end()) {
        Missing(cell, name, value);
      } else if (rule->name == "first") {
        FirstFindings& first = first_[cell.spec.strategy];
        first.before += std::log(std::max(value, 1.0));
        first.after += std::log(std::max(now->second, 1.0));
        ++first.count;
      } else {
        Figure(*rule, cell.spec.id, name, value, now->second);
      }
    }
    for (const auto& [name, value] : after) {
      if (before.count(name) != 0 || RuleOf(name)->name != "hold") continue;
      GateRow row = Row("figures", cell.spec.id, name, "moved", "a lock that the baseline does not know");
      row.after = FigureText(value);
      row.decide = kUpdate;
      rows_.push_back(std::move(row));
    }
  }

  // A verdict that changed, or a lock that nobody waits for any more, is told elsewhere.
  void Missing(const CellResult& cell, const std::string& name, double before) {
    const bool ended = name == "modelled_ns";
    if (!ended && RuleOf(name)->name != "hold") return;
    if (!ended && FiguresOf(cell).empty()) return;  // it did not end, and that is said
    GateRow row = Row("figures", cell.spec.id, name, ended ? "regressed" : "moved",
                      ended ? absl::StrCat("ended in the baseline: ", cell.reason) : "no longer taken often enough");
    row.before = FigureText(before);
    row.decide = ended ? "why it does not end" : kUpdate;
    rows_.push_back(std::move(row));
  }

  void Figure(const FigureRule& rule, const std::string& cell, const std::string& name, double before, double after) {
    if (FigureText(before) == FigureText(after)) {
      ++same_;
      return;
    }
    // A factor is as far as its inverse: 1/8 of the executions is as much as 8 times as many.
    // From nothing to something is no percentage, and beyond any threshold.
    const double change = before != 0 ? after / before - 1 : 0;
    const bool far = before == 0 || after == 0;
    if (!far && std::max(change, before / after - 1) <= rule.threshold) {
      ++within_;
      return;
    }
    const bool worse = rule.better == Better::kLess && after > before;
    GateRow row = Row("figures", cell, name, worse ? "regressed" : "moved", std::string(rule.why));
    row.before = FigureText(before);
    row.after = FigureText(after);
    row.change = change;
    row.threshold = rule.threshold;
    row.decide = worse ? "make it as good again, or cfgtorture gate --update, and say why in the commit" : kUpdate;
    rows_.push_back(std::move(row));
  }

  const RunResult& now_;
  const BaselineCells& baseline_;
  std::vector<GateRow> rows_;
  std::map<std::string, FirstFindings> first_;
  size_t same_ = 0, within_ = 0, not_alike_ = 0;
};

// What two runs of a cell must have in common, as text.
std::map<std::string, std::string> Fixed(const CellResult& cell) {
  std::map<std::string, std::string> fixed;
  fixed["status"] = cell.status;
  for (const auto& [name, value] : {std::pair{"executions", cell.executions}, std::pair{"distinct", cell.distinct},
                                    std::pair{"points", cell.points}, std::pair{"accesses", cell.accesses}}) {
    fixed[name] = absl::StrCat(value);
  }
  for (const auto& [name, value] : FiguresOf(cell)) fixed[name] = FigureText(value);
  for (const auto& [hazard, outcome] : cell.hazards) {
    fixed["verdict of " + hazard] = absl::StrCat(outcome.verdict, ", ", outcome.hits, " hits, ", outcome.opportunities,
                                                 " opportunities, first in ", outcome.executions_to_first);
  }
  for (const Finding& finding : cell.findings) {
    fixed["finding " + finding.id] = absl::StrCat(finding.fingerprint, " ", finding.token);
  }
  return fixed;
}

}  // namespace

std::vector<GateRow> CompareVerdicts(const RunResult& now, const BaselineCells* baseline) {
  std::vector<GateRow> rows;
  size_t as_expected = 0, as_before = 0, not_alike = 0;
  for (const Disagreement& differs : now.summary.disagreements) {
    GateRow row = Row("verdicts", differs.cell, differs.hazard, "regressed", differs.reason);
    row.before = differs.expected;
    row.after = differs.verdict;
    row.decide = "the schedule of the finding; if it is right, ci/expected_verdicts.json in a commit of its own";
    rows.push_back(std::move(row));
  }
  // Closed programs first: their schedules are the shorter ones to read.
  std::vector<const CellResult*> cells;
  for (const CellResult& cell : now.cells) cells.push_back(&cell);
  std::stable_partition(cells.begin(), cells.end(), [](const CellResult* cell) { return cell->spec.kind == "probe"; });
  for (const CellResult* const each : cells) {
    const CellResult& cell = *each;
    if (Died(cell)) {
      rows.push_back(Row("verdicts", cell.spec.id, "crash", "regressed", cell.reason));
      rows.back().after = cell.status;
      rows.back().decide = "its stderr, in the finding";
      continue;
    }
    const bool short_of_it =
        cell.spec.engine == "model" && cell.status == "done" && cell.spec.executions > 0 &&
        cell.executions < cell.spec.executions && !cell.exhausted &&
        !(cell.spec.until_found && std::any_of(cell.hazards.begin(), cell.hazards.end(),
                                               [](const auto& hazard) { return hazard.second.verdict == "found"; }));
    if (short_of_it || cell.status == "timeout") {
      rows.push_back(Row("verdicts", cell.spec.id, "", "undecided",
                         short_of_it
                             ? absl::StrCat(cell.executions, " of ", cell.spec.executions, " executions in its time")
                             : cell.reason));
      rows.back().decide = "a host with more time";
      continue;
    }
    const BaselineCell* before = nullptr;
    if (baseline != nullptr) {
      const auto it = baseline->find(cell.spec.id);
      if (it != baseline->end()) before = &it->second;
    }
    for (const auto& [hazard, outcome] : cell.hazards) {
      if (outcome.agreement == "agrees") ++as_expected;
      if (!outcome.agreement.empty() || before == nullptr || outcome.verdict.empty()) continue;
      const auto was = before->verdicts.find(hazard);
      const std::string verdict_before = was == before->verdicts.end() ? "not found" : was->second;
      const char* const step = Step(verdict_before, outcome.verdict);
      if (step == std::string("holds")) {
        ++as_before;
        continue;
      }
      const Look look = LookOfBoth(cell, *before);
      // What comes up within the executions that the baseline's run had, this program did not do then.
      const bool as_far =
          look == Look::kAlike || (look != Look::kOtherwise && outcome.executions_to_first >= 0 &&
                                   static_cast<uint64_t>(outcome.executions_to_first) <= before->executions);
      if (!as_far && outcome.verdict != "found") {  // not to have found it there says nothing, nor to have come by
        ++not_alike;
        continue;
      }
      GateRow row = Row("verdicts", cell.spec.id, hazard, as_far ? step : "undecided", outcome.strength);
      row.before = verdict_before;
      row.after = outcome.verdict;
      if (!as_far) {
        const BaselineCell now_look = LookOf(cell);
        row.text = look == Look::kOtherwise
                       ? absl::StrCat(row.text, "; looked otherwise than the baseline: ", now_look.run, ", against ",
                                      before->run)
                       : absl::StrCat(row.text, "; looked further than the baseline: ", now_look.executions,
                                      " executions against ", before->executions);
        row.decide = "cfgtorture gate without a result file, which looks as far as the baseline did; or gate --update";
        rows.push_back(std::move(row));
        continue;
      }
      row.decide = step == std::string("regressed") ? "the schedule of the finding"
                   : step == std::string("moved")   ? kUpdate
                                                  : "a program that exercises it again: nothing says that it is clean";
      rows.push_back(std::move(row));
    }
  }
  rows.insert(rows.begin(), Row("verdicts", "", "", "holds",
                                absl::StrCat(Counted(as_expected, "verdict"), " as the table expects, ", as_before,
                                             " more as in the baseline",
                                             not_alike == 0 ? ""
                                                            : absl::StrCat(", ", not_alike,
                                                                           " not compared: the baseline's run looked "
                                                                           "for longer, or otherwise"))));
  return rows;
}

void MarkAsBefore(RunResult& result, const BaselineCells* baseline) {
  for (CellResult& cell : result.cells) {
    for (auto& [hazard, outcome] : cell.hazards) {
      if (outcome.expected == kAsBefore) outcome.expected.clear();
      if (outcome.verdict != "found" || !outcome.expected.empty() || baseline == nullptr) continue;
      const auto before = baseline->find(cell.spec.id);
      if (before == baseline->end()) continue;
      const auto was = before->second.verdicts.find(hazard);
      if (was != before->second.verdicts.end() && was->second == "found") outcome.expected = kAsBefore;
    }
  }
}

std::vector<GateRow> CompareFigures(const RunResult& now, const BaselineCells& baseline) {
  return FigureComparer(now, baseline).Compare();
}

std::vector<GateRow> CompareCells(const RunResult& now, const BaselineCells& baseline,
                                  const std::function<bool(const std::string& id)>& asked) {
  std::vector<GateRow> rows;
  const BaselineCells cells = CellsOf(now);
  std::set<std::string> added, gone;
  for (const auto& [id, cell] : cells) {
    if (baseline.count(id) == 0) added.insert(id);
  }
  std::set<std::string> present;  // done or not: what did not come to its end is told of by its cell
  for (const CellResult& cell : now.cells) present.insert(cell.spec.id);
  for (const auto& [id, cell] : baseline) {
    if (present.count(id) == 0 && asked(id)) gone.insert(id);
  }
  if (!added.empty()) {
    rows.push_back(
        Row("cells", *added.begin(), "", "moved", absl::StrCat(Counted(added.size(), "cell"), " not in the baseline")));
    rows.back().decide = kUpdate;
  }
  if (!gone.empty()) {
    rows.push_back(Row("cells", *gone.begin(), "", "undecided",
                       absl::StrCat(Counted(gone.size(), "cell"), " of the baseline not in this run")));
    rows.back().decide =
        "a run that has them; or, if they are to be gone, cfgtorture gate --update, in the same commit";
  }
  return rows;
}

std::vector<GateRow> CompareRuns(const RunResult& first, const RunResult& again) {
  std::vector<GateRow> rows;
  std::map<std::string, const CellResult*> others;
  for (const CellResult& cell : again.cells) others[cell.spec.id] = &cell;
  size_t figures = 0, cells = 0;
  for (const CellResult& cell : first.cells) {
    const auto other = others.find(cell.spec.id);
    if (cell.spec.engine != "model" || cell.status != "done" || other == others.end()) continue;
    if (other->second->status != "done") continue;  // interrupted, or it died: told elsewhere
    ++cells;
    const std::map<std::string, std::string> a = Fixed(cell), b = Fixed(*other->second);
    figures += a.size();
    std::set<std::string> names;
    for (const auto* fixed : {&a, &b}) {
      for (const auto& [name, text] : *fixed) names.insert(name);
    }
    for (const std::string& name : names) {
      const auto in_a = a.find(name), in_b = b.find(name);
      const std::string text_a = in_a == a.end() ? "none" : in_a->second;
      const std::string text_b = in_b == b.end() ? "none" : in_b->second;
      if (text_a == text_b) continue;
      GateRow row = Row("determinism", cell.spec.id, name, "failed", "two runs of one build and seed differ");
      row.before = text_a;
      row.after = text_b;
      row.decide = "what reached a choice that must not: a clock, an address, the order of a hash table";
      rows.push_back(std::move(row));
    }
  }
  rows.insert(rows.begin(), Row("determinism", "", "", "holds",
                                absl::StrCat(Counted(cells, "cell"), " run twice, ", figures, " figures compared")));
  return rows;
}

std::string WorstOf(const std::vector<GateRow>& rows, const std::vector<std::string>& accepted) {
  for (const char* const outcome : kOutcomes) {
    if (std::find(accepted.begin(), accepted.end(), outcome) != accepted.end()) continue;
    for (const GateRow& row : rows) {
      if (row.outcome == outcome) return outcome;
    }
  }
  return "holds";
}

std::string InWords(const std::vector<GateRow>& rows) {
  std::vector<std::string> parts;
  std::string first;
  for (const char* const outcome : kOutcomes) {
    const auto count = std::count_if(rows.begin(), rows.end(), [&](const GateRow& row) {
      return row.outcome == outcome && !(row.cell.empty() && row.what.empty());
    });
    if (count == 0) continue;
    parts.push_back(absl::StrCat(count, " ", outcome));
    if (!first.empty() || outcome == std::string("holds")) continue;
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const GateRow& r) { return r.outcome == outcome; });
    first = absl::StrCat("; first: ", row->cell, row->cell.empty() || row->what.empty() ? "" : ": ", row->what,
                         row->before.empty() && row->after.empty()
                             ? ""
                             : absl::StrCat(" ", row->before.empty() ? "none" : row->before, " -> ",
                                            row->after.empty() ? "none" : row->after));
  }
  if (parts.empty()) {  // the totals of the parts
    for (const GateRow& row : rows) {
      if (!row.text.empty()) parts.push_back(row.text);
    }
    return parts.empty() ? "nothing was compared" : absl::StrJoin(parts, "; ");
  }
  return absl::StrCat(absl::StrJoin(parts, ", "), first);
}

}  // namespace cfgtorture::ci
