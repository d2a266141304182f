// One cell on real threads. The program runs in threads of its own; this thread watches: progress, deadline, deadlock.
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/measure/fairness.h"
#include "harness/measure/tsc.h"
#include "harness/native/delivery.h"
#include "harness/native/lock_events.h"
#include "harness/native/outcome.h"
#include "harness/native/races.h"
#include "harness/native/stall.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"
#include "harness/native/violations.h"
#include "harness/native/window.h"
#include "harness/pci/hardware/bridges.h"
#include "harness/pci/hardware/machine.h"
#include "harness/pci/topology/topology.h"
#include "harness/run/plugin_loader.h"
#include "harness/run/worker.h"

namespace cfgtorture::native {
namespace {

constexpr double kDefaultDurationS = 0.25;
constexpr uint64_t kTickNs = 20'000'000;  // how often the watcher looks
constexpr double kStuckAnyhowS = 15;      // and this however busy the host is, before the front end takes us for hung
constexpr double kStuckAfterS = 1;  // nobody moves, and nobody sleeps for a time, for so long: a deadlock (stall.h)
constexpr double kStuckInSlicesS =
    3;  // on a host that starves us some of that is told late, and a slice is a short look
// A closed program is over before its threads have met; a workload meets itself often enough.
constexpr uint32_t kStandstillsOfClosedProgram = 4;
constexpr uint32_t kStandstillsOfWorkload = 256;
// A slice of a program whose operations are rare, or on a host that runs others, is over with a tenth of them or one.
constexpr uint64_t kSliceNs = 25'000'000;
constexpr uint64_t kLongestSliceNs = 150'000'000;
constexpr uint64_t kSliceLookNs = 1'000'000;
constexpr int kClosedProgramCpus = 8;  // as in the model: actors of a closed program do not share a CPU

class CellRun {
 public:
  CellRun(const CellSpec& spec, const run::LoadedPlugin& loaded, run::WorkerOutput& output)
      : loaded_(loaded), output_(output) {
    result_.spec = spec;
  }

  CellResult Run() {
    SetUp();
    started_ns_ = measure::MonotonicNs();
    BeginMeasuring();
    result_.status = "done";
    do {
      RunOnce();
    } while (!workload_ && !over_ && measure::MonotonicNs() < deadline_ns_);
    Summarise();
    if (!hung_) FillLocks(loaded_, calibration_.NsPerTick(), result_);
    if (run::kWantsInstrumented && !hung_ && result_.accesses == 0) {
      Fatal("the code under test reported no access: whatever it does, this cell has not seen it");
    }
    for (Finding& finding : FindingsOf(loaded_)) Report(std::move(finding));
    // Tasks that hang must not meet the destructors of what they use.
    if (hung_) {
      std::atexit([] {
        std::fflush(stdout);
        _exit(0);
      });
    }
    return std::move(result_);
  }

 private:
  void SetUp() {
    const CellSpec& spec = result_.spec;
    const engine::Flavour flavour = run::FlavourOf(spec);
    program_ = &run::ProgramOf(spec, loaded_);
    workload_ = program_->kind == ProgramKind::kWorkload;
    if (sliced() && !workload_) run::BadInput("--slices: only a workload runs until it is told to end");
    if (spec.threads == 0) run::BadInput("threads: 0; expected at least 1");
    duration_s_ = spec.duration_s > 0 ? spec.duration_s : kDefaultDurationS;

    const std::string path =
        spec.topology.empty() ? run::TopologyFile(CFGT_SOURCE_DIR, program_->topology) : spec.topology;
    absl::StatusOr<topology::Topology> topology = topology::Load(path);
    if (!topology.ok()) run::BadInput(std::string(topology.status().message()));

    // More tasks than CPUs take turns, so no more threads spin than the host can run at a time (design 9).
    const int allowed = AllowedCpus();
    int cpus = kClosedProgramCpus;
    if (workload_) {
      cpus = static_cast<int>(std::min<uint32_t>(spec.threads, kMaxCpus));
      if (cpus > allowed && !spec.oversubscribe) cpus = allowed;
      if (cpus < 2) cpus = 2;
    }
    BuildCpus({.cpus = cpus, .flavour = flavour, .time_scale = spec.time_scale});
    delivery::SetStandstills(workload_ ? kStandstillsOfWorkload : kStandstillsOfClosedProgram, spec.seed);
    hw::Latencies latencies = hw::DefaultLatencies();
    for (const auto& [name, value] : spec.latencies) {
      if (!hw::SetLatency(latencies, name, value)) run::BadInput(absl::StrCat("no latency \"", name, "\""));
    }
    hw::BuildMachine(*topology, latencies);
    hw::SetOperationCallbacks(OperationBegan, OperationEnded);
    if (run::kWantsInstrumented) {
      CountAccessesOf(loaded_.text_begin);
      WatchRacesIn(loaded_.text_begin, loaded_.text_end);
    }
    snapshot_.assign(reinterpret_cast<const char*>(loaded_.data_begin), loaded_.data_end - loaded_.data_begin);
    params_ = {spec.strategy.c_str(), spec.program.c_str(), spec.argument.c_str(), spec.side.c_str(),
               spec.bridge.c_str(),   spec.spin.c_str(),    spec.threads,          spec.options.c_str()};
    result_.metrics["virtual_cpus"] = cpus;
    result_.metrics["allowed_cpus"] = allowed;
    result_.metrics["oversubscribed"] = cpus > allowed ? 1 : 0;
    result_.metrics["time_scale"] = spec.time_scale;
    for (const hw::LatencyText& text : hw::kLatencyTable) {
      std::string name = absl::StrCat(text.basis, "_", text.name, "_", text.unit);  // "assumed_port_ns"
      std::replace(name.begin(), name.end(), '-', '_');
      result_.metrics[name] = text.value;
    }
  }

