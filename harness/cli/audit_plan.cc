#include "harness/cli/audit_plan.h"

#include <algorithm>
#include <array>
#include <climits>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/result/died.h"
#include "harness/result/place.h"
#include "harness/result/text_file.h"
#include "harness/run/symbolize.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::cli {
namespace {

constexpr const char* kLeftOut = "left out";

// The words that a lock or interrupts off are asked of: their caller is the place.
constexpr std::array kLockWords = {"harness/kernel/irqflags.h", "harness/kernel/raw_spinlock.h",
                                   "harness/kernel/spinlock.h", "harness/kernel/mutex.h",
                                   "harness/kernel/rwsem.h",    "harness/kernel/percpu_rwsem.h"};
// The words that order by themselves: what for, only their caller knows.
constexpr std::array kOrderWords = {"smp_mb", "smp_cond_load_acquire"};

template <size_t kSize>
bool OneOf(const std::array<const char*, kSize>& list, const std::string& word) {
  return std::any_of(list.begin(), list.end(), [&](const char* item) { return word == item; });
}

bool IsLibrary(const Frame& frame) { return IsLibrarys(frame.file) || absl::StartsWith(frame.function, "std::"); }

bool IsPassedThrough(const std::string& kind, const Frame& frame, const std::string& function) {
  if (IsLibrary(frame)) return true;
  if (kind == "lock" || kind == "irqs-off") return OneOf(kLockWords, frame.file);
  if (kind == "wake-up") return absl::StartsWith(frame.file, "harness/kernel/");
  return std::any_of(kOrderWords.begin(), kOrderWords.end(),
                     [&](const char* word) { return absl::StartsWith(function, word); });
}

// Which of the frames is the place.
size_t PlaceIn(const AuditSite& site) {
  for (size_t i = 0; i < site.stack.size(); ++i) {
    if (!IsPassedThrough(site.kind, site.stack[i], run::ShortFunctionName(site.stack[i].function))) return i;
  }
  return site.stack.size() - 1;
}

std::string ChainTo(const AuditSite& site, size_t place) {
  std::string chain;
  for (size_t i = 0; i <= place; ++i) {
    if (i > 0 && site.stack[i].offset == site.stack[i - 1].offset) continue;  // an inlined caller
    absl::StrAppend(&chain, chain.empty() ? "" : "+", absl::Hex(site.stack[i].offset));
  }
  return chain;
}

std::set<std::string> FingerprintsOf(const CellResult& cell) {
  std::set<std::string> fingerprints;
  for (const Finding& finding : cell.findings) fingerprints.insert(finding.fingerprint);
  return fingerprints;
}

std::string ProgramOf(const CellSpec& spec) {
  std::string name = spec.strategy.empty() ? spec.program : absl::StrCat(spec.strategy, "/", spec.program);
  if (!spec.argument.empty()) absl::StrAppend(&name, ":", spec.argument);
  if (!spec.side.empty()) absl::StrAppend(&name, "/", spec.side);
  return name;
}

}  // namespace

std::vector<Place> PlacesOf(const std::vector<CellResult>& cells) {
  std::map<std::tuple<std::string, int, std::string, std::string, std::string>, Place> places;
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    for (const AuditSite& site : cells[cell].sites) {
      if (site.stack.empty()) continue;
      const size_t at = PlaceIn(site);
      const Frame& frame = site.stack[at];
      const std::string function = run::ShortFunctionName(frame.function);
      Place& place = places[{frame.file, frame.line, function, site.kind, site.what}];
      place.kind = site.kind;
      place.what = site.what;
      place.file = frame.file;
      place.line = frame.line;
      place.function = function;
      place.chains[cell].insert(ChainTo(site, at));
    }
  }
  std::vector<Place> list;
  list.reserve(places.size());
  for (auto& [key, place] : places) list.push_back(std::move(place));
  return list;
}

std::string WeakestFor(const Place& place) {
  if (!place.is_order()) return kLeftOut;
  return place.kind == "fence" ? "none" : "relaxed";
}

std::vector<std::string> BetweenFor(const Place& place, const std::string& memory) {
  if (!place.is_order()) return {};
  const bool loads = place.kind == "load" || place.kind == "failed compare-exchange";
  std::vector<std::string> between;
  if (place.what == "seq_cst") {
    if (memory != "sc") between.push_back(loads ? "acquire" : place.kind == "store" ? "release" : "acq_rel");
    if (loads || place.kind == "store") return between;
  } else if (place.what != "acq_rel") {
    return between;
  }
  between.insert(between.end(), {"acquire", "release"});
  return between;
}

