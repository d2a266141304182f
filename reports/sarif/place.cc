#include "reports/sarif/place.h"

#include <cctype>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/result/place.h"

namespace cfgtorture::reports {
namespace {

enum Rank : int {
  kOwn,      // of the strategy
  kLocks,    // other lock code
  kPlugin,   // of a plug-in in this tree
  kProgram,  // of the program
  kPrograms,
  kHarness,
  kElsewhere,  // of a plug-in out of the tree
  kLibrary,
  kNothing,
};

// "waitqueue-v4.11" and "waitqueue_v4_11.cc": what a file and a name have in common.
std::string Letters(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) letters += c;
  }
  return letters;
}

// "waitqueue_v4_11" of "locks/waitqueue_v4_11.cc".
std::string_view StemOf(std::string_view file) {
  const size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  return file.substr(0, file.rfind('.'));
}

bool IsFileOf(std::string_view file, std::string_view name) {
  const std::string letters = Letters(name);
  return !letters.empty() && Letters(StemOf(file)) == letters;
}

Rank RankOf(const std::string& file, const CellSpec& spec) {
  if (file.empty()) return kNothing;
  // A kernel word may have a strategy's name: percpu_rwsem.
  if (IsFileOf(file, spec.strategy) && !file.starts_with("harness/")) return kOwn;
  if (!IsInRepository(file)) return IsLibrarys(file) ? kLibrary : kElsewhere;
  if (file.starts_with("locks/")) return kLocks;
  if (IsFileOf(file, spec.program)) return kProgram;
  if (file.starts_with("workloads/")) return kPrograms;
  return file.starts_with("harness/") ? kHarness : kPlugin;
}

struct Best {
  Rank rank = kNothing;
  SourcePlace place;
};

// Of one rank the first access's innermost frame.
void Consider(const Access& access, const CellSpec& spec, Best& best) {
  for (const Frame& frame : access.stack) {
    const Rank rank = RankOf(frame.file, spec);
    if (rank >= best.rank) continue;
    best.rank = rank;
    best.place = {frame.file, frame.line > 0 ? frame.line : 0, frame.function, ""};
  }
}

void Consider(const Step& step, const CellSpec& spec, Best& best) {
  const Rank rank = RankOf(step.file, spec);
  if (rank >= best.rank) return;
  best.rank = rank;
  best.place = {step.file, step.line > 0 ? step.line : 0, step.function, ""};
}

Best BestOf(const Finding& finding, const CellSpec& spec) {
  Best best;
  for (const Access& access : finding.accesses) Consider(access, spec, best);
  for (const Access& access : finding.waiting) Consider(access, spec, best);
  if (best.rank == kOwn) return best;
  for (const Ordering& ordering : finding.orderings) {
    Consider(ordering.before, spec, best);
    Consider(ordering.after, spec, best);
  }
  for (const Access& access : finding.last_ordered) Consider(access, spec, best);
  // A deadlock has no accesses, but locks: where they were taken, and where one is waited for.
  for (const LockReport& report : finding.lock_report) {
    for (const LockLine& lock : report.wanted) Consider(lock.taken, spec, best);
    for (const LockLine& lock : report.held) Consider(lock.taken, spec, best);
    for (const LockEdge& edge : report.chain) {
      Consider(edge.wanted.taken, spec, best);
      Consider(edge.held.taken, spec, best);
    }
    for (const Access& use : report.irq_uses) Consider(use, spec, best);
  }
  for (const bool clash : {true, false}) {
    for (const Step& step : finding.schedule) {
      if (step.clash == clash) Consider(step, spec, best);
    }
  }
  return best;
}

// The built-in code under test: its files are named as what is in them.
bool IsOfThisTree(const CellSpec& spec) { return StemOf(spec.plugin).starts_with("libcfgt_code_"); }

std::string NamedAs(const CellSpec& spec) {
  std::string stem = spec.strategy.empty() ? spec.program : spec.strategy;
  for (char& c : stem) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  const char* const folder = !spec.strategy.empty()    ? "locks/"
                             : spec.kind == "scenario" ? "workloads/scenarios/"
                             : spec.kind == "probe"    ? "workloads/probes/"
                                                       : "workloads/";
  return folder + stem + ".cc";
}

const std::string& KeyOf(const CellSpec& spec) { return spec.strategy.empty() ? spec.program : spec.strategy; }

}  // namespace

bool IsInRepository(std::string_view file) {
  return !file.empty() && file[0] != '/' && !file.starts_with("../") && file.find("/../") == std::string_view::npos;
}

SourcePlaces::SourcePlaces(const RunResult& result) {
  for (const CellResult& cell : result.cells) {
    if (file_of_.contains(KeyOf(cell.spec))) continue;
    for (const Finding& finding : cell.findings) {
      const Best best = BestOf(finding, cell.spec);
      if (best.rank != (cell.spec.strategy.empty() ? kProgram : kOwn)) continue;
      file_of_[KeyOf(cell.spec)] = best.place.file;
      break;
    }
  }
}

SourcePlace SourcePlaces::Of(const CellSpec& spec, const Finding& finding) const {
  const Best best = BestOf(finding, spec);
  if (best.rank <= (spec.strategy.empty() ? kProgram : kPlugin)) return best.place;
  const auto known = file_of_.find(KeyOf(spec));
  const std::string own = known != file_of_.end() ? known->second : IsOfThisTree(spec) ? NamedAs(spec) : "";
  const bool seen = best.rank != kNothing && best.rank != kLibrary;
  if (own.empty()) return seen ? best.place : SourcePlace{};
  if (IsOfThisTree(spec) && best.rank <= kPrograms && best.place.line > 0) {
    SourcePlace place = best.place;
    place.own = own;
    return place;
  }
  return {own, 0, "", seen ? absl::StrCat(best.place.file, ":", best.place.line) : ""};
}

}  // namespace cfgtorture::reports
