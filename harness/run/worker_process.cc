#include "harness/run/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/result/counted.h"
#include "harness/result/hazard.h"
#include "harness/run/now.h"
#include "nlohmann/json.hpp"

extern char** environ;

namespace cfgtorture::run {
namespace {

constexpr size_t kLongestLine = size_t{64} << 20;  // a finding with its schedule takes some 100 KiB
constexpr double kStopGrace = 2;                   // seconds from SIGTERM to SIGKILL
constexpr double kStarvedAtMost = 30;              // silences, of a worker that gets no CPU

// libtsan starts without fixed addresses where the kernel randomises few bits (toolchain.md: 28 always works).
bool FewRandomBits() {
  std::ifstream file("/proc/sys/vm/mmap_rnd_bits");
  int bits = 0;
  return file >> bits && bits <= 28;
}

// posix_spawn has no hook for the personality, but its child inherits the caller's.
class FixedAddresses {
 public:
  explicit FixedAddresses(bool wanted) {
    if (!wanted) return;
    before_ = personality(0xffffffff);
    if (before_ == -1 || personality(static_cast<unsigned long>(before_) | ADDR_NO_RANDOMIZE) == -1) {
      refused_ = true;
    } else {
      changed_ = true;
    }
  }
  ~FixedAddresses() {
    if (changed_) personality(static_cast<unsigned long>(before_));
  }
  bool refused() const { return refused_; }