  // A closed program has no warm-up: each run of it begins anew.
  void BeginMeasuring() {
    const auto duration_ns = static_cast<uint64_t>(duration_s_ * 1e9);
    const auto warm_up_ns = static_cast<uint64_t>(workload_ ? result_.spec.warm_up_s * 1e9 : 0);
    warm_until_ns_ = started_ns_ + warm_up_ns;
    deadline_ns_ = sliced() ? UINT64_MAX : warm_until_ns_ + duration_ns;
    slice_began_ns_ = started_ns_;
    if (warm_up_ns == 0 && !sliced()) window_.Open(started_ns_, duration_ns, CountsNow());
    if (workload_ && result_.spec.stutter_s > 0) stutter_ns_ = static_cast<uint64_t>(result_.spec.stutter_s * 1e9);
    if (workload_ && result_.spec.shuffle_s > 0) shuffle_ns_ = static_cast<uint64_t>(result_.spec.shuffle_s * 1e9);
    next_stutter_ns_ = started_ns_ + stutter_ns_;
    next_shuffle_ns_ = started_ns_ + shuffle_ns_;
  }

  static Counts CountsNow() { return {TotalOperations(), Interrupts()}; }

  static void RunProgram(void* self) {
    CellRun& cell = *static_cast<CellRun*>(self);
    cell.loaded_.plugin->run(cell.params_);
  }

  // A closed program is run again and again, each time from the same state, as in the model.
  void RunOnce() {
    if (result_.executions != 0) {
      hw::ResetMachine();
      RestoreGlobals();
    }
    ++result_.executions;
    SetStop(over_);
    StartProgram(RunProgram, this);
    Watch();
    if (hung_) return;
    JoinProgram();
    ProgramEnds();
    ReadMetrics();
  }

  // Not memcpy: libtsan would take it for accesses of the program.
  void RestoreGlobals() const {
    auto to = reinterpret_cast<void*>(loaded_.data_begin);
    const char* from = snapshot_.data();
    size_t count = snapshot_.size();
#if defined(__x86_64__)
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
#else
    for (volatile char* at = static_cast<char*>(to); count != 0; --count) *at++ = *from++;
#endif
  }

  void Watch() {
    uint64_t progress = TotalProgress();
    Stall stall;
    while (!WaitForProgram(NextLook())) {
      const uint64_t now = measure::MonotonicNs();
      if (!over_ && sliced()) {
        if (deadline_ns_ == UINT64_MAX && SliceIsOver(now)) {  // the last one sets a deadline
          NextSlice();
          stall.Moved();
          continue;
        }
      } else if (!over_) {
        Measure(now);
      }
      if (!over_ && (now >= deadline_ns_ || output_.stop_requested())) {
        if (now < deadline_ns_) result_.status = "stopped";
        over_ = true;
        SetStop(true);
      }
      const uint64_t progress_now = TotalProgress();
      if (progress_now != progress || AnyTaskSleeps()) {
        progress = progress_now;
        stall.Moved();
      } else {
        stall.StoodStill(now);
        // Even a busy host runs everybody now and then.
        const double patience_s = sliced() ? kStuckInSlicesS : kStuckAfterS;
        if (stall.seconds() > patience_s) return Stuck(patience_s);
        if (stall.wall_seconds() > kStuckAnyhowS) return Stuck(kStuckAnyhowS);
      }
      if (!sliced() && now - reported_ns_ > 250'000'000) {
        reported_ns_ = now;
        Summarise();
        output_.Progress(result_);
      }
    }
    if (const char* why = EndedBecause()) {
      hung_ = over_ = true;
      result_.status = "crashed";
      result_.reason = why;
      Finding finding;
      finding.hazard = NameOf(Hazard::kCrash);
      finding.title = absl::StrCat("the program ended itself: ", why);
      finding.detail = DescribeTasks();
      Report(std::move(finding));
    }
  }

  bool sliced() const { return output_.slice_operations() != 0; }

