// harness/run/worker_process.h: one worker process that runs one cell.
//
// Whatever the worker does (dies, hangs, prints rubbish, is killed from outside) becomes the outcome of its cell. One
// thread owns the object; nothing here blocks.
#ifndef CFGTORTURE_HARNESS_RUN_WORKER_PROCESS_H_
#define CFGTORTURE_HARNESS_RUN_WORKER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/result/cell.h"
#include "harness/run/starved.h"

namespace cfgtorture::run {

inline constexpr size_t kStderrKept = size_t{64} << 10;  // the last bytes of it; shown in the finding

// Why a worker is no more.
enum class Ending {
  kRunning,
  kAnswered,       // the cell line came, and exit status 0
  kBadInput,       // exit status 2: the reason is its line on stderr
  kHarnessFailed,  // exit status 3, or it ended without an answer
  kCrashed,        // a signal, a sanitizer
  kTimeout,        // silent, or over its time: ended by us
  kStopped,        // asked to stop by us
};

class WorkerProcess {
 public:
  struct Options {
    std::string executable;
    bool fixed_addresses = false;   // ADDR_NO_RANDOMIZE: libtsan needs it where randomisation is strong
    double silence_s = 20;          // longest time without a line, unless it is starved; workers owe two a second
    double limit_s = 0;             // longest time in all, of wall; 0: none
    uint64_t slice_operations = 0;  // measure in slices (worker.h); 0: the whole cell at once
  };

  // `planned` names the cell, and holds the hazards that it is about as "undecided".
  // Errors: the worker cannot be started, or addresses cannot be fixed (FailedPrecondition).
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(const CellResult& planned, const Options& options);

  ~WorkerProcess();  // kills and reaps
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // For poll(): -1 once closed.
  int stdout_fd() const { return stdout_fd_; }
  int stderr_fd() const { return stderr_fd_; }
  pid_t pid() const { return pid_; }

  // Takes what has arrived, ends what is over its time, and notices a death. Call at least ten times a second.
  void Poll();
  bool finished() const { return ending_ != Ending::kRunning; }

  // Asks the worker to end its cell (SIGTERM); it is killed two seconds later, or at once by the second call.
  void Stop();

  // Of a cell in slices: the operations of the slice that has ended, once; then the worker stands still until Resume().
  std::optional<std::vector<OperationMetric>> TakeSlice() { return std::exchange(slice_, std::nullopt); }
  void Resume();

  // What is known so far; after finished(), the outcome, findings included.
  const CellResult& result() const { return result_; }
  uint64_t findings_so_far() const { return findings_so_far_; }
  Ending ending() const { return ending_; }
  // Rows of a recorded execution, if the cell asked for them.
  const std::vector<Step>& trace() const { return trace_; }

 private:
  WorkerProcess(const CellResult& planned, const Options& options);

  void TakeStdout();
  void TakeStderr();
  void TakeLine(std::string_view line);
  void TakeFindingCounts(const Json& line);
  void Finish(int wait_status);
  void Late(const std::string& what);
  void TellFound();
  void Died(const std::string& status, const std::string& how, const std::string& fingerprint);

  Options options_;
  CellResult result_;
  uint64_t findings_so_far_ = 0;
  pid_t pid_ = -1;
  int stdin_fd_ = -1;  // of a cell in slices
  int stdout_fd_ = -1;
  int stderr_fd_ = -1;
  std::string line_;  // the unfinished last line of stdout
  std::string stderr_tail_;
  std::vector<Step> trace_;
  std::optional<std::vector<OperationMetric>> slice_;
  bool stands_still_ = false;  // its slice is over: it owes no line
  bool answered_ = false;
  uint64_t rubbish_lines_ = 0;
  double started_s_ = 0;
  double last_line_s_ = 0;
  Starved starved_;
  double stop_asked_s_ = 0;  // 0: not asked
  std::string hangs_;        // why we killed it
  std::string late_;         // why we asked it to stop, though it was getting on
  Ending ending_ = Ending::kRunning;
};

// "SIGSEGV"; "signal 64" for one without a name.
std::string SignalName(int signal);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_WORKER_PROCESS_H_
