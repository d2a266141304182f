// One cell of the model: executions until a limit, what each found, and the proof that each finding replays.
#include <sys/single_threaded.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/explore/cell_token.h"
#include "harness/explore/distinct.h"
#include "harness/explore/token.h"
#include "harness/explore/tree_size.h"
#include "harness/model/abi.h"
#include "harness/model/assert.h"
#include "harness/model/audit.h"
#include "harness/model/determinism.h"
#include "harness/model/findings.h"
#include "harness/model/heap.h"
#include "harness/model/judges.h"
#include "harness/model/machine.h"
#include "harness/model/memory_c11.h"
#include "harness/model/memory_tso.h"
#include "harness/model/recorder.h"
#include "harness/model/search.h"
#include "harness/model/virtual_time.h"
#include "harness/model/witness.h"
#include "harness/pci/hardware/bridges.h"
#include "harness/pci/hardware/machine.h"
#include "harness/pci/topology/topology.h"
#include "harness/result/counted.h"
#include "harness/run/plugin_loader.h"
#include "harness/run/worker.h"

namespace cfgtorture::model {
namespace {

constexpr uint64_t kStepLimit = 2'000'000;  // of one execution, and as many again for each ten rounds of a task
// Of dpor, whose work on one execution grows with the square of its steps: a program beyond it is beyond dpor anyway.
constexpr uint64_t kStepLimitOfDpor = 20'000;
constexpr uint64_t kSelfCheckInterval = 1000;  // executions; one in as many is run twice and compared
// And so many at the start, if they are short: cells of few executions estimate their tree too.
constexpr uint64_t kFirstSelfChecks = 16, kShortExecution = 100'000;
constexpr double kRecordingPatienceS = 5;  // over its time, of a cell that records, which is slow

class CellRun {
 public:
  CellRun(const CellSpec& spec, const run::LoadedPlugin& loaded, run::WorkerOutput& output)
      : loaded_(loaded), output_(output) {
    result_.spec = spec;
    started_ = std::chrono::steady_clock::now();
  }

  CellResult Run() {
    CellSpec& spec = result_.spec;
    std::optional<explore::Token> token;
    if (!spec.replay.empty()) {
      absl::StatusOr<explore::Token> read = explore::ReadToken(spec, BuildId(), loaded_.path);
      if (!read.ok()) run::BadInput(std::string(read.status().message()));
      token = *std::move(read);
    }
    SetUp();
    if (token.has_value()) {
      Replay(*token);
    } else if (virtual_time != nullptr) {
      RunInVirtualTime();
    } else {
      Explore();
    }
    result_.wall_s = Elapsed();
    Summarise();
    return std::move(result_);
  }

 private:
  double Elapsed() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count(); }

  std::string BuildId() const { return run::OwnBuildId().substr(0, 12) + "-" + loaded_.build_id.substr(0, 12); }

