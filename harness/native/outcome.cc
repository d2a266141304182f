#include "harness/native/outcome.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/measure/fairness.h"
#include "harness/native/races.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"
#include "harness/native/violations.h"
#include "harness/pci/hardware/machine.h"

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

Frame FrameOf(uintptr_t pc) {
  Frame frame;
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(pc), &info) == 0) return frame;
  const std::string path = info.dli_fname == nullptr ? "" : info.dli_fname;
  frame.module = path.substr(path.rfind('/') + 1);
  frame.offset = pc - reinterpret_cast<uintptr_t>(info.dli_fbase);
  if (info.dli_sname != nullptr) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), &std::free);
    frame.function = status == 0 ? name.get() : info.dli_sname;
  }
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
                        ? absl::StrFormat("global at + 0x%x", race.address - loaded.base)
                        : "heap or stack";
  access.task = race.thread;
  access.context = "task";
  for (const char* context : {"hardirq", "softirq"}) {
    if (race.thread.find(context) == std::string::npos) continue;
    access.context = context;
    access.cpu = std::atoi(race.thread.c_str() + 3);  // "CPU3 hardirq"
  }
  for (const uintptr_t pc : race.stack) {
    // What lies below the code under test is the harness that called it.
    if (pc >= loaded.text_begin && pc < loaded.text_end) access.stack.push_back(FrameOf(pc));
  }
  return access;
}

std::string TopOf(const Access& access) {
  const Frame& top = access.stack.front();
  return top.function.empty() ? absl::StrFormat("%s+0x%x", top.module, top.offset) : top.function;
}

void AddRaces(const run::LoadedPlugin& loaded, std::vector<Finding>& findings) {
  for (const RaceReport& race : KeptRaces()) {
    Finding finding;
    finding.hazard = NameOf(race.kind.find("use-after-free") != std::string::npos ? Hazard::kUseAfterFree
                                                                                  : Hazard::kDataRace);
    std::vector<std::string> tops;
    for (const RaceAccess& access : race.accesses) {
      Access converted = AccessOf(access, loaded);
      if (converted.stack.empty()) continue;
      tops.push_back(TopOf(converted));
      finding.accesses.push_back(std::move(converted));
    }
    if (finding.accesses.empty()) continue;  // none of the code under test
    finding.title =
        absl::StrCat(finding.hazard == NameOf(Hazard::kDataRace) ? "data race: " : "use after free: ",
                     finding.accesses[0].what, " in ", tops[0]);
    if (finding.accesses.size() > 1) {
      absl::StrAppend(&finding.title, " against ", finding.accesses[1].what, " in ", tops[1]);
    }
    finding.detail = "Reported by libtsan of a run on real threads: no happens-before orders the two.";
    std::sort(tops.begin(), tops.end());
    tops.insert(tops.begin(), finding.hazard);
    finding.fingerprint = Fingerprint(tops);
    const auto same = std::find_if(findings.begin(), findings.end(),
                                   [&](const Finding& other) { return other.fingerprint == finding.fingerprint; });
    if (same != findings.end()) {
      ++same->count;
    } else {
      findings.push_back(std::move(finding));
    }
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
    finding.fingerprint = Fingerprint({finding.hazard, hw::NameOf(hit.call), hw::NameOf(hit.other_call)});
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
    for (const ViolationCount& violation : Violations()) {
      if (violation.hazard == hazard) hits += violation.count;
    }
    if (hits == 0 && !(listed && seen)) continue;
    Fill(result.hazards[std::string(NameOf(hazard))], hits, opportunities, result.wall_s);
  }
}

void FillMeasurements(double ns_per_tick, CellResult& result) {
  const auto to_ns = [&](uint64_t ticks) { return static_cast<double>(ticks) * ns_per_tick; };
  result.operations.clear();
  for (int i = 0; i < hw::kCallCount; ++i) {
    const auto call = static_cast<hw::Call>(i);
    const auto latency = std::make_unique<measure::Histogram>();
    AddLatencies(call, *latency);
    const uint64_t count = latency->Count();
    if (count == 0) continue;
    result.operations.push_back({hw::NameOf(call), count, to_ns(latency->AtFraction(0.5)),
                                 to_ns(latency->AtFraction(0.99)), to_ns(latency->AtFraction(0.999)),
                                 to_ns(latency->Max())});
  }
  const double wall_s = result.wall_s > 0 ? result.wall_s : 1;
  result.metrics["operations_per_s"] = static_cast<double>(TotalOperations()) / wall_s;
  result.metrics["interrupts_per_s"] = static_cast<double>(Interrupts()) / wall_s;
  result.metrics["irqs_off_max_ns"] = to_ns(LongestIrqsOffTicks());
  result.metrics["irqs_off_flagged"] = static_cast<double>(FlaggedIrqsOffSections());
  result.metrics["fairness_jain"] = measure::JainIndex(OperationsOfTasks());
}

std::vector<Finding> FindingsOf(const run::LoadedPlugin& loaded) {
  std::vector<Finding> findings;
  AddMonitorHits(findings);
  for (const ViolationCount& violation : Violations()) {
    Finding finding;
    finding.hazard = NameOf(violation.hazard);
    finding.title = violation.text;
    finding.count = violation.count;
    finding.fingerprint = Fingerprint({finding.hazard, violation.text});
    findings.push_back(std::move(finding));
  }
  AddRaces(loaded, findings);
  return findings;
}

}  // namespace cfgtorture::native
