// reports/overview.h: the answer, before its evidence: what each strategy was convicted of beside what it costs, each
// hazard with those that show it, and a sentence of advice for each use.
//
// Advice is drawn from verdicts, figures and what a strategy refuses. A use is bridges, flavours and whether interrupts
// reach config access; no strategy is known here.
#ifndef CFGTORTURE_REPORTS_OVERVIEW_H_
#define CFGTORTURE_REPORTS_OVERVIEW_H_

#include <cstddef>
#include <string>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

// Measured figures of one strategy over those settings (workload, bridge, threads) that most strategies share, so that
// rows compare. NaN where the strategy lacks one of them.
struct Cost {
  double operations_per_s;  // geometric mean
  double error;             // of its logarithm, half of the 95 % interval; 0 if the run has no intervals
  double p999_ns;           // the worst setting's, of the operation that all have
  double irqs_off_max_ns;   // the worst setting's
  double fairness;          // the worst setting's
};

struct OverviewRow {
  std::string strategy;
  std::string summary;
  bool control = false;
  std::vector<std::string> convicted;  // probes
  size_t unknown = 0;                  // probes without a verdict
  size_t probes = 0;                   // that can say something of it
  Cost cost;
};

struct Overview {
  std::vector<OverviewRow> rows;        // fewest convictions first, then the faster
  std::vector<std::string> all_guilty;  // probes that convict every strategy but the control: no choice helps there
  size_t settings = 0;                  // that the costs are over
  std::string operation;                // whose latency they show
  std::vector<std::string> workloads;   // of these
  bool measured() const { return settings > 0; }
};
Overview MakeOverview(const RunResult& result);

// A hazard over all probes: who shows it.
struct HazardRow {
  std::string hazard;
  std::vector<std::string> found, clean, unknown;  // strategies, the control apart
  bool control_found = false;
};
std::vector<HazardRow> MakeHazardRows(const RunResult& result);  // found by most first

struct Advice {
  std::string use;       // "x86 server"
  std::string of;        // what that is: "bridge x86, preemptible kernel"
  std::string strategy;  // "" where none is named
  std::string about;     // what that one does, by its own file
  std::string sentence;
  std::string evidence;
};
std::vector<Advice> MakeAdvice(const RunResult& result);  // empty if no probe was explored

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_OVERVIEW_H_