  void SetUp() {
    const CellSpec& spec = result_.spec;
    if (spec.memory == "tso") {
      weak_ = std::make_unique<TsoMemory>();
    } else if (spec.memory == "c11") {
      weak_ = std::make_unique<C11Memory>();
    } else if (spec.memory != "sc") {
      run::BadInput(absl::StrCat("memory \"", spec.memory, "\": this build has sc, tso and c11"));
    }
    machine.Use(weak_.get());
    SetAttentive(false);
    if (spec.explorer == "virtual-time") {
      timed_ = std::make_unique<VirtualTime>();
      virtual_time = timed_.get();
    } else if (absl::Status status = search_.Init(spec); !status.ok()) {
      run::BadInput(std::string(status.message()));
    }
    const engine::Flavour flavour = run::FlavourOf(spec);
    program_ = &run::ProgramOf(spec, loaded_);
    const Plugin& plugin = *loaded_.plugin;
    const std::string path =
        spec.topology.empty() ? run::TopologyFile(CFGT_SOURCE_DIR, program_->topology) : spec.topology;
    absl::StatusOr<topology::Topology> topology = topology::Load(path);
    if (!topology.ok()) run::BadInput(std::string(topology.status().message()));
    hw::Latencies latencies = timed_ == nullptr ? hw::Latencies{} : hw::DefaultLatencies();
    for (const auto& [name, value] : spec.latencies) {
      if (!hw::SetLatency(latencies, name, value)) run::BadInput(absl::StrCat("no latency \"", name, "\""));
    }
    hw::BuildMachine(*topology, latencies);
    hw::SetHitCallback(HardwareHit);
    const char* strategy = spec.strategy.c_str();
    for (uint32_t i = 0; i < plugin.strategy_count; ++i) {
      if (spec.strategy == plugin.strategies[i].name) strategy = plugin.strategies[i].name;
    }
    // The object's own literals, where it has them: it finds what it looks for by comparing pointers.
    params_ = {strategy,          program_->name, spec.argument.c_str(), spec.side.c_str(), spec.bridge.c_str(),
               spec.spin.c_str(), spec.threads,   spec.options.c_str()};
    if (absl::Status status = audit.Init(spec.mutation, loaded_.base, loaded_.path); !status.ok()) {
      run::BadInput(std::string(status.message()));
    }
    if (audit.watches_calls()) recorder.KeepStacks();
    const bool fair = spec.explorer != "dpor";  // which lets a loop go round as long as that seems new
    const uint64_t step_limit = fair ? kStepLimit * (1 + uint64_t{spec.ops} * spec.threads / 10) : kStepLimitOfDpor;
    machine.Configure(flavour, /*cpus=*/8, step_limit, spec.ops, fair, /*by_steps=*/!fair || spec.explorer == "pos");
    machine.WhileItTakes([this] { TellProgress(Elapsed()); });
    machine.races().Init(loaded_.data_begin, loaded_.data_end);
    racy_sites.Init(loaded_.text_begin, loaded_.text_end);
    if (search_.exhaustive()) racy_sites.AskForOthers();
    recorder.Init(loaded_.path, loaded_.base, loaded_.text_begin, loaded_.text_end, loaded_.data_begin,
                  loaded_.data_end);
    SetAttentive(false);
    snapshot_.assign(At<const char>(loaded_.data_begin), At<const char>(loaded_.data_end));
    if (snapshot_.size() > (size_t{1} << 20)) {
      run::BadInput(absl::StrCat(loaded_.path, ": ", snapshot_.size(),
                                 " bytes of mutable globals; at most 1 MiB can be put "
                                 "back between executions"));
    }
    machine.choice().Seed(spec.seed);
    UseExplorer();
    if (timed_ != nullptr) machine.choice().Use(&timed_->explorer());
    witness_.SetSize(spec.ops, spec.threads, spec.kind == "workload");
    __libc_single_threaded = 0;  // else libstdc++ counts references without atomics: false races
  }

  static void RunProgram(void* self) {
    CellRun& cell = *static_cast<CellRun*>(self);
    cell.loaded_.plugin->run(cell.params_);
    if (machine.flavour() == engine::Flavour::kRt) return;    // threads of handlers sleep for ever
    for (unsigned i = 1; i < machine.context_count(); ++i) {  // what it leaves behind would end with it, unseen
      const MachineContext& left = machine.at(i);
      if (left.kind == engine::Context::kTask && left.state != State::kEnded) machine.JoinTasks(&i, 1);
    }
  }

  Outcome RunOnce(uint64_t number) {
    std::memcpy(At<void>(loaded_.data_begin), snapshot_.data(), snapshot_.size());
    heap.BeginExecution();
    hw::ResetMachine();
    JudgesBeginExecution();
    AccessesBeginExecution();
    recorder.BeginExecution();
    audit.BeginExecution();
    findings.BeginExecution(number);
    Outcome outcome;
    outcome.reason = machine.Run(number, RunProgram, this);
    if (machine.asking() && outcome.reason != EndReason::kStuck) EndedAfterAsking(outcome.reason == EndReason::kDone);
    outcome.hash = machine.choice().hash();
    outcome.steps = machine.steps();
    return outcome;
  }

  void UseExplorer() {
    machine.choice().Use(search_.explorer());
    Watch();
  }
  // More scheduling points: another tree.
  void NewTree() {
    Watch();
    result_.tree = {};
  }
  static void BeginRecorder() {
    recorder.Begin();
    Watch();
  }
  static void EndRecorder() {
    recorder.End();
    Watch();
  }

