#include "reports/sample_result.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cfgtorture::reports {
namespace {

struct SampleProbe {
  const char* name;
  const char* hazard;
  const char* summary;
  const char* flavour = "preempt";
};
constexpr SampleProbe kProbes[] = {
    {"torn-pair", "torn-pair", "two tasks read different functions through one latch"},
    {"rmw-user", "lost-update", "the INTx helper against a user write of Command"},
    {"rmw-kernel", "lost-update", "the INTx helper against a kernel write of Command"},
    {"blocked-access", "blocked-access", "a user read against a block and its window"},
    {"transition", "transition-access", "a read against a change of the D-state"},
    {"dead-entry", "dead-entry", "one waiter, two unblockers, one of them of another function"},
    {"lock-order", "lock-order", "a wake-up against a counter read inside the scheduler"},
    {"context", "context", "a hardirq that holds a raw lock reads config space", "rt"},
    {"ops-race", "data-race", "the ops are swapped while an accessor loads them"},
};

// A letter a probe: F found, - clean, n not applicable, e not exercised, u undecided; a capital letter before * differs
// from the table.
struct SampleStrategy {
  const char* name;
  const char* verdicts;
  const char* summary;
  double rate;
};
constexpr SampleStrategy kStrategies[] = {
    {"busted", "FFFFFn--F", "no serialisation, no blocking: the control", 4.1e6},
    {"big-raw-lock", "----F----", "one raw lock, IRQs off, around every access and helper", 0.71e6},
    {"big-lock", "----F--F-", "the same, not raw", 0.69e6},
    {"bridge-locks", "--F-F---F", "each bridge brings its own lock", 1.3e6},
    {"readers", "-FF--n-F-", "accesses read a semaphore, changes write it", 0.94e6},
    {"early-wake", "----FFe--", "the waker walks the queue under another lock than the waiter links", 0.72e6},
};

Frame MakeFrame(const char* function, const char* file, int line) {
  return {"libcode.so", 0x1a40, function, file, line};
}

Finding SampleFinding(const std::string& strategy, const SampleProbe& probe, const std::string& bridge) {
  Finding finding;
  finding.id = "f1";
  finding.hazard = probe.hazard;
  finding.fingerprint = Fingerprint({strategy, probe.name});
  finding.title = absl::StrCat(probe.hazard, " in WakeUpAll / RemoveEntry: the entry at stack of task reader + 0x40");
  finding.detail =
      "The waker picked the entry before its owner unlinked it under pci_lock.\nEntry linked at step 3, unlinked at "
      "step 9.";
  finding.count = 812;
  finding.first_execution = 41;
  finding.token = "ct1-9f3c-7a21";
  finding.preemptions = 1;
  Access write{"write of 8 bytes",
               "stack of task reader + 0x40",
               "reader",
               0,
               "task",
               {"pci_lock"},
               {MakeFrame("cfgtorture::RemoveEntry", "harness/kernel/wait_queue.h", 88),
                MakeFrame("cfgtorture::(anonymous namespace)::EarlyWake::user_read", "locks/early_wake.cc", 41)}};
  Access read{"read of 8 bytes",
              "stack of task reader + 0x40",
              "unblock own",
              1,
              "task",
              {"pci_cfg_wait.lock"},
              {MakeFrame("cfgtorture::WakeUpAll", "harness/kernel/wait_queue.h", 131),
               MakeFrame("cfgtorture::(anonymous namespace)::EarlyWake::access_unlock", "locks/early_wake.cc", 73)}};
  finding.accesses = {write, read};
  struct SampleStep {
    int cpu;
    const char* text;
    const char* kind = "";
    const char* object = "";
    int line = 0;
    const char* source = "";
  };
  static constexpr SampleStep kSteps[] = {
      {0, "lock pci_lock", "take", "pci_lock", 38, "pci_lock.lock_irq();"},
      {0, "link entry, sleep", "drop", "pci_lock", 40, "pci_lock.unlock_irq();"},
      {1, "access_unlock(0000:03:00.1): wake all", "", "", 73, "wake_up_all(pci_cfg_wait);"},
      {1, "access_unlock(0000:03:00.0): flag = 0, unlock pci_lock"},
      {1, "lock pci_cfg_wait.lock, pick entry", "take", "pci_cfg_wait.lock", 73, "wake_up_all(pci_cfg_wait);"},
      {0, "lock pci_lock, flag is 0", "take", "pci_lock", 44, "pci_lock.lock_irq();"},
      {0, "unlink entry, return", "drop", "pci_lock", 46, "pci_lock.unlock_irq();"},
      {1, "call through entry", "", "", 73, "wake_up_all(pci_cfg_wait);"}};
  uint32_t number = 0;
  for (const SampleStep& step : kSteps) {
    finding.schedule.push_back({++number, step.cpu, "task", step.cpu == 0 ? "reader" : "unblock own", step.text,
                                number >= 7, step.kind, step.object});
    if (step.line == 0) continue;
    finding.schedule.back().function = step.cpu == 0 ? "EarlyWake::user_read" : "EarlyWake::access_unlock";
    finding.schedule.back().file = "locks/early_wake.cc";
    finding.schedule.back().line = step.line;
    finding.schedule.back().source = step.source;
  }
  finding.schedule.push_back({++number, 1, "hardirq", "unblock own", "mask vector 3", false, "", ""});
  finding.replay = absl::StrCat("cfgtorture replay ct1-9f3c-7a21-", bridge);
  return finding;
}

CellResult ProbeCell(const SampleStrategy& strategy, size_t column, const std::string& bridge) {
  const SampleProbe& probe = kProbes[column];
  CellResult cell;
  cell.spec.engine = "model";
  cell.spec.strategy = strategy.name;
  cell.spec.program = probe.name;
  cell.spec.kind = "probe";
  cell.spec.bridge = bridge;
  cell.spec.flavour = probe.flavour;
  cell.spec.id = absl::StrCat("model/", strategy.name, "/", probe.name, "/", bridge, "/", probe.flavour);
  cell.status = "done";
  cell.executions = 81'234 + 977 * column;
  cell.distinct = 5'120;
  cell.points = cell.executions * 41;
  cell.wall_s = 0.25;
  cell.accesses = 1'000'000;
  HazardOutcome& outcome = cell.hazards[probe.hazard];
  outcome.opportunities = 40'000;
  switch (strategy.verdicts[column]) {
    case 'F':
      outcome.verdict = outcome.expected = "found";
      outcome.hits = 812;
      outcome.fewest_preemptions = 1;
      outcome.executions_to_first = 41;
      outcome.strength = absl::StrCat("found in 812 of ", cell.executions);
      cell.findings.push_back(SampleFinding(strategy.name, probe, bridge));
      break;
    case 'n':
      outcome.verdict = outcome.expected = "not-applicable";
      outcome.opportunities = 0;
      outcome.reason = "nobody waits, so there is no wait entry";
      break;
    case 'e':
      outcome.verdict = "not-exercised";
      outcome.expected = "clean";
      outcome.opportunities = 0;
      outcome.reason = "no call overlapped the critical interval";
      break;
    default:
      outcome.verdict = outcome.expected = "clean";
      outcome.strength = absl::StrCat("clean for ", cell.executions, " executions (5120 distinct)");
  }
  outcome.agreement = "agrees";
  return cell;
}

// A peak at `typical` nanoseconds and a long tail.
std::vector<std::pair<double, uint64_t>> SampleHistogram(double typical) {
  std::vector<std::pair<double, uint64_t>> bins;
  uint64_t left = 120'000;
  for (double ns = typical / 2; left > 0; ns *= 1.19) {
    const uint64_t in_bin = ns < typical ? left / 5 : left / 3 + 1;
    bins.emplace_back(std::round(ns), in_bin);
    left -= in_bin;
  }
  return bins;
}

}  // namespace

