#include "harness/native/outcome.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/measure/fairness.h"
#include "harness/native/lock_events.h"
#include "harness/native/races.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"
#include "harness/native/violations.h"
#include "harness/pci/hardware/machine.h"
#include "harness/run/plugin_loader.h"

namespace cfgtorture::native {
namespace {

bool HasHardwareMonitor(Hazard hazard) {
  switch (hazard) {
    case Hazard::kTornPair:
    case Hazard::kLostUpdate:
    case Hazard::kTornMessage:
    case Hazard::kBlockedAccess:
    case Hazard::kTransitionAccess:
    case Hazard::kUseAfterRemove:
      return true;
    default:
      return false;
  }
}

// Names and lines are the front end's to find: it has the symbols.
Frame FrameOf(uintptr_t pc) {
  Frame frame;
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(pc), &info) == 0) return frame;
  const std::string path = info.dli_fname == nullptr ? "" : info.dli_fname;
  frame.module = path.substr(path.rfind('/') + 1);
  // libtsan gives return addresses; the call or access is before.
  frame.offset = pc - 1 - reinterpret_cast<uintptr_t>(info.dli_fbase);
  return frame;
}

std::string WhatOf(const RaceAccess& access) {
  return absl::StrCat(access.is_atomic ? "atomic " : "", access.is_write ? "write" : "read", " of ", access.size,
                      access.size == 1 ? " byte" : " bytes");
}

Access AccessOf(const RaceAccess& race, const run::LoadedPlugin& loaded) {
  Access access;
  access.what = WhatOf(race);
  access.location = race.address >= loaded.data_begin && race.address < loaded.data_end
                        ? run::GlobalAt(loaded.path, race.address - loaded.base)
                        : "heap or stack";
  access.task = race.thread;
  access.context = "task";
  const size_t colon = race.thread.rfind(':');  // "reader:3", as threads.cc names it
  if (colon != std::string::npos) {
    const Task* task = FindTask(static_cast<engine::TaskId>(std::atoi(race.thread.c_str() + colon + 1)));
    if (task != nullptr) {
      access.task = task->name;
      access.cpu = task->cpu->number;
    }
  }
  for (const char* context : {"hardirq", "softirq"}) {
    if (race.thread.find(context) == std::string::npos) continue;
    access.context = context;
    access.cpu = std::atoi(race.thread.c_str() + 3);  // "CPU3 hardirq"
  }
  access.locks_held = race.locks;
  access.stack = CodeFrames(loaded, race.stack.data(), race.stack.size());
  return access;
}

void AddRaces(const run::LoadedPlugin& loaded, std::vector<Finding>& findings) {
  std::vector<std::vector<uint64_t>> known;  // pairs of sites already among the findings
  const size_t first = findings.size();
  for (const RaceReport& race : KeptRaces()) {
    Finding finding;
    const bool freed = race.kind.find("use-after-free") != std::string::npos;
    finding.hazard = NameOf(freed ? Hazard::kUseAfterFree : Hazard::kDataRace);
    std::vector<uint64_t> sites = {freed ? uint64_t{1} : uint64_t{0}};
    for (const RaceAccess& access : race.accesses) {
      finding.accesses.push_back(AccessOf(access, loaded));
      const std::vector<Frame>& stack = finding.accesses.back().stack;
      sites.push_back(stack.empty() ? 0 : stack.front().offset);
    }
    std::sort(sites.begin() + 1, sites.end());  // who came first is chance
    const auto same = std::find(known.begin(), known.end(), sites);
    if (same != known.end()) {
      ++findings[first + static_cast<size_t>(same - known.begin())].count;
      continue;
    }
    known.push_back(std::move(sites));
    finding.title = absl::StrCat(freed ? "use after free: " : "data race: ", finding.accesses[0].what);
    if (finding.accesses.size() > 1) absl::StrAppend(&finding.title, " against ", finding.accesses[1].what);
    absl::StrAppend(&finding.title, ", ", finding.accesses[0].location);
    finding.detail = "Reported by libtsan of a run on real threads: no happens-before orders the two.";
    findings.push_back(std::move(finding));
  }
}