  // Runs that only repeat must not count twice what the monitors count.
  template <typename F>
  auto Uncounted(F&& f) {
    const AccessCounts counts_before = counts;
    std::array<uint64_t, kHazardCount> before;
    for (size_t i = 0; i < before.size(); ++i) before[i] = AllOpportunities(static_cast<Hazard>(i));
    auto value = f();
    counts = counts_before;
    for (size_t i = 0; i < before.size(); ++i) uncounted_[i] += AllOpportunities(static_cast<Hazard>(i)) - before[i];
    return value;
  }

  // Thousands of these simplify a finding: who hears nothing for long takes the worker for one that hangs.
  void RepeatOnce() {
    if (const double elapsed = Elapsed(); elapsed - last_progress_ > 1) TellProgress(elapsed);
    Uncounted([&] { return RunOnce(0); });
  }

  void TellProgress(double elapsed) {
    last_progress_ = elapsed;
    output_.Progress(result_);
  }

  void Explore() {
    const CellSpec& spec = result_.spec;
    for (uint64_t number = spec.first_execution;; ++number) {
      if (spec.executions != 0 && result_.executions >= spec.executions) break;
      search_.BeginExecution();
      const Outcome outcome = RunOnce(number);
      ++begun_;
      if (result_.executions == 0 && machine.why_stopped() != nullptr && findings.found_mask() == 0) {
        // Nothing has gone wrong, and yet it will not run: it refuses its parameters.
        run::BadInput(
            absl::StrCat(spec.program, spec.argument.empty() ? "" : ":", spec.argument, ": ", machine.why_stopped()));
      }
      result_.points += outcome.steps;
      search_.EndExecution(outcome.reason);
      if (outcome.reason != EndReason::kPruned) {
        ++result_.executions;
        cut_ += outcome.reason == EndReason::kStepLimit ? 1 : 0;
        distinct_.Add(outcome.hash);
      }
      const bool recorded = findings.wants_recording();
      if (recorded) [[unlikely]] {
        Record(number, outcome);  // and repeats it twice; what it learns may change what follows
      } else if (outcome.reason != EndReason::kPruned &&
                 (result_.executions % kSelfCheckInterval == 1 ||
                  (result_.executions <= kFirstSelfChecks && outcome.steps < kShortExecution))) {
        SelfCheck(number, outcome);
      }
      if (racy_sites.AddOthers()) NewTree();
      if (spec.until_any && findings.found_mask() != 0) break;
      if (!search_.GoOn(racy_sites.offsets().size())) break;
      if (spec.until_found && (findings.found_mask() & program_->hazard_mask) == program_->hazard_mask) break;
      if (recorded || ((result_.executions + search_.pruned()) & 63) == 0 || outcome.steps > 2000) {
        if (output_.stop_requested()) {
          result_.status = "stopped";
          return;
        }
        const double elapsed = Elapsed();
        if (spec.time_s > 0 && elapsed >= spec.time_s + (recorded ? kRecordingPatienceS : 0)) break;
        if (elapsed - last_progress_ > 0.25) {
          result_.wall_s = elapsed;
          Summarise();
          TellProgress(elapsed);
        }
      }
    }
    result_.status = "done";
  }

  // One execution, whose figures are what it is for. What goes wrong in it is told without a token: replay has no time.
  void RunInVirtualTime() {
    recorder.BeginStacks();
    SetAttentive(true);
    const Outcome outcome = RunOnce(result_.spec.first_execution);
    recorder.End();
    result_.executions = 1;
    result_.points = outcome.steps;
    distinct_.Add(outcome.hash);
    if (outcome.reason == EndReason::kDone) {
      result_.locks = timed_->LockResults();
      result_.metrics["modelled_ns"] = static_cast<double>(timed_->ElapsedNs());
      result_.metrics["lock_events_dropped"] = static_cast<double>(timed_->dropped());
    } else {
      const char* why = machine.why_stopped();
      result_.reason = absl::StrCat("no figures: the program did not end in virtual time", why == nullptr ? "" : ": ",
                                    why == nullptr ? "" : why);
    }
    for (int i = 0; i < kHazardCount; ++i) {
      const Hazard hazard = static_cast<Hazard>(i);
      if (findings.tally(hazard).hits == 0) continue;
      Finding finding;
      finding.id = absl::StrCat("f", result_.findings.size() + 1);
      finding.hazard = NameOf(hazard);
      finding.title = std::string(NameOf(hazard)) + " in the schedule of virtual time";
      finding.detail = "It does not replay. Without --contention explore may find one that does, or another hazard.";
      finding.fingerprint = Fingerprint({finding.hazard, "virtual-time", result_.spec.strategy, result_.spec.program});
      output_.Found(finding);
      result_.findings.push_back(std::move(finding));
    }
    result_.status = "done";
  }

