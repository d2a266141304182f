// harness/result/cell.h: one cell's specification, outcome and findings, and their JSON.
//
// The front end writes a CellSpec to a worker's stdin as one line of JSON. The worker answers on stdout with lines of
// JSON, each an object with "type":
//   {"type":"hello","build_id":"...","worker":"model"}                       once, first
//   {"type":"progress","executions":N,"points":N,"wall_s":S,"hazards":{...},"metrics":{...},...}
//                                       at least twice a second: what a killed worker leaves behind; members of a
//                                       CellResult, and "finding_counts":{"f1":N}: how often each was seen so far
//   {"type":"finding","finding":{Finding}}            as soon as it is known
//   {"type":"cell","cell":{CellResult without findings}}                      once, last
//   {"type":"trace","text":"..."}       rows of a recorded execution, where the spec asks for them
// A worker's own failure is one line on stderr and exit status 3; bad input in the spec is exit status 2.
#ifndef CFGTORTURE_HARNESS_RESULT_CELL_H_
#define CFGTORTURE_HARNESS_RESULT_CELL_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/result/hazard.h"
#include "nlohmann/json_fwd.hpp"  // who reads or writes one includes json.hpp, 25,000 lines that most need not

namespace cfgtorture {

using Json = nlohmann::ordered_json;  // fields keep the order in which they are written: results diff well

struct CellSpec {
  std::string id;                // unique in a run: "model/waitqueue-v4.11/dead-entry/x86/preempt"
  std::string engine = "model";  // native, checked, tsan, model: which worker
  std::string plugin;            // path of the shared object of the code under test
  std::string strategy;          // "" where the program needs none
  std::string program;           // workload, probe or scenario
  std::string kind;              // "workload", "probe", "scenario"
  std::string argument;          // "ticket:3x2" of lock-counter:ticket:3x2
  std::string side;              // scenario: buggy, fixed
  std::string options;           // weights, rates and patterns other than the catalogue's: "NAME=NUMBER,NAME=NUMBER"
  std::string bridge = "x86";
  std::string spin;                 // spin algorithm, "" for the default
  std::string flavour = "preempt";  // voluntary, preempt, rt
  std::string topology;             // path of lspci text; "" for the program's own
  uint32_t threads = 2;
  std::map<std::string, uint32_t> latencies;  // of the bridge, in place of its defaults (hw::kLatencyTable)
  // Model
  std::string memory = "sc";
  std::string explorer = "random";
  uint64_t seed = 1;
  uint64_t first_execution = 0;  // executions are numbered first_execution, +1, ...: each has a seed of its own
  uint64_t executions = 0;       // 0: no limit
  double time_s = 0;             // 0: no limit
  uint32_t ops = 3;              // rounds of KeepGoing() a task
  bool until_found = false;      // stop once every hazard of the program's list was found
  bool until_any = false;        // stop once anything was found
  // Audit. "": the code runs as it is. "list": it does, and its places are listed (CellResult::sites). Else one of them
  // is weakened or left out: "weaken:OPERATION:ORDER:PLACES", "skip:lock|irqs-off|wake-up:PLACES"; a place is an offset
  // in the object, or for skip a chain of them, innermost first, "HEX+HEX"; PLACES are separated by commas.
  std::string mutation;
  std::string replay;  // a token: run it once, compare, report
  bool trace = false;
  bool explain = false;  // of a replay: with the orderings that its findings need
  // Native, checked, tsan
  double duration_s = 0;
  double time_scale = 100;
  bool oversubscribe = false;
  double warm_up_s = 0;  // before duration_s; not measured
  double stutter_s = 0;  // run so long, stand still so long, and so on; 0: no pauses
  double shuffle_s = 0;  // every so often each thread goes to the next CPU of the host; 0: it stays
};

struct Frame {
  std::string module;    // file name of the object, "" if unknown
  uint64_t offset = 0;   // of the call or access in it
  std::string function;  // filled by the symboliser, as are file and line
  std::string file;      // relative to the source tree where it lies inside
  int line = 0;
};

struct Access {
  std::string what;      // "write of 8 bytes", "atomic read of 1 byte", "config write of 2 bytes"
  std::string location;  // "stack of task reader + 0x40", "heap object of 64 bytes + 8", "0000:03:00.0 PCI_COMMAND"
  std::string task;
  int cpu = 0;
  std::string context;  // task, softirq, hardirq
  std::vector<std::string> locks_held;
  std::vector<Frame> stack;  // innermost first
};

struct Step {
  uint32_t number = 0;  // scheduling point within the execution, from 1
  int cpu = 0;
  std::string context;
  std::string task;
  std::string text;
  bool clash = false;  // one of the two that clash
  std::string kind;    // take, drop, wait, wait-end, sleep, wake, start, end, irq, irq-end, irqs-off, irqs-on, clock,
                       // access; "" for what else is said
  std::string object;  // what is taken, dropped, waited on: "pci_lock"
  // Where in the source: of whoever calls the kernel's word, or the strategy. "" unknown: what the machine does by
  // itself, as its clock, or a task's end.
  std::string function = "";
  std::string file = "";
  int line = 0;
  std::string source = "";        // what stands there, without indent; "" unknown
  std::vector<Frame> stack = {};  // innermost first; of a worker, until the front end has made of it what is above
};

// "A before B, or it does not fail": shown by running the schedule with the two the other way round.
struct Ordering {
  Access before;
  Access after;
};

// A lock in a finding, as lockdep prints it: "(pci_lock){-.-.}-{2:2}, at: ...".
struct LockLine {
  std::string name;       // class, "/1" with a subclass
  std::string instance;   // "#2" of its class; "" where there was one only
  std::string usage;      // "-.-.", as Documentation/locking/lockdep-design.rst has it
  std::string wait_type;  // "2:2": 2 raw spinlock, 3 spinlock, 4 what sleeps
  std::string how;        // "", "read", "trylock", "read trylock"
  Access taken;           // by whom and where; its what and location are empty
};
struct LockEdge {  // `wanted` was waited for while `held` was held
  LockLine held, wanted;
};
// What lockdep would say of a finding.
struct LockReport {
  std::string heading;           // its words: "possible circular locking dependency detected"
  std::string context;           // of an invalid wait context, its bound: "2:2"
  std::string level;             // of a rule about interrupts: "hardirq", "softirq"
  std::string holder;            // of a wrong release: the task that does hold it, "nobody"; "" unknown
  std::vector<LockLine> wanted;  // what is taken, waited for or released: at most one
  std::vector<LockLine> held;    // by who wants it, oldest first
  std::vector<LockEdge> chain;   // the cycle, the edge that closes it last; of an inversion, from safe to unsafe
  std::vector<Access> irq_uses;  // of a rule about interrupts: taken in one; held while one may come
};

// What minimising a schedule has done.
struct Reduction {
  uint64_t runs = 0;      // executions that it took
  bool complete = false;  // no single step of it makes the schedule simpler; else its budget was spent
  int preemptions_before = -1;
  uint64_t rows_before = 0;  // of the schedule
  uint64_t rows = 0;
  uint32_t ops = 0;  // rounds of each task, and tasks, that are left
  uint32_t threads = 0;
};

struct Finding {
  std::string id;           // "f1", unique in its cell
  std::string hazard;       // NameOf(Hazard)
  std::string fingerprint;  // 16 hex digits; ignores seed, time and line numbers
  std::string title;        // kind and both sites, one line
  std::string detail;       // what a maintainer has to know beyond the title; may have several lines
  uint64_t count = 1;
  uint64_t first_execution = 0;
  std::string token;     // "" where the engine has none
  int preemptions = -1;  // of the recorded execution; -1 unknown
  std::vector<Access> accesses;
  std::vector<Access> waiting;  // of who waits for ever: for what, where, with what held
  std::vector<Step> schedule;
  std::string replay;  // the command that repeats it
  // Of a race: why nothing orders the two, and the last thing of the earlier one's task that the later one's knows of.
  std::string unordered;
  std::vector<Access> last_ordered;
  std::vector<Ordering> orderings;  // essential ones
  Reduction reduction;
  std::string value_changed;            // of a race, by the write: "0x00000000 -> 0x00000004"; "" unknown
  std::vector<LockReport> lock_report;  // at most one
};

struct HazardOutcome {
  uint64_t hits = 0;
  uint64_t opportunities = 0;
  std::string verdict;    // found, clean, not-exercised, not-applicable, undecided
  std::string expected;   // found, clean, not-applicable, absent, may-be-found (ci::Want), as-before; "" unjudged
  std::string agreement;  // with what was expected: "agrees", "disagrees", "undecided", "" unjudged
  std::string strength;   // "clean for 81234 executions (5120 distinct)", "found in 3 of 812"
  int fewest_preemptions = -1;
  int64_t executions_to_first = -1;
  uint64_t executions_with = 0;  // executions in which it fired; model only
  std::string reason;            // why not exercised, not applicable, or at odds
};

struct OperationMetric {  // one operation's latency, nanoseconds
  std::string operation;  // hw::NameOf(Call)
  uint64_t count = 0;
  double p50_ns = 0, p99_ns = 0, p999_ns = 0, max_ns = 0;
  // The whole distribution, four bins an octave: how many took at most so many nanoseconds, and more than the bin
  // before. Ascending, without empty bins; the first begins wherever it may.
  std::vector<std::pair<double, uint64_t>> histogram;
};

// The figures of a line of /proc/lock_stat, by its names (Documentation/locking/lockstat.rst); times in nanoseconds.
struct LockStat {
  uint64_t con_bounces = 0, contentions = 0;
  double waittime_min_ns = 0, waittime_max_ns = 0, waittime_total_ns = 0, waittime_avg_ns = 0;  // of contentions
  uint64_t acq_bounces = 0, acquisitions = 0;
  double holdtime_min_ns = 0, holdtime_max_ns = 0, holdtime_total_ns = 0, holdtime_avg_ns = 0;
};

struct LockSite {            // where a lock is taken
  std::vector<Frame> stack;  // innermost first; the caller is the first frame that is no word of the kernel
  LockStat stat;
  uint64_t made_wait = 0;  // contentions of others that waited for who took it here
  double made_wait_total_ns = 0;
};

struct LockResult {
  std::string name;        // class, and "/1" where it has a subclass
  std::string instance;    // "#3" of its class; "" for the class as a whole
  std::string side;        // "R" or "W" of a lock that has both, else ""
  std::string type;        // spinlock, rt-mutex, mutex, rwsem:R, rwsem:W: as perf lock contention has them
  uint64_t instances = 1;  // places in memory where a lock of the class has been
  LockStat stat;
  uint64_t longest_wait_acquisitions = 0;  // exclusive acquisitions by others during one wait
  uint64_t longest_run = 0;                // exclusive acquisitions of one instance by one owner in a row
  uint64_t threads = 0;                    // that competed for it: waited, or made wait
  uint64_t acquisitions_most = 0, acquisitions_fewest = 0;  // of these
  double fairness_jain = 1;
  std::vector<LockSite> sites;  // of a class, most contended first
};

struct IrqsOffSection {
  double ns = 0;
  std::string task;
  int cpu = 0;
  std::string context;
  std::vector<Frame> stack;  // at its end; of a handler, its entry
};

struct TreeSize {  // the schedules of a program, as random probes estimate them (harness/explore/tree_size.h)
  uint64_t probes = 0;
  double log2_mean = 0;  // base-2 logarithm of the estimate
  double variation = 0;  // coefficient of variation of a single probe
};

// A place that orders or guards something: an atomic operation with an order, a lock taken, interrupts switched off,
// somebody woken.
struct AuditSite {
  std::string kind;  // load, store, read-modify-write, failed compare-exchange, fence; lock, irqs-off, wake-up
  std::string what;  // the order, or the lock's class
  uint64_t count = 0;
  std::vector<Frame> stack;  // innermost first
};

struct CellResult {
  CellSpec spec;
  std::string status = "not-run";  // done, crashed, timeout, stopped, not-run
  std::string reason;
  uint64_t executions = 0;
  uint64_t distinct = 0;  // distinct schedules among them
  uint64_t points = 0;
  double wall_s = 0;
  bool exhausted = false;
  uint64_t accesses = 0;  // instrumented accesses seen; 0 in a model or tsan cell is exit 3
  std::map<std::string, HazardOutcome> hazards;
  std::map<std::string, double> metrics;  // "operations_per_s", "irqs_off_max_ns", "fairness_jain", ...
  std::vector<OperationMetric> operations;
  std::vector<LockResult> locks;             // checked: classes by wait time, each followed by its instances
  std::vector<IrqsOffSection> irqs_off_max;  // the longest section with interrupts off; at most one
  std::vector<Finding> findings;
  // Model: how far a cell is, so that shares of it add up and a later run goes on with it (harness/run/shares.h).
  uint64_t self_checks = 0;  // executions that were run again and ended the same way; one that does not is exit 3
  TreeSize tree;
  std::vector<std::pair<uint64_t, uint64_t>> used;  // execution numbers: first, how many; ascending, disjoint
  std::string distinct_sketch;                      // of `distinct`, to be merged; "" where nothing goes on with it
  std::vector<AuditSite> sites;                     // of a cell whose mutation is "list"
};

// A model or tsan worker that saw no access of the code under test has judged nothing (design 1). One that found
// something has; a real thread's accesses are added up when it ends, which a deadlocked one does not.
bool IsBlind(const CellResult& cell);

// Calls visit(stack) for every call chain that the finding has, but those of steps.
template <class Visit>
void ForEachStack(Finding& finding, Visit&& visit) {
  const auto locks = [&](std::vector<LockLine>& lines) {
    for (LockLine& lock : lines) visit(lock.taken.stack);
  };
  for (Access& access : finding.accesses) visit(access.stack);
  for (Access& access : finding.waiting) visit(access.stack);
  for (Access& access : finding.last_ordered) visit(access.stack);
  for (Ordering& ordering : finding.orderings) {
    visit(ordering.before.stack);
    visit(ordering.after.stack);
  }
  for (LockReport& report : finding.lock_report) {
    locks(report.wanted);
    locks(report.held);
    for (LockEdge& edge : report.chain) {
      visit(edge.held.taken.stack);
      visit(edge.wanted.taken.stack);
    }
    for (Access& use : report.irq_uses) visit(use.stack);
  }
}

void to_json(Json& json, const CellSpec& spec);
void from_json(const Json& json, CellSpec& spec);
void to_json(Json& json, const Frame& frame);
void from_json(const Json& json, Frame& frame);
void to_json(Json& json, const Access& access);
void from_json(const Json& json, Access& access);
void to_json(Json& json, const Step& step);
void from_json(const Json& json, Step& step);
void to_json(Json& json, const Ordering& ordering);
void from_json(const Json& json, Ordering& ordering);
void to_json(Json& json, const LockLine& lock);
void from_json(const Json& json, LockLine& lock);
void to_json(Json& json, const LockEdge& edge);
void from_json(const Json& json, LockEdge& edge);
void to_json(Json& json, const LockReport& report);
void from_json(const Json& json, LockReport& report);
void to_json(Json& json, const Reduction& reduction);
void from_json(const Json& json, Reduction& reduction);
void to_json(Json& json, const Finding& finding);
void from_json(const Json& json, Finding& finding);
void to_json(Json& json, const HazardOutcome& outcome);
void from_json(const Json& json, HazardOutcome& outcome);
void to_json(Json& json, const OperationMetric& metric);
void from_json(const Json& json, OperationMetric& metric);
void to_json(Json& json, const LockSite& site);
void from_json(const Json& json, LockSite& site);
void to_json(Json& json, const LockResult& lock);
void from_json(const Json& json, LockResult& lock);
void to_json(Json& json, const IrqsOffSection& section);
void from_json(const Json& json, IrqsOffSection& section);
void to_json(Json& json, const TreeSize& tree);
void from_json(const Json& json, TreeSize& tree);
void to_json(Json& json, const AuditSite& site);
void from_json(const Json& json, AuditSite& site);
void to_json(Json& json, const CellResult& cell);
void from_json(const Json& json, CellResult& cell);

// 16 hex digits over the parts, the same on every machine and in every run.
std::string Fingerprint(const std::vector<std::string>& parts);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_CELL_H_