RunResult SampleResult() {
  RunResult result;
  result.tool = {"0.1.0", "b1e55ed0c0ffee00"};
  result.environment = {"Debian GNU/Linux 12 (bookworm)",
                        "Linux 6.1.0-18-amd64",
                        "x86_64",
                        "Sample CPU at 2.0 GHz",
                        2,
                        8ull << 30,
                        "g++ 12.2.0",
                        "RelWithDebInfo",
                        "2026-01-01T00:00:00Z",
                        0.25,
                        1.75};
  result.command = {"cfgtorture", "compare", "--quick", "--out", "out/report"};
  result.seed = 1;
  for (const SampleProbe& probe : kProbes) {
    result.catalogue.programs.push_back(
        {"probe", probe.name, probe.summary, {}, {probe.hazard}, {probe.flavour}, {}, true});
  }
  for (const char* workload : {"hot-plug", "interrupts"}) {
    result.catalogue.programs.push_back(
        {"workload", workload, "a made-up load", {}, {"data-race", "use-after-remove"}, {"preempt"}, {}, true});
  }
  for (const SampleStrategy& strategy : kStrategies) {
    result.catalogue.strategies.push_back({strategy.name, strategy.summary, {}, ""});
    for (size_t column = 0; column < std::size(kProbes); ++column) {
      for (const char* bridge : {"x86", "indirect"}) result.cells.push_back(ProbeCell(strategy, column, bridge));
    }
  }
  for (const char* workload : {"hot-plug", "interrupts"}) {
    for (const SampleStrategy& strategy : kStrategies) {
      CellResult cell;
      cell.spec.engine = "native";
      cell.spec.strategy = strategy.name;
      cell.spec.program = workload;
      cell.spec.kind = "workload";
      cell.spec.id = absl::StrCat("native/", strategy.name, "/", workload, "/x86/preempt");
      cell.status = "done";
      cell.wall_s = 0.25;
      const double slow = 4.5e6 / strategy.rate;
      cell.metrics = {{"operations_per_s", strategy.rate},
                      {"irqs_off_max_ns", 1800 * slow},
                      {"fairness_jain", 0.97},
                      {"assumed_port_ns", 1000},
                      {"time_scale", 100}};
      cell.operations = {
          {"read", 120'000, 210 * slow, 900 * slow, 4200 * slow, 51'000, SampleHistogram(210 * slow)},
          {"user_write", 9'000, 260 * slow, 1'100 * slow, 5'200 * slow, 71'000, SampleHistogram(260 * slow)}};
      cell.irqs_off_max = {
          {1800 * slow, "vmm", 1, "task", {MakeFrame("cfgtorture::Sample::read", "locks/sample.cc", 7)}}};
      result.cells.push_back(cell);

      CellResult one_thread = cell;
      one_thread.spec.threads = 1;
      one_thread.spec.id += "/1";
      one_thread.metrics["operations_per_s"] = strategy.rate * 1.6;
      result.cells.push_back(one_thread);

      CellResult checked = cell;
      checked.spec.engine = "checked";
      checked.spec.id = absl::StrCat("checked/", strategy.name, "/", workload, "/x86/preempt");
      checked.operations.clear();
      checked.metrics.clear();
      if (slow > 2) {
        LockResult lock;
        lock.name = "pci_lock";
        lock.type = "spinlock";
        lock.stat.contentions = 4'000;
        lock.stat.waittime_max_ns = 90'000 * slow;
        lock.stat.waittime_total_ns = 31e6 * slow;
        lock.stat.acquisitions = 60'000;
        lock.stat.holdtime_max_ns = 7'000;
        lock.stat.holdtime_total_ns = 24e6 * slow;
        lock.threads = 2;
        lock.longest_run = 40;
        LockSite site;
        site.stack = {MakeFrame("cfgtorture::RawSpinlock::lock", "harness/kernel/raw_spinlock.h", 32),
                      MakeFrame("cfgtorture::Sample::read", "locks/sample.cc", 7)};
        site.stat = lock.stat;
        site.made_wait = 3'900;
        lock.sites = {site};
        checked.locks = {lock};
      }
      HazardOutcome& seen = checked.hazards["use-after-remove"];
      seen.verdict = "clean";
      seen.expected = seen.agreement = "";
      seen.opportunities = 10;
      result.cells.push_back(checked);

      cell.spec.engine = "tsan";
      cell.spec.id = absl::StrCat("tsan/", strategy.name, "/", workload, "/x86/preempt");
      cell.metrics.clear();
      cell.operations.clear();
      HazardOutcome& race = cell.hazards["data-race"];
      race.opportunities = 512;
      race.expected = "absent";
      race.verdict = std::string(strategy.name) == "busted" ? "found" : "clean";
      race.hits = race.verdict == "found" ? 7 : 0;
      if (race.verdict == "found") race.expected = "may-be-found";
      HazardOutcome& idle = cell.hazards["use-after-remove"];
      idle.verdict = "not-exercised";
      idle.expected = "absent";
      idle.agreement = "agrees";
      result.cells.push_back(cell);
    }
  }
  // One verdict that differs, one cell that crashed.
  for (CellResult& cell : result.cells) {
    if (cell.spec.strategy == "early-wake" && cell.spec.program == "lock-order") {
      cell.hazards["lock-order"].agreement = "disagrees";
      result.summary.disagreements.push_back(
          {cell.spec.id, "lock-order", "not-exercised", "clean", "wakes after the lock is dropped"});
    }
  }
  result.cells.back().status = "crashed";
  result.cells.back().reason = "signal 11 (Segmentation fault) after 0.1 s";
  result.summary.outcome = "differs";
  result.summary.exit_status = 1;
  result.summary.text = "2 verdicts differ from the expected table.";
  result.summary.wall_s = 48.2;
  result.summary.control = {"busted", {"torn-pair", "lost-update", "blocked-access", "transition-access"}, {}};
  result.summary.left_out = {"bridges cf8 and ecam", "memory models beyond sc"};
  return result;
}

}  // namespace cfgtorture::reports
