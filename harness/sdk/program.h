// harness/sdk/program.h: what probes, scenarios and workloads are written with.
#ifndef CFGTORTURE_HARNESS_SDK_PROGRAM_H_
#define CFGTORTURE_HARNESS_SDK_PROGRAM_H_

#include <utility>

#include "harness/kernel/engine.h"
#include "harness/sdk/caller.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/world.h"

namespace cfgtorture {

// Where a program plays: its parameters, its machine, and the strategy behind its caller.
struct Setting {
  const ProgramParams& params;
  World& world;
  Caller& caller;

  // Which side of a scenario runs: where the bug is no strategy's, but the scenario's own code. Set-up only.
  bool buggy() const { return params.side[0] == 'b'; }
};

// Prepares the kernel's words for params (spin algorithm, interrupt entry) and makes strategy and world.
class Stage {
 public:
  explicit Stage(const ProgramParams& params);
  Setting setting() { return {params_, world_, caller_}; }

 private:
  const ProgramParams& params_;
  StrategyHolder strategy_;
  World world_;
  Caller caller_;
};

// A task that runs `body` and is waited for when the Actor goes out of scope. Lives on its starter's stack: closed
// programs allocate nothing for their tasks.
template <class Body>
class Actor {
 public:
  Actor(const char* name, int cpu, Body body)
      : body_(std::move(body)),
        task_(engine::StartTask(
            name, cpu, [](void* self) { static_cast<Actor*>(self)->body_(); }, this)) {}
  ~Actor() { engine::JoinTask(task_); }
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

 private:
  Body body_;
  const engine::TaskId task_;
};

// A workload is four functions (FoundationDB's shape). One object a run.
class Workload {
 public:
  virtual ~Workload() = default;
  virtual void SetUp(Setting& s) = 0;  // choose functions, request interrupts
  virtual void Start(Setting& s) = 0;  // run the tasks, each `while (engine::KeepGoing())`, and wait for them
  virtual void Check(Setting& s) = 0;  // what must hold when all have ended
  virtual void Metrics() = 0;          // AddMetric(), for the report
};

template <class W>
void RunWorkload(const ProgramParams& params) {
  Stage stage(params);
  Setting s = stage.setting();
  W workload;
  workload.SetUp(s);
  workload.Start(s);
  workload.Check(s);
  workload.Metrics();
}

template <void (*body)(Setting&)>
void RunClosed(const ProgramParams& params) {
  Stage stage(params);
  Setting s = stage.setting();
  body(s);
}

// PROBE(TornPair, .name = "torn-pair", .summary = "...", .hazards = "torn-pair") { body, with `s` in scope }
#define CFGT_CLOSED_PROGRAM(program_kind, function, ...)                           \
  static void function(Setting& s);                                                \
  static const ProgramRegistration function##Registration{                         \
      ProgramSpec{.kind = program_kind, __VA_ARGS__, .run = RunClosed<function>}}; \
  static void function(Setting& s)
#define PROBE(function, ...) CFGT_CLOSED_PROGRAM(ProgramKind::kProbe, function, __VA_ARGS__)
#define SCENARIO(function, ...) CFGT_CLOSED_PROGRAM(ProgramKind::kScenario, function, __VA_ARGS__)

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_PROGRAM_H_
