#include "harness/result/causes.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cfgtorture {
namespace {

bool IsSimpler(const Finding& finding, const Finding& than) {
  return finding.preemptions >= 0 && (than.preemptions < 0 || finding.preemptions < than.preemptions);
}

}  // namespace

void AddFinding(std::vector<Finding>& findings, Finding finding) {
  const auto same = std::find_if(findings.begin(), findings.end(),
                                 [&](const Finding& other) { return other.fingerprint == finding.fingerprint; });
  if (same != findings.end()) {
    finding.count += same->count;
    finding.id = same->id;
    if (IsSimpler(finding, *same)) {
      *same = std::move(finding);
    } else {
      same->count = finding.count;
    }
    return;
  }
  const bool taken =
      std::any_of(findings.begin(), findings.end(), [&](const Finding& other) { return other.id == finding.id; });
  for (size_t number = findings.size() + 1; taken; ++number) {
    finding.id = absl::StrCat("f", number);
    if (std::none_of(findings.begin(), findings.end(), [&](const Finding& other) { return other.id == finding.id; }))
      break;
  }
  findings.push_back(std::move(finding));
}

std::vector<Cause> CausesOf(const RunResult& result) {
  std::vector<Cause> causes;
  std::map<std::string, size_t> known;
  for (const CellResult& cell : result.cells) {
    for (const Finding& finding : cell.findings) {
      const auto [it, is_new] = known.emplace(finding.fingerprint, causes.size());
      if (is_new) {
        causes.push_back({&finding, &cell, finding.count, {&cell}});
        continue;
      }
      Cause& cause = causes[it->second];
      cause.count += finding.count;
      if (cause.cells.back() != &cell) cause.cells.push_back(&cell);
      if (IsSimpler(finding, *cause.finding)) {
        cause.finding = &finding;
        cause.cell = &cell;
      }
    }
  }
  return causes;
}

}  // namespace cfgtorture