CellSpec Without(const CellResult& base, size_t cell, const Place& place, const std::string& instead) {
  CellSpec spec = base.spec;
  const std::string chains = absl::StrJoin(place.chains.at(cell), ",");
  spec.mutation = place.is_order() ? absl::StrCat("weaken:", place.kind, ":", instead, ":", chains)
                                   : absl::StrCat("skip:", place.kind, ":", chains);
  spec.until_any = base.findings.empty();
  absl::StrAppend(&spec.id, "/", instead, ":", place.what, " ", place.kind, "@",
                  place.file.substr(place.file.rfind('/') + 1), ":", place.line);
  return spec;
}

AuditRow RowOf(const Place& place, const Attempt& attempt, const std::vector<CellResult>& cells) {
  AuditRow row;
  row.kind = place.kind;
  row.what = place.what;
  row.instead = attempt.instead;
  row.file = place.file;
  row.line = place.line;
  row.function = place.function;
  row.verdict = "spare";
  const Finding* best = nullptr;
  for (const auto& [mutated, base] : attempt.cells) {
    const CellResult& cell = cells[mutated];
    row.programs.push_back(ProgramOf(cell.spec));
    row.executions += cell.executions;
    const std::set<std::string> before = FingerprintsOf(cells[base]);
    for (const Finding& finding : cell.findings) {
      if (before.count(finding.fingerprint) != 0) continue;
      const auto cost = [](const Finding& f) {
        return std::pair(f.preemptions < 0 ? INT_MAX : f.preemptions, f.schedule.size());
      };
      if (best != nullptr && cost(*best) <= cost(finding)) continue;
      best = &finding;
      row.shown_by = ProgramOf(cell.spec);
      row.executions_to_first = finding.first_execution - cell.spec.first_execution + 1;
    }
    if (best == nullptr && row.verdict == "spare" && Died(cell)) {
      row.verdict = "needed";
      row.hazard = "crash";
      row.title = cell.reason;
      row.shown_by = ProgramOf(cell.spec);
    } else if (row.verdict == "spare" && cell.status != "done") {
      row.verdict = "undecided";
      row.reason = absl::StrCat(ProgramOf(cell.spec), ": ", cell.status, ": ", cell.reason);
    }
  }
  // What fails as it is shows nothing when it fails without the place too.
  const bool all_fail = std::all_of(attempt.cells.begin(), attempt.cells.end(),
                                    [&](const auto& pair) { return !cells[pair.second].findings.empty(); });
  if (best == nullptr && row.verdict == "spare" && all_fail) {
    const CellResult& base = cells[attempt.cells.front().second];
    row.verdict = "undecided";
    row.reason = absl::StrCat("the unchanged ", ProgramOf(base.spec), " already shows: ", base.findings.front().title);
  }
  if (best == nullptr) return row;
  row.verdict = "needed";
  row.reason.clear();
  row.hazard = best->hazard;
  row.title = best->title;
  row.preemptions = best->preemptions;
  row.schedule = best->schedule;
  row.token = best->token;
  return row;
}

absl::StatusOr<std::vector<SpareReason>> LoadReasons(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return Named("--reasons", text.status());
  const Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) {
    return absl::InvalidArgumentError(absl::StrCat("--reasons ", path, ": expected an array of JSON objects"));
  }
  std::vector<SpareReason> reasons;
  for (size_t i = 0; i < json.size(); ++i) {
    const auto wrong = [&](const std::string& what) {
      return absl::InvalidArgumentError(absl::StrCat("--reasons ", path, ": entry ", i + 1, ": ", what));
    };
    if (!json[i].is_object()) return wrong("expected an object");
    SpareReason reason;
    for (const auto& [name, value] : json[i].items()) {
      std::string* const field = name == "function"  ? &reason.function
                                 : name == "kind"    ? &reason.kind
                                 : name == "what"    ? &reason.what
                                 : name == "instead" ? &reason.instead
                                 : name == "reason"  ? &reason.reason
                                                     : nullptr;
      if (field == nullptr || !value.is_string()) {
        return wrong(absl::StrCat("\"", name, "\": expected text for function, kind, what, instead or reason"));
      }
      *field = value.get<std::string>();
    }
    if (reason.function.empty() || reason.reason.empty()) return wrong("function and reason must be there");
    reasons.push_back(std::move(reason));
  }
  return reasons;
}

void Explain(std::vector<AuditRow>& rows, std::vector<SpareReason>& reasons) {
  const auto fits = [](const std::string& pattern, const std::string& text) {
    return pattern.empty() || pattern == text;
  };
  for (AuditRow& row : rows) {
    if (row.verdict != "spare") continue;
    for (SpareReason& reason : reasons) {
      if (reason.function != row.function || !fits(reason.kind, row.kind) || !fits(reason.what, row.what) ||
          !fits(reason.instead, row.instead)) {
        continue;
      }
      row.reason = reason.reason;
      reason.used = true;
      break;
    }
  }
}

}  // namespace cfgtorture::cli
