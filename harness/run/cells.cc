#include "harness/run/cells.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "harness/run/progress.h"
#include "harness/run/symbolize.h"

namespace cfgtorture::run {
namespace {

constexpr const char* kPending = "not reached";
constexpr double kCheckpointInterval = 1;  // seconds, at least; and so many times as long as the last one took: its
constexpr double kCheckpointShare =
    30;                             // cost grows with the result (24 MB after 1000 cells: two thirds of all CPU time)
constexpr double kOverhead = 0.05;  // of a process, seconds; for the estimate of the time left
constexpr int kPollMs = 50;

struct EngineClass {
  std::string_view engine;
  bool exclusive;  // one at a time
  bool fixed_addresses;
};
constexpr std::array<EngineClass, 4> kClasses = {{
    {"model", false, false},
    {"tsan", true, true},
    {"checked", true, false},
    {"native", true, false},
}};

double Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Blocks SIGINT and SIGTERM and reads them from a descriptor.
class SignalQueue {
 public:
  SignalQueue() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~SignalQueue() {
    close(fd_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  int fd() const { return fd_; }
  int Take() const {  // 0: none
    signalfd_siginfo info;
    return read(fd_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  sigset_t before_;
  int fd_;
};

double Budget(const CellSpec& spec) {
  if (spec.engine == "model") return spec.time_s;
  return spec.duration_s;
}

class Runner {
 public:
  Runner(RunResult& result, const CellsOptions& options)
      : result_(result),
        options_(options),
        progress_(options.progress, options.progress_is_terminal),
        symbolizer_({options.worker_folder}, options.source_folder),
        started_(Now()) {
    outcome_.endings.assign(result.cells.size(), Ending::kRunning);
    for (const CellResult& cell : result.cells) {
      if (!IsPending(cell)) continue;
      ++total_;
      weight_total_ += Weight(cell.spec);
    }
  }

  CellsOutcome Run() {
    for (const EngineClass& engine : kClasses) {
      std::vector<size_t> queue;
      for (size_t i = 0; i < result_.cells.size(); ++i) {
        if (IsPending(result_.cells[i]) && result_.cells[i].spec.engine == engine.engine) queue.push_back(i);
      }
      RunClass(engine, queue);
    }
    if (outcome_.signal != 0) {
      for (CellResult& cell : result_.cells) {
        if (IsPending(cell)) cell.reason = "interrupted before its turn";
      }
    }
    return std::move(outcome_);
  }

 private:
  struct Running {
    size_t cell;
    std::unique_ptr<WorkerProcess> worker;
  };

  // Seconds of the plan that a cell takes.
  double Weight(const CellSpec& spec) const {
    return (Budget(spec) + kOverhead) / (spec.engine == "model" ? std::max(1u, options_.model_jobs) : 1);
  }

  void RunClass(const EngineClass& engine, const std::vector<size_t>& queue) {
    const size_t width = engine.exclusive ? 1 : std::max(1u, options_.model_jobs);
    size_t next = 0;
    while (!running_.empty() || (next < queue.size() && outcome_.signal == 0)) {
      while (running_.size() < width && next < queue.size() && outcome_.signal == 0) Start(engine, queue[next++]);
      Wait();
      for (int signal; (signal = signals_.Take()) != 0;) {
        outcome_.signal = signal;
        for (Running& running : running_) running.worker->Stop();
      }
      for (size_t i = 0; i < running_.size();) {
        running_[i].worker->Poll();
        if (running_[i].worker->finished()) {
          Finished(running_[i]);
          running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
        } else {
          ++i;
        }
      }
      Report();
    }
  }

  void Start(const EngineClass& engine, size_t index) {
    CellResult& cell = result_.cells[index];
    WorkerProcess::Options options;
    options.executable = absl::StrCat(options_.worker_folder, "/cfgtorture-", cell.spec.engine);
    options.fixed_addresses = engine.fixed_addresses;
    options.silence_s = options_.silence_s;
    const double budget = Budget(cell.spec);
    if (budget > 0) options.limit_s = 3 * budget + 3 * options_.silence_s;
    absl::StatusOr<std::unique_ptr<WorkerProcess>> worker = WorkerProcess::Start(cell, options);
    if (worker.ok()) {
      running_.push_back({index, *std::move(worker)});
      return;
    }
    cell.reason = std::string(worker.status().message());
    outcome_.endings[index] = absl::IsFailedPrecondition(worker.status()) ? Ending::kRunning : Ending::kHarnessFailed;
    Count(cell);
  }

  void Wait() {
    std::vector<pollfd> fds = {{signals_.fd(), POLLIN, 0}};
    int timeout = kPollMs;
    for (const Running& running : running_) {
      // Both closed: its death is a matter of moments.
      if (running.worker->stdout_fd() < 0 && running.worker->stderr_fd() < 0) timeout = 1;
      for (const int fd : {running.worker->stdout_fd(), running.worker->stderr_fd()}) {
        if (fd >= 0) fds.push_back({fd, POLLIN, 0});
      }
    }
    if (!running_.empty()) poll(fds.data(), fds.size(), timeout);
  }

  void Finished(const Running& running) {
    CellResult cell = running.worker->result();
    std::vector<Finding> findings;
    for (Finding& finding : cell.findings) {
      symbolizer_.Fill(finding);
      NameSites(cell.spec, finding);
      const auto same = std::find_if(findings.begin(), findings.end(),
                                     [&](const Finding& other) { return other.fingerprint == finding.fingerprint; });
      if (same == findings.end()) {
        findings.push_back(std::move(finding));
        continue;
      }
      const uint64_t count = same->count + finding.count;
      // One cause, one finding: the simplest recording of it stays.
      if (finding.preemptions >= 0 && (same->preemptions < 0 || finding.preemptions < same->preemptions)) {
        *same = std::move(finding);
      }
      same->count = count;
    }
    cell.findings = std::move(findings);
    for (LockResult& lock : cell.locks) {
      for (LockSite& site : lock.sites) symbolizer_.Fill(site.stack);
    }
    for (IrqsOffSection& section : cell.irqs_off_max) symbolizer_.Fill(section.stack);
    outcome_.endings[running.cell] = running.worker->ending();
    if (!running.worker->trace().empty()) outcome_.traces[cell.spec.id] = running.worker->trace();
    result_.cells[running.cell] = std::move(cell);
    Count(result_.cells[running.cell]);
  }

  void Count(const CellResult& cell) {
    ++done_;
    findings_ += cell.findings.size();
    weight_done_ += Weight(cell.spec);
    changed_ = true;
  }

  void Report() {
    const double now = Now();
    if (options_.checkpoint && now >= next_checkpoint_ && (changed_ || !running_.empty())) {
      changed_ = false;
      RunResult partial = result_;
      for (const Running& running : running_) {
        CellResult& cell = partial.cells[running.cell] = running.worker->result();
        cell.status = "stopped";
        cell.reason = "still running when this was written";
        for (Finding& finding : cell.findings) {
          if (finding.fingerprint.empty()) finding.fingerprint = Fingerprint({finding.hazard, finding.title});
        }
      }
      partial.summary.wall_s = now - started_;
      options_.checkpoint(partial);
      const double then = Now();
      next_checkpoint_ = then + std::max(kCheckpointInterval, kCheckpointShare * (then - now));
    }
    if (!progress_.Due(now - started_)) return;
    ProgressFigures figures;
    figures.done = done_;
    figures.total = total_;
    figures.findings = findings_;
    double weight_running = 0;
    for (const Running& running : running_) {
      const CellResult& cell = running.worker->result();
      figures.findings += running.worker->findings_so_far();
      if (cell.wall_s > 0) figures.executions_per_s += static_cast<double>(cell.executions) / cell.wall_s;
      figures.running = cell.spec.id;
      weight_running += std::min(1.0, Budget(cell.spec) > 0 ? cell.wall_s / Budget(cell.spec) : 0) * Weight(cell.spec);
    }
    // The pace so far, once there is one; until then the plan's own figures.
    const double done = weight_done_ + weight_running;
    const double pace = done > 0.05 * weight_total_ ? (now - started_) / done : 1;
    if (weight_total_ > static_cast<double>(total_) * kOverhead * 1.01 || done_ > 0)
      figures.left_s = std::max(0.0, weight_total_ - done) * pace;
    progress_.Show(now - started_, figures);
  }

  RunResult& result_;
  const CellsOptions& options_;
  SignalQueue signals_;
  ProgressLine progress_;
  Symbolizer symbolizer_;
  const double started_;
  double next_checkpoint_ = 0;
  bool changed_ = false;
  uint64_t total_ = 0, done_ = 0, findings_ = 0;
  double weight_total_ = 0, weight_done_ = 0;
  std::vector<Running> running_;
  CellsOutcome outcome_;
};

}  // namespace

bool IsPending(const CellResult& cell) { return cell.status == "not-run" && cell.reason == kPending; }

CellResult PendingCell(const CellSpec& spec, const std::vector<std::string>& hazards) {
  CellResult cell;
  cell.spec = spec;
  cell.reason = kPending;
  for (const std::string& hazard : hazards) {
    cell.hazards[hazard].verdict = "undecided";
    cell.hazards[hazard].reason = "the cell was not run";
  }
  return cell;
}

CellsOutcome RunCells(RunResult& result, const CellsOptions& options) { return Runner(result, options).Run(); }

}  // namespace cfgtorture::run
