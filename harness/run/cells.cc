#include "harness/run/cells.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/result/causes.h"
#include "harness/run/now.h"
#include "harness/run/progress.h"
#include "harness/run/shares.h"
#include "harness/run/symbolize.h"

namespace cfgtorture::run {
namespace {

constexpr const char* kPending = "not reached";
constexpr double kCheckpointInterval = 0.7;  // seconds; with a worker's 0.25 between lines, a second is lost at most
constexpr double kOverhead = 0.05;           // of a process, seconds; for the estimate of the time left
constexpr double kGuessedRate = 300'000;     // executions/s, until there is a pace
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

// Seconds that it may take by its own limits; 0: nobody knows.
double Budget(const CellSpec& spec) {
  if (spec.engine != "model") return spec.duration_s;
  return spec.time_s > 0 ? spec.time_s : static_cast<double>(spec.executions) / kGuessedRate;
}

// How far it is, 0 to 1.
double Fraction(const CellSpec& limits, const CellResult& cell) {
  double fraction = 0;
  if (limits.executions > 0) fraction = static_cast<double>(cell.executions) / static_cast<double>(limits.executions);
  const double time = limits.engine == "model" ? limits.time_s : limits.duration_s;
  if (time > 0) fraction = std::max(fraction, cell.wall_s / time);
  return std::min(1.0, fraction);
}

std::vector<std::string> NamesOf(const std::map<std::string, HazardOutcome>& hazards) {
  std::vector<std::string> names;
  names.reserve(hazards.size());
  for (const auto& [name, outcome] : hazards) names.push_back(name);
  return names;
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
    cells_.resize(result.cells.size());
    for (const EngineClass& engine : kClasses) {
      const uint64_t cells =
          static_cast<uint64_t>(std::count_if(result.cells.begin(), result.cells.end(), [&](const CellResult& cell) {
            return IsPending(cell) && cell.spec.engine == engine.engine;
          }));
      for (size_t i = 0; i < result.cells.size(); ++i) {
        const CellResult& cell = result.cells[i];
        if (!IsPending(cell) || cell.spec.engine != engine.engine) continue;
        ++total_;
        cells_[i].earlier = cell;
        cells_[i].listed = NamesOf(cell.hazards);
        const bool share = options.share_cells && !engine.exclusive;
        const std::vector<CellSpec> shares =
            SharesOf(cell, share ? std::max<uint64_t>(1, options.model_jobs / cells) : 1);
        cells_[i].left = shares.size();
        for (const CellSpec& spec : shares) {
          weight_total_ += Weight(spec);
          jobs_[engine.engine].push_back({i, spec});
        }
      }
    }
  }

  CellsOutcome Run() {
    for (const EngineClass& engine : kClasses) {
      RunClass(engine, jobs_[engine.engine]);
    }
    if (outcome_.signal != 0) {
      for (CellResult& cell : result_.cells) {
        if (!IsPending(cell)) continue;
        cell.reason = "interrupted before its turn";
        if (cell.executions > 0) cell.status = "stopped";
      }
    }
    return std::move(outcome_);
  }

 private:
  struct Job {
    size_t cell;
    CellSpec spec;
  };
  struct Running {
    Job job;
    std::unique_ptr<WorkerProcess> worker;
  };
  struct Cell {  // of result_.cells, as it comes together
    CellResult earlier;
    std::vector<std::string> listed;  // hazards that it is about
    std::vector<CellResult> shares;   // that are done
    size_t left = 0;                  // jobs that are not
    bool found_all = false;           // what its shares found together is all that it can show
  };

  // Seconds of the plan that a cell takes.
  double Weight(const CellSpec& spec) const {
    return (Budget(spec) + kOverhead) / (spec.engine == "model" ? std::max(1u, options_.model_jobs) : 1);
  }

