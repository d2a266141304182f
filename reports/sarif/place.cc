#include "reports/sarif/place.h"

#include <cctype>
#include <vector>

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
  if (IsFileOf(file, spec.strategy)) return kOwn;
  if (!IsInRepository(file)) return file.starts_with("/usr/") ? kLibrary : kElsewhere;
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
    best.place = {frame.file, frame.line > 0 ? frame.line : 0, frame.function};
  }
}

Best BestOf(const Finding& finding, const CellSpec& spec) {
  Best best;
  for (const Access& access : finding.accesses) Consider(access, spec, best);
  if (best.rank == kOwn) return best;
  for (const Ordering& ordering : finding.orderings) {
    Consider(ordering.before, spec, best);
    Consider(ordering.after, spec, best);
  }
  for (const Access& access : finding.last_ordered) Consider(access, spec, best);
  return best;
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
  if (best.rank != kNothing && best.rank != kLibrary) return best.place;
  const auto known = file_of_.find(KeyOf(spec));
  return known == file_of_.end() ? SourcePlace{} : SourcePlace{known->second, 0, ""};
}

}  // namespace cfgtorture::reports
