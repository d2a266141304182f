#include "harness/measure/lock_summary.h"

#include "harness/measure/fairness.h"

namespace cfgtorture::measure {

double LockSummary::Jain() const {
  std::vector<uint64_t> shares;
  for (const auto& [thread, count] : competitors) shares.push_back(count);
  return JainIndex(shares);
}

uint64_t LockSummary::Most() const {
  uint64_t most = 0;
  for (const auto& [thread, count] : competitors) most = std::max(most, count);
  return most;
}

uint64_t LockSummary::Fewest() const {
  uint64_t fewest = Most();
  for (const auto& [thread, count] : competitors) fewest = std::min(fewest, count);
  return fewest;
}

void LockSummaries::AddRow(uint32_t thread, const LockTable::Row& row, uint32_t group) {
  LockSummary& summary = summaries_[{group, row.shared}];
  summary.figures.Add(row.figures);
  summary.sites[{row.site.pcs[0], row.site.pcs[1]}].figures.Add(row.figures);
  acquisitions_[group][thread] += row.figures.acquisitions;
  if (row.figures.wait.count != 0) competed_[group].insert(thread);
}

void LockSummaries::AddPair(const LockTable::Pair& pair, uint32_t group) {
  summaries_[{group, pair.shared}].sites[{pair.holder.pcs[0], pair.holder.pcs[1]}].made_wait.Add(pair.wait);
  competed_[group].insert(pair.thread);
}

std::map<LockKey, LockSummary> LockSummaries::Finish() const {
  std::map<LockKey, LockSummary> summaries = summaries_;
  for (auto& [key, summary] : summaries) {
    if (const auto run = runs_.find(key.group); run != runs_.end() && !key.shared) summary.longest_run = run->second;
    const auto competed = competed_.find(key.group);
    if (competed == competed_.end()) continue;
    const auto acquisitions = acquisitions_.find(key.group);
    for (const uint32_t thread : competed->second) {
      uint64_t& count = summary.competitors[thread];
      if (acquisitions == acquisitions_.end()) continue;
      if (const auto it = acquisitions->second.find(thread); it != acquisitions->second.end()) count = it->second;
    }
  }
  return summaries;
}

}  // namespace cfgtorture::measure
