#include "harness/run/shares.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/explore/distinct.h"
#include "harness/explore/tree_size.h"
#include "harness/result/causes.h"
#include "harness/result/counted.h"
#include "harness/result/died.h"
#include "harness/run/cells.h"

namespace cfgtorture::run {
namespace {

// The worst status says what the merged cell is worth.
int Badness(const std::string& status) {
  int rank = 0;
  for (const char* known : {"done", "stopped", "not-run", "timeout", "crashed"}) {
    if (status == known) break;
    ++rank;
  }
  return rank;
}

uint64_t FirstUnused(const CellResult& cell, uint64_t lane) {
  uint64_t next = lane;
  for (const auto& [first, count] : cell.used) {
    if (first >= lane && first < lane + kLane) next = std::max(next, first + count);
  }
  return next;
}

// Ascending, with neighbours joined.
std::vector<std::pair<uint64_t, uint64_t>> Joined(std::vector<std::pair<uint64_t, uint64_t>> ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<uint64_t, uint64_t>> joined;
  for (const auto& [first, count] : ranges) {
    if (count == 0) continue;
    if (!joined.empty() && joined.back().first + joined.back().second == first) {
      joined.back().second += count;
    } else {
      joined.emplace_back(first, count);
    }
  }
  return joined;
}

// How many executions all had done when part `at` had done `executions`, if they took turns.
uint64_t InTurns(const std::vector<CellResult>& parts, size_t at, uint64_t executions) {
  uint64_t sum = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    sum += std::min(parts[i].executions, i <= at ? executions : executions - 1);
  }
  return sum;
}

HazardOutcome MergedHazard(const std::string& name, const std::vector<CellResult>& parts, bool in_turns) {
  std::optional<HazardOutcome> merged;
  std::optional<uint64_t> first;
  uint64_t before = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const uint64_t earlier = before;
    before += parts[i].executions;
    const auto it = parts[i].hazards.find(name);
    if (it == parts[i].hazards.end()) continue;
    const HazardOutcome& outcome = it->second;
    if (outcome.executions_to_first >= 0) {
      const uint64_t own = static_cast<uint64_t>(outcome.executions_to_first);
      const uint64_t rank = in_turns ? InTurns(parts, i, own) : earlier + own;
      if (!first.has_value() || rank < *first) first = rank;
    }
    if (!merged.has_value()) {
      merged = outcome;
      continue;
    }
    merged->hits += outcome.hits;
    merged->opportunities += outcome.opportunities;
    merged->executions_with += outcome.executions_with;
    if (outcome.fewest_preemptions >= 0 &&
        (merged->fewest_preemptions < 0 || outcome.fewest_preemptions < merged->fewest_preemptions)) {
      merged->fewest_preemptions = outcome.fewest_preemptions;
    }
    if (merged->verdict != "found" && outcome.verdict != "undecided") merged->verdict = outcome.verdict;
  }
  merged->executions_to_first = first.has_value() ? static_cast<int64_t>(*first) : -1;
  return *merged;
}

// From the sums: what one share did not meet another may have.
void Judge(HazardOutcome& outcome, const CellResult& cell) {
  if (outcome.hits != 0) {
    outcome.verdict = "found";
    outcome.reason.clear();
    if (outcome.executions_with != 0)
      outcome.strength = absl::StrFormat("found in %d of %d executions", outcome.executions_with, cell.executions);
    return;
  }
  if (outcome.verdict == "not-applicable" || outcome.verdict == "found") return;
  outcome.strength = Counted(cell.executions, "execution");
  if (outcome.opportunities != 0)
    outcome.strength = absl::StrFormat("clean for %s (%d distinct)", outcome.strength, cell.distinct);
  if (cell.status != "done") {
    outcome.verdict = "undecided";
    outcome.reason = cell.reason;
  } else if (outcome.opportunities == 0) {
    outcome.verdict = "not-exercised";
    outcome.reason = "no opportunity arose";
  } else {
    outcome.verdict = "clean";
    outcome.reason.clear();
  }
}