void AddMonitorHits(std::vector<Finding>& findings) {
  int count = 0;
  const hw::MonitorHit* hits = hw::StoredHits(&count);
  for (int i = 0; i < count; ++i) {
    const hw::MonitorHit& hit = hits[i];
    Finding finding;
    finding.hazard = NameOf(hit.hazard);
    finding.title = absl::StrCat(hw::NameOf(hit.call), " of ", hw::Function(hit.function).name, ": ", hit.text);
    Access access;
    access.what = hw::NameOf(hit.call);
    access.location = hw::Function(hit.function).name;
    finding.accesses.push_back(std::move(access));
    findings.push_back(std::move(finding));
  }
}

void Fill(HazardOutcome& outcome, uint64_t hits, uint64_t opportunities, double wall_s) {
  outcome.hits = hits;
  outcome.opportunities = opportunities;
  if (hits != 0) {
    outcome.verdict = "found";
    outcome.strength = absl::StrFormat("%d times in %.2f s", hits, wall_s);
    outcome.reason.clear();
  } else if (opportunities == 0) {
    outcome.verdict = "not-exercised";
    outcome.strength = absl::StrFormat("%.2f s", wall_s);
    outcome.reason = "no opportunity arose";
  } else {
    outcome.verdict = "clean";
    outcome.strength = absl::StrFormat("not seen in %.2f s", wall_s);
    outcome.reason.clear();
  }
}

// To three significant digits, so that the JSON is short.
double Rounded(double value) {
  if (!(value > 0)) return 0;
  const double unit = std::pow(10, std::floor(std::log10(value)) - 2);
  return unit >= 1 ? std::round(value / unit) * unit : std::round(value * std::round(1 / unit)) / std::round(1 / unit);
}

}  // namespace

void FillHazards(uint64_t mask, uint64_t deadlocks, CellResult& result) {
  for (int i = 0; i < kHazardCount; ++i) {
    const Hazard hazard = static_cast<Hazard>(i);
    const bool listed = (mask >> i & 1) != 0;
    uint64_t hits = 0, opportunities = 0;
    bool seen = false;  // by this worker, in principle
    if (HasHardwareMonitor(hazard)) {
      const hw::MonitorCount count = hw::Monitor(hazard);
      hits = count.hits;
      opportunities = count.opportunities;
      seen = true;
    } else if (hazard == Hazard::kDeadlock) {
      hits = deadlocks;
      opportunities = TotalProgress();
      seen = true;
    } else if (hazard == Hazard::kDataRace && run::kWantsInstrumented) {
      hits = RacesReported();
      opportunities = AccessesSeen();
      seen = true;
    }
    const Judgement judgement = JudgementOf(hazard);
    hits += judgement.hits;
    opportunities += judgement.opportunities;
    seen = seen || judgement.judged;
    for (const ViolationCount& violation : Violations()) {
      if (violation.hazard == hazard) hits += violation.count;
    }
    if (hits == 0 && !(listed && seen)) continue;
    Fill(result.hazards[std::string(NameOf(hazard))], hits, opportunities, result.wall_s);
  }
}

void FillOperations(double ns_per_tick, CellResult& result) {
  const auto to_ns = [&](uint64_t ticks) { return static_cast<double>(ticks) * ns_per_tick; };
  result.operations.clear();
  const auto add = [&](const std::string& name, const measure::Histogram& latency) {
    OperationMetric metric;
    metric.operation = name;
    metric.count = latency.Count();
    metric.p50_ns = to_ns(latency.AtFraction(0.5));
    metric.p99_ns = to_ns(latency.AtFraction(0.99));
    metric.p999_ns = to_ns(latency.AtFraction(0.999));
    metric.max_ns = to_ns(latency.Max());
    for (const auto& [ticks, in_bin] : latency.Coarse()) {
      // Three digits are finer than the bins.
      metric.histogram.emplace_back(Rounded(to_ns(ticks)), in_bin);
    }
    result.operations.push_back(std::move(metric));
  };
  // A call in all contexts; then what interrupts do of it, and, if tasks do it too, what they do.
  struct InContext {
    engine::Context context;
    const char* name;
  };
  static constexpr InContext kInContexts[] = {{engine::Context::kTask, " in a task"},
                                              {engine::Context::kSoftirq, " in softirq"},
                                              {engine::Context::kHardirq, " in hardirq"}};
  // Once for all calls: each is a page-wise visit to the kernel.
  const auto all = std::make_unique<measure::Histogram>();
  const auto of = std::make_unique<std::array<measure::Histogram, std::size(kInContexts)>>();
  for (int i = 0; i < hw::kCallCount; ++i) {
    const auto call = static_cast<hw::Call>(i);
    all->Clear();
    for (size_t k = 0; k < std::size(kInContexts); ++k) {
      (*of)[k].Clear();
      AddLatencies(call, kInContexts[k].context, (*of)[k]);
      all->Add((*of)[k]);
    }
    if (all->Empty()) continue;
    add(hw::NameOf(call), *all);
    if ((*of)[0].Count() == all->Count()) continue;
    for (size_t k = 0; k < std::size(kInContexts); ++k) {
      if (!(*of)[k].Empty()) add(absl::StrCat(hw::NameOf(call), kInContexts[k].name), (*of)[k]);
    }
  }
}