  // Runs an execution again, which must end the same way. A random execution also is a probe of the tree of schedules;
  // under another explorer, it is followed by one that is.
  void SelfCheck(uint64_t number, const Outcome& outcome) {
    findings.Mute(true);
    machine.choice().Record(nullptr);
    machine.choice().Measure(true);
    const Outcome again = Uncounted([&] { return RunAgain(number); });
    if (search_.explorer() != nullptr) {
      machine.choice().Use(nullptr);
      Watch();
      Uncounted([&] { return RunOnce(number); });
      UseExplorer();
    }
    machine.choice().Measure(false);
    findings.Mute(false);
    explore::AddProbe(result_.tree, machine.choice().log2_product());
    ++result_.self_checks;
    if (again != outcome) NotDeterministic(number, outcome, again);
  }

  [[noreturn]] void NotDeterministic(uint64_t number, const Outcome& outcome, const Outcome& again) {
    findings.Mute(true);
    model::NotDeterministic(absl::StrFormat("%s: execution %d of seed %d", program_->name, number, result_.spec.seed),
                            outcome, again, [this, number] { return RunAgain(number); });
  }

  Outcome RunAgain(uint64_t number) {
    if (!search_.exhaustive()) return RunOnce(number);
    explore::ReplayedExplorer replayed(search_.ranks());
    machine.choice().Use(&replayed);
    const Outcome outcome = RunOnce(number);
    UseExplorer();
    return outcome;
  }

  // Runs an execution again for a person: rows, stacks, token. Then replays the token, which must end the same way.
  void Record(uint64_t number, const Outcome& outcome) {
    std::vector<uint32_t> ranks;
    machine.choice().Record(&ranks);
    findings.BeginRecording();
    BeginRecorder();
    const Outcome recorded = Uncounted([&] { return RunAgain(number); });
    EndRecorder();
    machine.choice().Record(nullptr);
    std::vector<BuiltFinding> found = findings.EndRecording();
    if (recorded != outcome && outcome.reason != EndReason::kPruned) NotDeterministic(number, outcome, recorded);
    const uint64_t hash = recorder.hash();
    explore::ReplayedExplorer replayed(ranks);
    const uint64_t again = TraceHash(replayed);
    if (again != hash || replayed.diverged()) {
      HarnessFailed(absl::StrFormat(
          "execution %d of seed %d does not replay from its choices: trace hash %x, again %x; %d choices, asked for %d",
          number, result_.spec.seed, hash, again, ranks.size(), replayed.asked()));
    }

    ++result_.self_checks;
    const CellSpec& spec = result_.spec;
    const std::string token = MakeToken(ranks, hash, spec.ops, spec.threads);
    std::vector<Finding> simple;
    for (BuiltFinding& built : found) {
      std::optional<Witnessed> witnessed = witness_.Simplify(built, ranks);
      if (!witnessed.has_value()) {
        built.finding.token = token;
        simple.push_back(std::move(built.finding));
        continue;
      }
      simple.push_back(std::move(witnessed->finding));
      simple.back().token = TokenOf(*witnessed);
      int& fewest = findings.tally(*HazardFromName(simple.back().hazard)).fewest_preemptions;
      if (fewest < 0 || simple.back().preemptions < fewest) fewest = simple.back().preemptions;
    }
    UseExplorer();
    for (Finding& finding : simple) {
      finding.id = findings.NextId();
      finding.first_execution = number;
      result_.findings.push_back(finding);
      output_.Found(finding);
      // Who comes too late for a block may come in time in another order, and race.
      if (finding.hazard != NameOf(Hazard::kDataRace) && finding.hazard != NameOf(Hazard::kUseAfterFree)) continue;
      for (const Access& access : finding.accesses) {
        if (access.stack.empty() || access.what.rfind("atomic", 0) == 0) continue;
        if (racy_sites.Add(access.stack.front().offset + 1 + loaded_.base)) NewTree();
      }
    }
  }