 private:
  int before_ = 0;
  bool changed_ = false;
  bool refused_ = false;
};

void Close(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

// A file in memory as stdin: no write that could block or meet a closed pipe.
bool Filled(const std::string& spec, int& in) {
  in = memfd_create("cell", MFD_CLOEXEC);
  return in >= 0 && write(in, spec.data(), spec.size()) == static_cast<ssize_t>(spec.size()) &&
         lseek(in, 0, SEEK_SET) == 0;
}

// As stdin what can be written to later, and tells of a closed end without a signal.
bool Connected(const std::string& spec, int& in, int& ours) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  in = ends[0];
  ours = ends[1];
  return send(ours, spec.data(), spec.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(spec.size());
}

// The last line of stderr that says something.
std::string LastLine(const std::string& text) {
  size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "";
  const size_t begin = text.find_last_of('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

// "SUMMARY: AddressSanitizer: heap-use-after-free ..." if a sanitizer wrote one.
std::string SanitizerSummary(const std::string& text) {
  const size_t at = text.rfind("SUMMARY: ");
  if (at == std::string::npos) return "";
  return text.substr(at + 9, text.find('\n', at) - at - 9);
}

}  // namespace

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? absl::StrCat("signal ", signal) : absl::StrCat("SIG", name);
}

WorkerProcess::WorkerProcess(const CellResult& planned, const Options& options) : options_(options), result_(planned) {}

absl::StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Start(const CellResult& planned, const Options& options) {
  const std::string spec = Json(planned.spec).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  int in = -1, ours = -1;
  if (!(options.slice_operations == 0 ? Filled(spec, in) : Connected(spec, in, ours))) {
    for (int* fd : {&in, &ours}) Close(*fd);
    return absl::UnavailableError(absl::StrCat("cannot hand a cell to a worker: ", std::strerror(errno)));
  }
  int out[2] = {-1, -1};
  int err[2] = {-1, -1};
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
    for (int* fd : {&in, &ours, &out[0], &out[1]}) Close(*fd);
    return absl::UnavailableError(absl::StrCat("pipe: ", std::strerror(errno)));
  }

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  // A process group of its own: Ctrl-C is ours to pass on. Nothing blocked or ignored that we block or ignore.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  std::unique_ptr<WorkerProcess> worker(new WorkerProcess(planned, options));
  std::string executable = options.executable;
  std::string option = "--slices", slices = absl::StrCat(options.slice_operations);
  char* const argv[] = {executable.data(), options.slice_operations == 0 ? nullptr : option.data(), slices.data(),
                        nullptr};
  int error = 0;
  bool refused = false;
  {
    FixedAddresses fixed(options.fixed_addresses);
    refused = fixed.refused() && !FewRandomBits();
    if (!refused) error = posix_spawn(&worker->pid_, argv[0], &actions, &attributes, argv, environ);
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  for (int* fd : {&in, &out[1], &err[1]}) Close(*fd);
  worker->stdin_fd_ = ours;
  worker->stdout_fd_ = out[0];
  worker->stderr_fd_ = err[0];
  if (refused || error != 0) worker->pid_ = -1;
  if (refused) {
    return absl::FailedPreconditionError(
        "address randomisation cannot be turned off here (personality(ADDR_NO_RANDOMIZE) is refused), and libtsan does "
        "not start with it");
  }
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat(options.executable, ": cannot be started: ", std::strerror(error)));
  }
  for (const int fd : {worker->stdout_fd_, worker->stderr_fd_}) fcntl(fd, F_SETFL, O_NONBLOCK);
  worker->started_s_ = worker->last_line_s_ = Now();
  return worker;
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  for (int* fd : {&stdin_fd_, &stdout_fd_, &stderr_fd_}) Close(*fd);
}

// It may be dead by now: then there is nobody to tell, and its end will be noticed.
void WorkerProcess::Resume() {
  stands_still_ = false;
  last_line_s_ = Now();
  if (send(stdin_fd_, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
}

void WorkerProcess::TakeStdout() {
  char buffer[16384];
  while (stdout_fd_ >= 0) {
    const ssize_t n = read(stdout_fd_, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // EAGAIN
    if (n == 0) {
      Close(stdout_fd_);
      return;
    }
    size_t from = line_.size();
    line_.append(buffer, static_cast<size_t>(n));
    size_t begin = 0;
    for (size_t end; (end = line_.find('\n', from)) != std::string::npos; from = begin = end + 1) {
      TakeLine(std::string_view(line_).substr(begin, end - begin));
    }
    line_.erase(0, begin);
    if (line_.size() > kLongestLine) {
      ++rubbish_lines_;
      line_.clear();
    }
  }
}

void WorkerProcess::TakeStderr() {
  char buffer[16384];
  while (stderr_fd_ >= 0) {
    const ssize_t n = read(stderr_fd_, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    if (n == 0) {
      Close(stderr_fd_);
      return;
    }
    stderr_tail_.append(buffer, static_cast<size_t>(n));
    if (stderr_tail_.size() > 2 * kStderrKept) stderr_tail_.erase(0, stderr_tail_.size() - kStderrKept);
  }
}

void WorkerProcess::TakeLine(std::string_view line) {
  if (line.empty()) return;
  const Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  try {
    if (!json.is_object()) throw std::invalid_argument("no object");
    const std::string type = json.at("type").get<std::string>();
    if (type == "progress") {
      json.at("executions").get_to(result_.executions);
      json.at("points").get_to(result_.points);
      json.at("wall_s").get_to(result_.wall_s);
      // A hazard that the line does not name keeps "undecided".
      if (const auto hazards = json.find("hazards"); hazards != json.end()) {
        for (const auto& [name, outcome] : hazards->items()) result_.hazards[name] = outcome.get<HazardOutcome>();
      }
      if (json.contains("metrics")) json.at("metrics").get_to(result_.metrics);
      if (json.contains("distinct_sketch")) {
        json.at("distinct_sketch").get_to(result_.distinct_sketch);
        json.at("distinct").get_to(result_.distinct);
        json.at("accesses").get_to(result_.accesses);
        json.at("self_checks").get_to(result_.self_checks);
        json.at("tree").get_to(result_.tree);
      }
      TakeFindingCounts(json);
    } else if (type == "finding") {
      Finding finding = json.at("finding").get<Finding>();
      if (!HazardFromName(finding.hazard)) throw std::invalid_argument("unknown hazard");
      ++findings_so_far_;
      bool known = false;  // a later line of the same id replaces the earlier: counts, a shorter schedule
      for (Finding& other : result_.findings) {
        if (other.id != finding.id) continue;
        other = finding;
        known = true;
      }
      if (!known) result_.findings.push_back(std::move(finding));
    } else if (type == "cell") {
      CellResult cell = json.at("cell").get<CellResult>();
      cell.findings = std::move(result_.findings);
      cell.spec.id = result_.spec.id;
      cell.spec.plugin = result_.spec.plugin;
      result_ = std::move(cell);
      TakeFindingCounts(json);
      answered_ = true;
    } else if (type == "slice") {
      slice_ = json.at("operations").get<std::vector<OperationMetric>>();
      stands_still_ = true;
    } else if (type == "trace") {
      trace_.push_back(json.at("step").get<Step>());
    } else if (type != "hello") {
      throw std::invalid_argument("unknown type");
    }
    last_line_s_ = Now();
  } catch (const std::exception&) {  // not JSON of ours: a damaged worker may print anything
    ++rubbish_lines_;
  }
}

void WorkerProcess::TakeFindingCounts(const Json& line) {
  const auto counts = line.find("finding_counts");
  if (counts == line.end()) return;
  for (Finding& finding : result_.findings) {
    const auto count = counts->find(finding.id);
    if (count != counts->end()) count->get_to(finding.count);
  }
}

void WorkerProcess::Stop() {
  if (pid_ <= 0) return;
  const bool again = stop_asked_s_ > 0;
  if (!again) stop_asked_s_ = Now();
  kill(pid_, again ? SIGKILL : SIGTERM);
}

void WorkerProcess::Poll() {
  if (finished()) return;
  TakeStdout();
  TakeStderr();
  int status = 0;
  const pid_t reaped = waitpid(pid_, &status, WNOHANG);
  if (reaped == pid_) {
    pid_ = -1;
    TakeStdout();
    TakeStderr();
    Finish(status);
    return;
  }
  const double now = Now();
  if (stop_asked_s_ > 0) {
    if (now - stop_asked_s_ > kStopGrace) kill(pid_, SIGKILL);
  } else if (hangs_.empty()) {
    const double silent_s = stands_still_ ? 0 : now - last_line_s_;
    const bool starved = starved_.Is(pid_, last_line_s_, now, options_.silence_s);
    if (silent_s > options_.silence_s && !starved) {
      hangs_ = absl::StrFormat("no line from the worker for %g s", options_.silence_s);
      kill(pid_, SIGKILL);
    } else if (silent_s > kStarvedAtMost * options_.silence_s) {
      Late(absl::StrFormat("no line from it for %.0f s", silent_s));
    } else if (options_.limit_s > 0 && now - started_s_ > options_.limit_s &&
               (silent_s < options_.silence_s / 4 || starved)) {  // else its silence has not told yet
      Late(absl::StrFormat("not through within %g s", options_.limit_s));
    }
  }
}

// A worker says what it does as it gets on: one that speaks does not hang, however long it takes.
void WorkerProcess::Late(const std::string& what) {
  late_ = absl::StrFormat("%s: the host was busy, or it is more than its time allows; in %.1f s it had %.1f s of CPU",
                          what, Now() - started_s_, CpuSeconds(pid_));
  Stop();
}

// Of a worker that did not come to judge: what it has told of is found.
void WorkerProcess::TellFound() {
  for (const Finding& finding : result_.findings) {
    HazardOutcome& outcome = result_.hazards[finding.hazard];
    if (outcome.verdict == "found") continue;
    const uint64_t hits = std::max<uint64_t>(1, finding.count);
    outcome.hits = hits;
    outcome.opportunities = std::max(outcome.opportunities, hits);
    outcome.verdict = "found";
    outcome.strength = "found before it was ended";
    outcome.fewest_preemptions = finding.preemptions;
    outcome.executions_to_first =
        static_cast<int64_t>(finding.first_execution) - static_cast<int64_t>(result_.spec.first_execution) + 1;
  }
}

void WorkerProcess::Died(const std::string& status, const std::string& how, const std::string& fingerprint) {
  result_.status = status;
  result_.reason = how;
  if (stderr_tail_.size() > kStderrKept) stderr_tail_.erase(0, stderr_tail_.size() - kStderrKept);
  Finding finding;
  finding.id = "crash";
  finding.hazard = std::string(NameOf(Hazard::kCrash));
  finding.title = absl::StrCat("the ", result_.spec.engine, " worker ", how);
  finding.fingerprint = Fingerprint({finding.hazard, result_.spec.engine, result_.spec.strategy, result_.spec.program,
                                     result_.spec.side, fingerprint});
  finding.detail = stderr_tail_.empty() ? "It wrote nothing on stderr."
                                        : absl::StrCat("Its stderr, the last of it:\n", stderr_tail_);
  finding.first_execution = result_.executions;
  result_.findings.push_back(std::move(finding));
  HazardOutcome& outcome = result_.hazards[std::string(NameOf(Hazard::kCrash))];
  outcome.hits = 1;
  outcome.opportunities = 1;
  outcome.verdict = "found";
  outcome.strength = how;
}

void WorkerProcess::Finish(int wait_status) {
  Close(stdout_fd_);
  Close(stderr_fd_);
  if (result_.wall_s == 0) result_.wall_s = Now() - started_s_;
  // What comes to its end when it is asked to for being late has answered, even if it is killed thereafter.
  const int code = !late_.empty() ? 0 : WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
  const std::string last_line = LastLine(stderr_tail_);
  if (!late_.empty() && !(answered_ && result_.status == "done")) {
    ending_ = Ending::kTimeout;
    result_.status = "timeout";
    result_.reason = absl::StrCat(late_, ", and ran ", Counted(result_.executions, "execution"),
                                  result_.spec.executions == 0 ? "" : absl::StrCat(" of ", result_.spec.executions));
  } else if (stop_asked_s_ > 0 && late_.empty()) {
    ending_ = Ending::kStopped;
    if (result_.status != "done") {
      result_.status = "stopped";
      if (result_.reason.empty()) result_.reason = "interrupted";
    }
  } else if (!hangs_.empty()) {
    ending_ = Ending::kTimeout;
    Died("timeout", absl::StrCat("hangs: ", hangs_), "timeout");
  } else if (WIFSIGNALED(wait_status) && late_.empty()) {
    ending_ = Ending::kCrashed;
    const std::string name = SignalName(WTERMSIG(wait_status));
    Died("crashed",
         absl::StrCat("died of ", name,
                      WTERMSIG(wait_status) == SIGKILL ? " (killed from outside, or out of memory)" : ""),
         name);
  } else if (code == 2) {
    ending_ = Ending::kBadInput;
    result_.status = "not-run";
    result_.reason = last_line.empty() ? "the worker refused the cell" : last_line;
  } else if (code == 3 || (code == 0 && !answered_)) {
    ending_ = Ending::kHarnessFailed;
    result_.status = "crashed";
    result_.reason = absl::StrCat("harness: ", code == 0           ? "the worker ended without an answer"
                                               : last_line.empty() ? "the worker failed and did not say why"
                                                                   : last_line);
  } else if (code != 0) {
    ending_ = Ending::kCrashed;
    const std::string summary = SanitizerSummary(stderr_tail_);
    Died("crashed", absl::StrCat("ended with exit status ", code, summary.empty() ? "" : ": ", summary),
         absl::StrCat("exit ", code, " ", summary.substr(0, summary.find(" /"))));
  } else {
    ending_ = Ending::kAnswered;
  }
  if (rubbish_lines_ > 0 && ending_ != Ending::kBadInput) {
    absl::StrAppend(&result_.reason, result_.reason.empty() ? "" : "; ", rubbish_lines_,
                    " lines of its stdout were not of the protocol");
  }
  if (ending_ == Ending::kAnswered) return;
  TellFound();
  for (auto& [name, outcome] : result_.hazards) {  // what was clean so far is not known to be so
    if (outcome.verdict == "found" || outcome.verdict == "not-applicable") continue;
    outcome.verdict = "undecided";
    outcome.reason = result_.reason;
  }
}

}  // namespace cfgtorture::run
