#include "reports/contention.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "absl/strings/str_cat.h"
#include "harness/result/place.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kPoints = 4;  // as lock_stat shows

Points PointsOf(const LockResult& lock, uint64_t (*count_of)(const LockSite&)) {
  std::map<std::string, uint64_t> counts;
  for (const LockSite& site : lock.sites) {
    if (const uint64_t count = count_of(site); count != 0) counts[CallerOf(site.stack)] += count;
  }
  Points points(counts.begin(), counts.end());
  std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (points.size() > kPoints) points.resize(kPoints);
  return points;
}

std::string Fixed(double value) {
  char buffer[400];  // DBL_MAX has 309 digits
  std::snprintf(buffer, sizeof buffer, "%.2f", value);
  return buffer;
}

}  // namespace

bool IsModelled(const CellResult& cell) { return cell.metrics.find("modelled_ns") != cell.metrics.end(); }

std::string CallerOf(const std::vector<Frame>& stack) {
  const Frame* caller = nullptr;
  for (const Frame& frame : stack) {
    if (caller == nullptr || IsKernelWords(caller->file) || IsLibrarys(caller->file)) caller = &frame;
  }
  if (caller == nullptr) return "[unknown]";
  if (caller->function.empty()) return absl::StrCat(caller->module, "+0x", absl::Hex(caller->offset));
  return caller->file.empty() ? caller->function
                              : absl::StrCat(caller->function, " (", caller->file, ":", caller->line, ")");
}

std::string StatNameOf(const LockResult& lock) {
  return lock.side.empty() ? lock.name : absl::StrCat(lock.name, "-", lock.side);
}

Points ContentionPoints(const LockResult& lock) {
  return PointsOf(lock, [](const LockSite& site) { return site.stat.contentions; });
}

Points ContendedPoints(const LockResult& lock) {
  return PointsOf(lock, [](const LockSite& site) { return site.made_wait; });
}

std::vector<PerfRow> PerfRowsOf(const std::vector<const CellResult*>& cells) {
  std::map<std::pair<std::string, std::string>, PerfRow> rows;
  for (const CellResult* cell : cells) {
    for (const LockResult& lock : cell->locks) {
      for (const LockSite& site : lock.sites) {
        if (site.stat.contentions == 0) continue;
        const std::string caller = CallerOf(site.stack);
        PerfRow& row = rows[{lock.type, caller}];
        row.type = lock.type;
        row.caller = caller;
        row.contended += site.stat.contentions;
        row.total_ns += site.stat.waittime_total_ns;
        row.max_ns = std::max(row.max_ns, site.stat.waittime_max_ns);
      }
    }
  }
  std::vector<PerfRow> sorted;
  sorted.reserve(rows.size());
  for (auto& [key, row] : rows) sorted.push_back(std::move(row));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const PerfRow& a, const PerfRow& b) { return a.total_ns > b.total_ns; });
  return sorted;
}

std::string Microseconds(double ns) { return Fixed(ns / 1000); }

std::string PerfTime(double ns) {
  if (ns >= 1e9) return Fixed(ns / 1e9) + " s ";
  if (ns >= 1e6) return Fixed(ns / 1e6) + " ms";
  if (ns >= 1e3) return Fixed(ns / 1e3) + " us";
  return absl::StrCat(static_cast<int64_t>(ns + 0.5), " ns");
}

}  // namespace cfgtorture::reports
