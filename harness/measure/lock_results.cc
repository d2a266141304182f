#include "harness/measure/lock_results.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace cfgtorture::measure {
namespace {

constexpr size_t kMostInstances = 16;  // of a class, in a result
constexpr size_t kMostSites = 64;

struct ToNs {
  double ns_per_tick;
  double operator()(uint64_t ticks) const { return static_cast<double>(ticks) * ns_per_tick; }
  double Average(const Times& times) const {
    return times.count == 0 ? 0 : (*this)(times.total) / static_cast<double>(times.count);
  }
};

LockStat StatOf(const LockFigures& figures, ToNs to_ns) {
  LockStat stat;
  stat.con_bounces = figures.contention_bounces;
  stat.contentions = figures.wait.count;
  stat.waittime_min_ns = to_ns(figures.wait.min);
  stat.waittime_max_ns = to_ns(figures.wait.max);
  stat.waittime_total_ns = to_ns(figures.wait.total);
  stat.waittime_avg_ns = to_ns.Average(figures.wait);
  stat.acq_bounces = figures.acquisition_bounces;
  stat.acquisitions = figures.acquisitions;
  stat.holdtime_min_ns = to_ns(figures.hold.min);
  stat.holdtime_max_ns = to_ns(figures.hold.max);
  stat.holdtime_total_ns = to_ns(figures.hold.total);
  stat.holdtime_avg_ns = to_ns.Average(figures.hold);
  return stat;
}

LockResult ResultOf(const LockNames::Class& lock_class, bool shared, bool has_readers, const LockSummary& summary,
                    ToNs to_ns, bool rt) {
  LockResult result;
  result.name = lock_class.name;
  if (lock_class.subclass != 0) result.name += "/" + std::to_string(lock_class.subclass);
  if (has_readers) result.side = shared ? "R" : "W";
  // Only who is read-locked shows that a sleeping lock is an rw_semaphore: observer.h does not tell.
  switch (lock_class.type) {
    case observer::WaitType::kSleep:
      result.type = !has_readers ? "mutex" : shared ? "rwsem:R" : "rwsem:W";
      break;
    case observer::WaitType::kConfig:
      result.type = rt ? "rt-mutex" : "spinlock";
      break;
    default:
      result.type = "spinlock";
  }
  result.stat = StatOf(summary.figures, to_ns);
  result.longest_wait_acquisitions = summary.figures.longest_wait_acquisitions;
  result.longest_run = summary.longest_run;
  result.threads = summary.competitors.size();
  result.acquisitions_most = summary.Most();
  result.acquisitions_fewest = summary.Fewest();
  result.fairness_jain = summary.Jain();
  return result;
}

void AddSites(const LockSummary& summary, const LockNames& names, ToNs to_ns,
              std::vector<cfgtorture::LockSite>& sites) {
  for (const auto& [pcs, of_site] : summary.sites) {
    cfgtorture::LockSite site;
    const uintptr_t chain[] = {pcs.first, pcs.second};
    site.stack = names.frames_of(chain, 2);
    site.stat = StatOf(of_site.figures, to_ns);
    site.made_wait = of_site.made_wait.count;
    site.made_wait_total_ns = to_ns(of_site.made_wait.total);
    sites.push_back(std::move(site));
  }
  std::sort(sites.begin(), sites.end(), [](const cfgtorture::LockSite& a, const cfgtorture::LockSite& b) {
    const double cost_a = a.stat.waittime_total_ns + a.made_wait_total_ns;
    const double cost_b = b.stat.waittime_total_ns + b.made_wait_total_ns;
    return cost_a != cost_b ? cost_a > cost_b : a.stat.acquisitions > b.stat.acquisitions;
  });
  if (sites.size() > kMostSites) sites.resize(kMostSites);
}

bool CostsMore(const LockResult& a, const LockResult& b) {
  if (a.stat.waittime_total_ns != b.stat.waittime_total_ns) return a.stat.waittime_total_ns > b.stat.waittime_total_ns;
  return a.stat.acquisitions > b.stat.acquisitions;
}

}  // namespace

void LockResults::Add(uint32_t thread, const LockTable& table) {
  by_class_.Add(thread, table, [this](uint32_t lock) { return names_.lock_of(lock).lock_class; });
  by_lock_.Add(thread, table, [](uint32_t lock) { return lock; });
}

void LockResults::Add(uint32_t lock, const LockRecord& record) {
  const uint64_t longest = record.longest_run.load(std::memory_order_relaxed);
  by_class_.AddRun(names_.lock_of(lock).lock_class, longest);
  by_lock_.AddRun(lock, longest);
}

std::vector<LockResult> LockResults::Finish() const {
  const ToNs to_ns{names_.ns_per_tick};
  const std::map<LockKey, LockSummary> classes = by_class_.Finish(), instances = by_lock_.Finish();
  std::vector<std::pair<LockResult, std::vector<LockResult>>> found;
  for (const auto& [key, summary] : classes) {
    const LockNames::Class lock_class = names_.class_of(key.group);
    const bool has_readers = classes.contains({key.group, true});
    LockResult total = ResultOf(lock_class, key.shared, has_readers, summary, to_ns, names_.rt);
    total.instances = lock_class.instances;
    AddSites(summary, names_, to_ns, total.sites);
    std::vector<LockResult> single;
    for (const auto& [of, figures] : instances) {
      const LockNames::Lock lock = names_.lock_of(of.group);
      if (lock.lock_class != key.group || of.shared != key.shared) continue;
      single.push_back(ResultOf(lock_class, key.shared, has_readers, figures, to_ns, names_.rt));
      single.back().instance = "#" + std::to_string(lock.ordinal);
    }
    std::sort(single.begin(), single.end(), CostsMore);
    if (single.size() > kMostInstances) single.resize(kMostInstances);
    found.emplace_back(std::move(total), std::move(single));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return CostsMore(a.first, b.first); });
  std::vector<LockResult> results;
  for (auto& [total, single] : found) {
    results.push_back(std::move(total));
    for (LockResult& one : single) results.push_back(std::move(one));
  }
  return results;
}

}  // namespace cfgtorture::measure