  bool SliceIsOver(uint64_t now) const {
    const uint64_t operations = TotalOperations();
    const uint64_t lasted = now - std::min(now, slice_began_ns_);
    return operations >= output_.slice_operations() ||
           (lasted >= kSliceNs && operations >= output_.slice_operations() / 10) ||
           (lasted >= kLongestSliceNs && operations != 0);  // with none it may be a deadlock
  }

  void NextSlice() {
    SetPause(true);
    FillOperations(calibration_.NsPerTick(), result_);
    const bool next = output_.EndSlice(result_.operations);
    slice_began_ns_ = measure::MonotonicNs();
    BeginPeriod();
    if (!next) deadline_ns_ = slice_began_ns_;
    SetPause(false);
  }

  // The end of the warm-up, of a slice, of a pause, of the whole.
  void Measure(uint64_t now) {
    if (warm_until_ns_ > started_ns_ && now >= warm_until_ns_ && !warm_) {
      warm_ = true;
      BeginPeriod();
      window_.Open(now, deadline_ns_ - warm_until_ns_, {0, Interrupts()});
      if (paused_) window_.Pause(now, CountsNow());
    }
    window_.Look(now, CountsNow());
    if (now >= deadline_ns_ || output_.stop_requested()) window_.Pause(now, CountsNow());
    if (stutter_ns_ != 0 && now >= next_stutter_ns_) {
      next_stutter_ns_ = now + stutter_ns_;
      paused_ = !paused_;
      if (paused_) window_.Pause(now, CountsNow());
      SetPause(paused_);
      if (!paused_) window_.Resume(now, CountsNow());
    }
    if (shuffle_ns_ != 0 && now >= next_shuffle_ns_) {
      next_shuffle_ns_ = now + shuffle_ns_;
      ShuffleCpus();
    }
  }

  uint64_t NextLook() const {
    const uint64_t now = measure::MonotonicNs();
    if (over_) return kTickNs;
    uint64_t until = now + (sliced() ? kSliceLookNs : kTickNs);
    for (const uint64_t event : {deadline_ns_, warm_ ? 0 : warm_until_ns_, window_.NextNs(),
                                 stutter_ns_ != 0 ? next_stutter_ns_ : 0, shuffle_ns_ != 0 ? next_shuffle_ns_ : 0}) {
      if (event > now) until = std::min(until, event);
    }
    return until - now;
  }

  void Stuck(double seconds) {
    hung_ = over_ = true;
    deadlocks_ = 1;
    result_.reason = absl::StrFormat("no task moved for %.0f s", seconds);
    Finding finding;
    finding.hazard = NameOf(Hazard::kDeadlock);
    finding.title = absl::StrFormat("deadlock: no task makes progress for %.0f s", seconds);
    finding.detail = DescribeTasks();
    Report(std::move(finding));
  }

  void Report(Finding finding) {
    finding.id = absl::StrCat("f", result_.findings.size() + 1);
    output_.Found(finding);
    result_.findings.push_back(std::move(finding));
  }

  void ReadMetrics() {
    if (loaded_.plugin->metrics == nullptr) return;
    const MetricText* texts = nullptr;
    const double* values = nullptr;
    const uint32_t count = loaded_.plugin->metrics(&texts, &values);
    for (uint32_t i = 0; i < count; ++i) result_.metrics[texts[i].name] = values[i];
  }

  void Summarise() {
    result_.wall_s = static_cast<double>(measure::MonotonicNs() - started_ns_) * 1e-9;
    result_.accesses = AccessesSeen();
    FillHazards(program_->hazard_mask, deadlocks_, result_);
    FillMeasurements(calibration_.NsPerTick(), window_, result_);
  }

  const run::LoadedPlugin& loaded_;
  run::WorkerOutput& output_;
  measure::TickCalibration calibration_;
  const ProgramText* program_ = nullptr;
  ProgramParams params_;
  std::string snapshot_;
  bool workload_ = false;
  double duration_s_ = 0;
  uint64_t started_ns_ = 0;
  uint64_t warm_until_ns_ = 0;
  uint64_t deadline_ns_ = 0;
  uint64_t slice_began_ns_ = 0;
  bool warm_ = false;
  Window window_;
  uint64_t stutter_ns_ = 0, next_stutter_ns_ = 0;
  uint64_t shuffle_ns_ = 0, next_shuffle_ns_ = 0;
  bool paused_ = false;
  uint64_t reported_ns_ = 0;
  bool over_ = false;
  bool hung_ = false;
  uint64_t deadlocks_ = 0;
  CellResult result_;
};

}  // namespace
}  // namespace cfgtorture::native

namespace cfgtorture::run {

CellResult RunCell(const CellSpec& spec, const LoadedPlugin& plugin, WorkerOutput& output) {
  return std::make_unique<native::CellRun>(spec, plugin, output)->Run();
}

}  // namespace cfgtorture::run