  // That it replays has to be seen, as of any other.
  std::string TokenOf(const Witnessed& witnessed) {
    Resize(witnessed.ops, witnessed.threads);
    explore::ReplayedExplorer replayed(witnessed.ranks);
    const uint64_t again = TraceHash(replayed);
    Resize(result_.spec.ops, result_.spec.threads);
    if (again != witnessed.trace_hash || replayed.diverged()) {
      HarnessFailed(absl::StrFormat("a minimised schedule of seed %d does not replay: trace hash %x, again %x",
                                    result_.spec.seed, witnessed.trace_hash, again));
    }
    return MakeToken(witnessed.ranks, witnessed.trace_hash, witnessed.ops, witnessed.threads);
  }

  void Resize(uint32_t ops, uint32_t threads) {
    machine.SetRounds(ops);
    params_.threads = threads;
  }

  uint64_t TraceHash(explore::ReplayedExplorer& replayed) {
    explore::Explorer* const explorer = machine.choice().other();
    machine.choice().Use(&replayed);
    findings.Mute(true);
    BeginRecorder();
    RepeatOnce();
    EndRecorder();
    findings.Mute(false);
    machine.choice().Use(explorer);
    Watch();
    return recorder.hash();
  }

  std::string MakeToken(const std::vector<uint32_t>& ranks, uint64_t hash, uint32_t ops, uint32_t threads) const {
    explore::Token token;
    token.build_id = BuildId();
    explore::NameCell(result_.spec, token);
    token.threads = threads;
    token.ops = ops;
    token.racy_sites = racy_sites.offsets();
    token.ranks = ranks;
    token.trace_hash = hash;
    return explore::Encode(token);
  }

  void Replay(const explore::Token& token) {
    for (uint64_t offset : token.racy_sites) racy_sites.Add(loaded_.text_begin + offset);
    SetAttentive(true);
    explore::ReplayedExplorer replayed(token.ranks);
    machine.choice().Use(&replayed);
    // Once to see what fires, then recorded.
    const Outcome outcome = RunOnce(0);
    ++result_.executions;
    result_.points += outcome.steps;
    findings.BeginRecording();
    BeginRecorder();
    Uncounted([&] { return RunOnce(0); });
    EndRecorder();
    if (result_.spec.trace) {
      recorder.DrawAll(true);
      for (const Step& step : recorder.Rows({})) output_.Trace(step);
      recorder.DrawAll(false);
    }
    result_.status = "done";
    const bool identical = recorder.hash() == token.trace_hash && !replayed.diverged();
    result_.metrics["replay_identical"] = identical ? 1 : 0;
    result_.reason = identical
                         ? "replayed bit for bit"
                         : absl::StrFormat("diverged: trace hash %x, the token says %x; %d choices, the token has %d",
                                           recorder.hash(), token.trace_hash, replayed.asked(), token.ranks.size());
    for (BuiltFinding& built : findings.EndRecording()) {
      Finding& finding = built.finding;
      finding.id = findings.NextId();
      finding.token = result_.spec.replay;
      if (result_.spec.explain) witness_.Explain(built, token.ranks);  // is recorded too
      result_.findings.push_back(finding);
      output_.Found(finding);
    }
  }

  uint64_t Opportunities(Hazard hazard) { return AllOpportunities(hazard) - uncounted_[static_cast<size_t>(hazard)]; }

  // With those of executions that only repeat.
  uint64_t AllOpportunities(Hazard hazard) {
    switch (hazard) {
      case Hazard::kDataRace:
      case Hazard::kUseAfterFree:
        return machine.races().meetings();
      case Hazard::kDeadEntry:
        return counts.foreign_stack;
      case Hazard::kAssertion:
      case Hazard::kLivelock:
      case Hazard::kDeadlock:
      case Hazard::kCrash:
        return result_.executions;
      default:
        return hw::Monitor(hazard).opportunities + findings.tally(hazard).opportunities;
    }
  }