// `in_turns`: side by side; else one after the other, and the last one's status is the cell's.
CellResult Merged(const CellSpec& spec, const std::vector<CellResult>& parts, bool in_turns) {
  CellResult into = parts.back();
  into.spec = spec;
  into.executions = into.distinct = into.points = into.accesses = into.self_checks = 0;
  into.wall_s = 0;
  into.exhausted = std::any_of(parts.begin(), parts.end(), [](const CellResult& part) { return part.exhausted; });
  into.tree = {};
  into.findings.clear();
  into.hazards.clear();
  std::map<std::string, double> rates;  // times seconds
  explore::DistinctCounter distinct;
  bool sketched = true;
  std::vector<std::pair<uint64_t, uint64_t>> used;
  for (const CellResult& part : parts) {
    if (in_turns && Badness(part.status) > Badness(into.status)) {
      into.status = part.status;
      into.reason = part.reason;
    }
    into.executions += part.executions;
    into.distinct += part.distinct;
    into.points += part.points;
    into.accesses += part.accesses;
    into.self_checks += part.self_checks;
    into.wall_s = in_turns ? std::max(into.wall_s, part.wall_s) : into.wall_s + part.wall_s;
    explore::MergeTreeSizes(into.tree, part.tree);
    sketched &= (part.executions == 0 || !part.distinct_sketch.empty()) && distinct.MergeText(part.distinct_sketch);
    for (const auto& range : UsedNumbers(part)) used.push_back(range);
    for (const Finding& finding : part.findings) AddFinding(into.findings, finding);
    for (const auto& [name, value] : part.metrics) {
      if (name.ends_with("_per_s")) rates[name] += value * part.wall_s;
    }
  }
  if (sketched) {
    into.distinct = std::min(distinct.Estimate(), into.executions);
    into.distinct_sketch = distinct.Text();
  } else {
    into.distinct_sketch.clear();
  }
  into.used = Joined(std::move(used));
  for (const auto& [name, sum] : rates) into.metrics[name] = into.wall_s > 0 ? sum / into.wall_s : 0;
  for (const CellResult& part : parts) {
    for (const auto& [name, outcome] : part.hazards) {
      if (into.hazards.contains(name)) continue;
      HazardOutcome merged = MergedHazard(name, parts, in_turns);
      Judge(merged, into);
      into.hazards[name] = std::move(merged);
    }
  }
  return into;
}

}  // namespace

std::vector<std::pair<uint64_t, uint64_t>> UsedNumbers(const CellResult& cell) {
  if (!cell.used.empty() || cell.executions == 0) return cell.used;
  return {{cell.spec.first_execution, cell.executions}};
}

bool MayBeShared(const CellSpec& spec) {
  return spec.engine == "model" && spec.replay.empty() && spec.explorer != "dfs" && spec.explorer != "dpor";
}

std::vector<CellSpec> SharesOf(const CellResult& cell, uint64_t jobs) {
  CellSpec left = cell.spec;
  if (!MayBeShared(left)) return {left};
  if (left.executions > 0) left.executions -= std::min(left.executions, cell.executions);
  if (left.time_s > 0) left.time_s = std::max(0.001, left.time_s - cell.wall_s);
  if (cell.spec.executions > 0) jobs = std::clamp<uint64_t>(jobs, 1, std::max<uint64_t>(1, left.executions));
  std::vector<CellSpec> shares;
  for (uint64_t job = 0; job < std::max<uint64_t>(1, jobs); ++job) {
    CellSpec share = left;
    share.first_execution = FirstUnused(cell, cell.spec.first_execution + job * kLane);
    if (left.executions > 0) share.executions = left.executions / jobs + (job < left.executions % jobs ? 1 : 0);
    shares.push_back(std::move(share));
  }
  return shares;
}

CellResult Together(const CellSpec& spec, const std::vector<CellResult>& shares) {
  if (shares.size() > 1) return Merged(spec, shares, /*in_turns=*/true);
  CellResult cell = shares.front();  // its own words of how strong its verdicts are stay
  if (!MayBeShared(spec)) return cell;
  cell.used = Joined(UsedNumbers(cell));
  cell.spec = spec;
  return cell;
}

CellResult After(const CellResult& earlier, const CellResult& later) {
  if (earlier.executions == 0) return later;
  return Merged(later.spec, {earlier, later}, /*in_turns=*/false);
}

bool FoundAll(const CellResult& cell, const std::vector<std::string>& listed) {
  return std::all_of(listed.begin(), listed.end(), [&](const std::string& hazard) {
    const auto it = cell.hazards.find(hazard);
    return it != cell.hazards.end() && it->second.verdict == "found";
  });
}

CellResult Reopened(const CellResult& earlier, const CellSpec& spec, const std::vector<std::string>& listed) {
  CellResult cell = earlier;
  cell.spec = spec;
  const bool ended = Died(earlier) || earlier.exhausted || (spec.until_found && FoundAll(earlier, listed)) ||
                     (spec.executions > 0 && earlier.executions >= spec.executions) ||
                     (spec.time_s > 0 && earlier.wall_s >= spec.time_s);
  if (ended) {
    if (cell.status == "stopped") {  // it was stopped between its last execution and the word that it was the last
      cell.status = "done";
      cell.reason.clear();
      for (auto& [name, outcome] : cell.hazards) Judge(outcome, cell);
    }
    return cell;
  }
  CellResult pending = PendingCell(spec, listed);
  if (!MayBeShared(spec)) return pending;
  cell.status = pending.status;
  cell.reason = pending.reason;
  return cell;
}

}  // namespace cfgtorture::run