  void RunClass(const EngineClass& engine, const std::vector<Job>& queue) {
    const size_t width = engine.exclusive ? 1 : std::max(1u, options_.model_jobs);
    size_t next = 0;
    while (!running_.empty() || (next < queue.size() && outcome_.signal == 0)) {
      while (running_.size() < width && next < queue.size() && outcome_.signal == 0) Start(engine, queue[next++]);
      Wait();
      for (int signal; (signal = signals_.Take()) != 0;) {
        outcome_.signal = signal;
        for (Running& running : running_) running.worker->Stop();
      }
      for (Running& running : running_) running.worker->Poll();
      StopWhatFoundAll();
      for (size_t i = 0; i < running_.size();) {
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

  void Start(const EngineClass& engine, const Job& job) {
    WorkerProcess::Options options;
    options.executable = absl::StrCat(options_.worker_folder, "/cfgtorture-", job.spec.engine);
    options.fixed_addresses = engine.fixed_addresses;
    options.silence_s = options_.silence_s;
    const double limit = engine.engine == "model" ? job.spec.time_s : job.spec.duration_s;
    if (limit > 0) options.limit_s = 3 * limit + 3 * options_.silence_s;
    CellResult planned = PendingCell(job.spec, cells_[job.cell].listed);
    absl::StatusOr<std::unique_ptr<WorkerProcess>> worker = WorkerProcess::Start(planned, options);
    if (worker.ok()) {
      running_.push_back({job, *std::move(worker)});
      return;
    }
    planned.reason = std::string(worker.status().message());
    Add(job, std::move(planned),
        absl::IsFailedPrecondition(worker.status()) ? Ending::kRunning : Ending::kHarnessFailed);
  }

  // The cell of a job as it stands: what it held, what its shares have found, and what `running` ones have so far.
  CellResult CellNow(size_t index, const std::vector<CellResult>& running) const {
    const Cell& cell = cells_[index];
    std::vector<CellResult> shares = cell.shares;
    shares.insert(shares.end(), running.begin(), running.end());
    const CellSpec& spec = result_.cells[index].spec;
    CellResult now = After(cell.earlier, Together(spec, shares));
    if (!options_.keep_state) now.distinct_sketch.clear();
    return now;
  }

  // A cell ends when it has found all; if its shares have so together, those that run are stopped.
  void StopWhatFoundAll() {
    for (const Running& running : running_) {
      Cell& cell = cells_[running.job.cell];
      const bool alone = cell.left == 1 && cell.shares.empty() && cell.earlier.executions == 0;  // it knows itself
      if (!running.job.spec.until_found || cell.found_all || alone) continue;
      cell.found_all = std::all_of(cell.listed.begin(), cell.listed.end(), [&](const std::string& hazard) {
        const auto found_by = [&](const CellResult& part) { return FoundAll(part, {hazard}); };
        return found_by(cell.earlier) || std::any_of(cell.shares.begin(), cell.shares.end(), found_by) ||
               std::any_of(running_.begin(), running_.end(), [&](const Running& other) {
                 return other.job.cell == running.job.cell && found_by(other.worker->result());
               });
      });
      if (!cell.found_all) continue;
      for (const Running& other : running_) {
        if (other.job.cell == running.job.cell) other.worker->Stop();
      }
    }
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
    CellResult part = running.worker->result();
    Ending ending = running.worker->ending();
    if (ending == Ending::kStopped && outcome_.signal == 0) {  // by StopWhatFoundAll()
      ending = Ending::kAnswered;
      part.status = "done";
      part.reason.clear();
    }
    NameFindings(part);
    for (LockResult& lock : part.locks) {
      for (LockSite& site : lock.sites) symbolizer_.Fill(site.stack);
    }
    for (IrqsOffSection& section : part.irqs_off_max) symbolizer_.Fill(section.stack);
    for (AuditSite& site : part.sites) symbolizer_.Fill(site.stack);
    if (!running.worker->trace().empty()) outcome_.traces[part.spec.id] = TraceText(running.worker->trace());
    Add(running.job, std::move(part), ending);
  }

  std::string TraceText(const std::vector<Step>& steps) {
    Finding traced;
    traced.schedule = steps;
    symbolizer_.Fill(traced);
    std::string text;
    for (const Step& step : traced.schedule) {
      absl::StrAppendFormat(&text, "%6d  CPU%d %-8s %-20s %s", step.number, step.cpu, step.context, step.task,
                            step.text);
      if (!step.file.empty()) absl::StrAppendFormat(&text, "  (%s, %s:%d)", step.function, step.file, step.line);
      text += '\n';
    }
    return text;
  }

  // Symbolised, one a fingerprint: one cause, one finding, and the simplest recording of it stays.
  void NameFindings(CellResult& part) {
    std::vector<Finding> findings;
    for (Finding& finding : part.findings) {
      symbolizer_.Fill(finding);
      NameSites(part.spec, finding);
      AddFinding(findings, std::move(finding));
    }
    part.findings = std::move(findings);
  }

  // A share of a cell is over; with the last of them, the cell is.
  void Add(const Job& job, CellResult part, Ending ending) {
    Cell& cell = cells_[job.cell];
    Ending& whole = outcome_.endings[job.cell];
    if (cell.shares.empty() || whole == Ending::kAnswered) whole = ending;
    cell.shares.push_back(std::move(part));
    weight_done_ += Weight(job.spec);
    if (--cell.left != 0) return;
    result_.cells[job.cell] = CellNow(job.cell, {});
    changed_.insert(job.cell);
    ++done_;
    findings_ += result_.cells[job.cell].findings.size();
  }

  void Report() {
    const double now = Now();
    if (options_.checkpoint && now - last_checkpoint_ >= kCheckpointInterval &&
        (!changed_.empty() || !running_.empty())) {
      last_checkpoint_ = now;
      Checkpoint(now);
    }
    if (!progress_.Due(now - started_)) return;
    ProgressFigures figures;
    figures.done = done_;
    figures.total = total_;
    figures.findings = findings_;
    double weight_running = 0;
    uint64_t executions = 0, distinct = 0;
    for (const Running& running : running_) {
      const CellResult& cell = running.worker->result();
      figures.findings += running.worker->findings_so_far();
      if (cell.wall_s > 0) figures.executions_per_s += static_cast<double>(cell.executions) / cell.wall_s;
      executions += cell.executions;
      distinct += cell.distinct;
      figures.running = result_.cells[running.job.cell].spec.id;
      weight_running += Fraction(running.job.spec, cell) * Weight(running.job.spec);
    }
    if (distinct > 0)
      figures.new_share = std::min(1.0, static_cast<double>(distinct) / static_cast<double>(executions));
    // The pace so far, once there is one; until then the plan's own figures.
    const double done = weight_done_ + weight_running;
    const double pace = done > 0.05 * weight_total_ ? (now - started_) / done : 1;
    if (weight_total_ > static_cast<double>(total_) * kOverhead * 1.01 || done_ > 0)
      figures.left_s = std::max(0.0, weight_total_ - done) * pace;
    progress_.Show(now - started_, figures);
  }

  void Checkpoint(double now) {
    std::map<size_t, std::vector<CellResult>> parts;
    for (const Running& running : running_) {
      CellResult part = running.worker->result();
      part.status = "stopped";
      part.reason = "still running when this was written";
      NameFindings(part);
      parts[running.job.cell].push_back(std::move(part));
    }
    for (const auto& [cell, running] : parts) {
      result_.cells[cell] = CellNow(cell, running);
      changed_.insert(cell);
    }
    result_.summary.wall_s = now - started_;
    options_.checkpoint({changed_.begin(), changed_.end()});
    changed_.clear();
  }

  RunResult& result_;
  const CellsOptions& options_;
  SignalQueue signals_;
  ProgressLine progress_;
  Symbolizer symbolizer_;
  const double started_;
  double last_checkpoint_ = 0;
  std::set<size_t> changed_;  // cells, since the last checkpoint
  uint64_t total_ = 0, done_ = 0, findings_ = 0;
  double weight_total_ = 0, weight_done_ = 0;
  std::map<std::string_view, std::vector<Job>> jobs_;  // by engine
  std::vector<Cell> cells_;
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