void FillMeasurements(double ns_per_tick, const Window& window, CellResult& result) {
  const auto to_ns = [&](uint64_t ticks) { return static_cast<double>(ticks) * ns_per_tick; };
  FillOperations(ns_per_tick, result);
  const measure::Interval operations = window.operations_per_s();
  const measure::Interval interrupts = window.interrupts_per_s();
  result.metrics["measured_s"] = window.seconds();
  result.metrics["operations_per_s"] = operations.mean;
  result.metrics["operations_per_s_ci95"] = operations.half_width;
  result.metrics["interrupts_per_s"] = interrupts.mean;
  result.metrics["interrupts_per_s_ci95"] = interrupts.half_width;
  result.metrics["irqs_off_max_ns"] = to_ns(LongestIrqsOffTicks());
  result.metrics["irqs_off_flagged"] = static_cast<double>(FlaggedIrqsOffSections());
  result.metrics["fairness_jain"] = measure::JainIndex(OperationsOfTasks());
}

std::vector<Frame> CodeFrames(const run::LoadedPlugin& loaded, const uintptr_t* pcs, size_t count) {
  std::vector<Frame> frames;
  for (const uintptr_t* pc = pcs; pc != pcs + count; ++pc) {
    if (*pc >= loaded.text_begin && *pc < loaded.text_end) frames.push_back(FrameOf(*pc));
  }
  return frames;
}

void FillLocks(const run::LoadedPlugin& loaded, double ns_per_tick, CellResult& result) {
  result.locks = LockResults(loaded, ns_per_tick);
  if (!result.locks.empty()) {
    result.metrics["lock_events_dropped"] = static_cast<double>(LockEventsDropped());
    result.metrics["observer_ns_per_acquisition"] = ObserverNsPerAcquisition(ns_per_tick);
  }
  const Task* task = LongestIrqsOffTask();
  if (task == nullptr) return;
  const IrqsOffPlace& place = task->irqs_off_place;
  IrqsOffSection section;
  section.ns = static_cast<double>(task->irqs_off_meter.longest_ticks()) * ns_per_tick;
  section.task = task->name;
  section.cpu = task->cpu->number;
  section.context = place.context == engine::Context::kHardirq   ? "hardirq"
                    : place.context == engine::Context::kSoftirq ? "softirq"
                                                                 : "task";
  section.stack = CodeFrames(loaded, place.pcs.data(), place.depth);
  result.irqs_off_max = {std::move(section)};
}

std::vector<Finding> FindingsOf(const run::LoadedPlugin& loaded) {
  std::vector<Finding> findings;
  AddMonitorHits(findings);
  for (const ViolationCount& violation : Violations()) {
    Finding finding;
    finding.hazard = NameOf(violation.hazard);
    finding.title = violation.text;
    finding.count = violation.count;
    findings.push_back(std::move(finding));
  }
  AddRaces(loaded, findings);
  for (Finding& finding : JudgeFindings()) {
    ForEachStack(finding, [&](std::vector<Frame>& stack) {
      std::vector<uintptr_t> pcs;
      for (const Frame& frame : stack) pcs.push_back(frame.offset);
      stack = CodeFrames(loaded, pcs.data(), pcs.size());
    });
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace cfgtorture::native
