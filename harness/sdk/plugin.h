// harness/sdk/plugin.h: what a worker and the shared object of the code under test know of each other.
//
// The object exports one function, `extern "C" const cfgtorture::Plugin* cfgt_plugin()`. All tables are plain arrays of
// literals; no owning type crosses the boundary.
#ifndef CFGTORTURE_HARNESS_SDK_PLUGIN_H_
#define CFGTORTURE_HARNESS_SDK_PLUGIN_H_

#include <cstdint>

#include "harness/kernel/engine.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/result/hazard.h"

namespace cfgtorture {

inline constexpr uint32_t kPluginAbi = 3;

enum class ProgramKind : uint8_t { kWorkload, kProbe, kScenario };

struct StrategyText {
  const char* name;
  const char* summary;  // one line
  // Bridges that it refuses, comma-separated, "" for none; and why.
  const char* refuses_bridges;
  const char* refuses_reason;
};

// A weight or a rate that a user may choose.
struct OptionText {
  const char* name;
  uint32_t value;  // unless the user says otherwise
  uint32_t least, most;
  const char* help;  // one line
};

struct ProgramText {
  ProgramKind kind;
  const char* name;
  const char* summary;   // one line
  const char* sides;     // scenario: "buggy,fixed", a control "fixed"; else ""
  const char* hazards;   // what it can show: comma-separated hazard names
  const char* flavours;  // "preempt" or "rt" or "preempt,rt": those that it is meant for
  const char* bridges;   // bridges whose verdict can differ; "" if only one needs to be run
  bool needs_strategy;
  uint64_t hazard_mask;               // the same as `hazards`, a bit a Hazard
  const char* topology = "pair.txt";  // file of workloads/topologies that it runs on unless another is asked for
  // Its own options. If one is called as a program is, that program's are its too, as "PROGRAM.OPTION".
  const OptionText* options = nullptr;
  uint32_t option_count = 0;
  // What the file of a scenario says of it (registry.h), "" of all else.
  const char* tag = "";      // "historic", "proposed", "open" or "constructed"
  const char* history = "";  // one line: commits with their first release, mails, reports
  // Comma-separated hazard names: of what the buggy side must be convicted, and of what besides, because:
  const char* must_find = "";
  const char* may_find = "";
  const char* may_find_why = "";
};

// What one run of a program is. Strings outlive it.
struct ProgramParams {
  const char* strategy = "";
  const char* program = "";
  const char* argument = "";  // what followed the program's name: "ticket:3x2" of lock-counter:ticket:3x2
  const char* side = "";
  const char* bridge = "x86";  // a name of harness/pci/hardware/bridges.h
  const char* spin = "";       // spin algorithm: of kSpinAlgorithmNames; "" is the default
  uint32_t threads = 2;        // of a workload
  const char* options =
      "";  // "NAME=NUMBER,NAME=NUMBER": those that are not as the tables say; checked by the worker's user
};

struct MetricText {
  const char* name;
  const char* unit;
};

struct Plugin {
  uint32_t abi;
  const StrategyText* strategies;
  uint32_t strategy_count;
  const ProgramText* programs;
  uint32_t program_count;
  const char* const* spin_algorithms;
  uint32_t spin_algorithm_count;
  // Runs the whole program in the calling (init) task: set up, start the tasks, wait for them, check. Returns when all
  // its tasks have ended. The worker has checked the names. Called once per execution.
  void (*run)(const ProgramParams& params);
  // The program's own counters of the last run(), for `metrics`: name, value pairs; valid until the next run().
  uint32_t (*metrics)(const MetricText** texts, const double** values);
  // Options of every program that is written with Stage: torture patterns.
  const OptionText* patterns = nullptr;
  uint32_t pattern_count = 0;
};

using PluginFunction = const Plugin* (*)();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_PLUGIN_H_