  void Summarise() {
    result_.accesses = counts.total();
    result_.distinct = std::min(distinct_.Estimate(), result_.executions);  // an estimate may be some percent too high
    result_.distinct_sketch = distinct_.Text();
    const std::string strength = Strength();
    for (Finding& finding : result_.findings) finding.count = findings.CountOf(finding.id);
    for (int i = 0; i < kHazardCount; ++i) {
      const Hazard hazard = static_cast<Hazard>(i);
      const Tally& tally = findings.tally(hazard);
      const bool listed = (program_->hazard_mask >> i & 1) != 0;
      if (!listed && tally.hits == 0) continue;
      HazardOutcome& outcome = result_.hazards[std::string(NameOf(hazard))];
      outcome.strength = Counted(result_.executions, "execution");
      outcome.hits = tally.hits;
      outcome.executions_with = tally.executions;
      outcome.opportunities = Opportunities(hazard);
      outcome.fewest_preemptions = tally.fewest_preemptions;
      if (tally.hits != 0) {
        outcome.verdict = "found";
        outcome.executions_to_first = tally.first_execution - static_cast<int64_t>(result_.spec.first_execution) + 1;
        // An explorer that cuts executions short has found things in those too.
        outcome.strength =
            absl::StrFormat("found in %d of %d executions%s", tally.executions, std::max(begun_, result_.executions),
                            begun_ > result_.executions ? " begun" : "");
      } else if (hazard == Hazard::kLivelock && !machine.fair()) {
        outcome.verdict = "undecided";
        outcome.reason = absl::StrCat(result_.spec.explorer, " sees no livelock: its schedules are not fair");
      } else if (cut_ != 0 && cut_ == result_.executions) {
        outcome.verdict = "undecided";
        outcome.reason = absl::StrCat("no execution came to its end: ", CutText());
      } else if (outcome.opportunities == 0) {
        outcome.verdict = "not-exercised";
        outcome.reason = "no opportunity arose";
      } else {
        outcome.verdict = "clean";
        outcome.strength = strength;
      }
    }
    result_.exhausted = search_.exhausted();
    if (search_.exhaustive()) result_.metrics["executions_pruned"] = static_cast<double>(search_.pruned());
    result_.sites = audit.Sites();
    const double seconds = std::max(result_.wall_s, 1e-9);
    result_.metrics["executions_per_s"] = static_cast<double>(result_.executions) / seconds;
    result_.metrics["points_per_s"] = static_cast<double>(result_.points) / seconds;
  }

  std::string CutText() const {
    return absl::StrFormat("%d %s cut at the limit of %d steps (%s)", cut_, cut_ == 1 ? "was" : "were",
                           machine.step_limit(),
                           machine.fair() ? "--ops raises it" : "another --explorer goes further");
  }

  std::string Strength() const {
    if (std::string ended = search_.Strength(); !ended.empty()) {
      if (machine.most_retries() < 2) return ended;
      return absl::StrFormat("%s, with up to %d iterations of a loop that writes in each", ended,
                             machine.most_retries());
    }
    return absl::StrFormat("clean for %s (%d distinct)%s", Counted(result_.executions, "execution"), result_.distinct,
                           cut_ == 0 ? "" : absl::StrCat(", of which ", CutText()));
  }

  Witness witness_{{[this] { RepeatOnce(); }, [](bool on) { on ? BeginRecorder() : EndRecorder(); },
                    [this](uint32_t ops, uint32_t threads) { Resize(ops, threads); },
                    [this] { TellProgress(Elapsed()); }}};
  Search search_;
  std::unique_ptr<MemoryModel> weak_;   // null: sequentially consistent
  std::unique_ptr<VirtualTime> timed_;  // null: not in virtual time
  const run::LoadedPlugin& loaded_;
  run::WorkerOutput& output_;
  explore::DistinctCounter distinct_;
  const ProgramText* program_ = nullptr;
  ProgramParams params_;
  std::vector<char> snapshot_;
  std::array<uint64_t, kHazardCount> uncounted_{};
  std::chrono::steady_clock::time_point started_;
  uint64_t begun_ = 0;  // executions, those that were cut short included
  uint64_t cut_ = 0;    // at the step limit
  double last_progress_ = 0;
  CellResult result_;
};

}  // namespace
}  // namespace cfgtorture::model

namespace cfgtorture::run {

const char* const kWorkerName = "model";
const bool kWantsInstrumented = true;

CellResult RunCell(const CellSpec& spec, const LoadedPlugin& plugin, WorkerOutput& output) {
  return std::make_unique<model::CellRun>(spec, plugin, output)->Run();
}

}  // namespace cfgtorture::run
