// harness/cli/session.h: what the commands that run cells have in common, from the first line on stderr to the last.
#ifndef CFGTORTURE_HARNESS_CLI_SESSION_H_
#define CFGTORTURE_HARNESS_CLI_SESSION_H_

#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/cli/command.h"
#include "harness/result/run_result.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {

// Options of every such command, as text.
struct CommonOptions {
  std::string plugin;
  std::string json;
  std::string out;
  std::string seed = "1";
  std::string topology;
  bool quiet = false;
};
std::vector<Option> OptionsOf(CommonOptions& options);

// The builds of the code under test that belong together: the one of the model and tsan workers, and its plain sibling.
struct PluginFiles {
  std::string instrumented;
  std::string plain;     // "" if there is none
  std::string observed;  // the same
  const std::string& ForEngine(const std::string& engine) const;
};

// Creates the folder of --out and its parents; an existing one must be writable.
absl::Status MakeFolder(const std::string& path);

// While it lives, no other run of ours writes into the folder: two would replace each other's result every second. The
// kernel forgets it with the process, however that ends.
class FolderClaim {
 public:
  FolderClaim() = default;
  FolderClaim(FolderClaim&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderClaim& operator=(FolderClaim&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FolderClaim();
  // Errors: another run has it. A file system that knows no such locks is taken at its word.
  static absl::StatusOr<FolderClaim> Of(const std::string& folder);

 private:
  int fd_ = -1;
};

class Session {
 public:
  // Checks the common options, asks a worker for the catalogue. Prints nothing: what the user did wrong is one line.
  // `needs_instrumented`: false where only plain code will run.
  static absl::StatusOr<Session> Begin(const std::vector<std::string>& words, const CommonOptions& options,
                                       bool needs_instrumented = true);

  RunResult& result() { return result_; }
  const Catalogue& catalogue() const { return result_.catalogue; }
  const PluginFiles& plugin() const { return plugin_; }
  const std::string& topology() const { return topology_; }  // absolute path, or ""
  const std::string& out() const { return out_; }            // folder, or ""
  uint64_t seed() const { return result_.seed; }
  // Where text for people goes: stdout; stderr if stdout carries JSON; null if quiet.
  std::FILE* text() const { return text_; }

  // Prints the first line once, and `plan` below it.
  void Announce(const std::string& plan);

  // The same; runs the pending cells of result() with progress and checkpoints.
  // `campaign`: cells are shared out among jobs, and --out keeps what a later run needs to go on.
  run::CellsOutcome Run(unsigned model_jobs, const std::string& plan = "", bool campaign = false);

  // Writes report.html and report.md into out(), if there is one.
  absl::Status SaveReports() const;

  // Saves the result where --json and --out ask for it, prints the last line; `next`: what to do now, a line each.
  // Returns the exit status of the summary.
  absl::StatusOr<int> End(const std::vector<std::string>& next);

 private:
  Session() = default;

  RunResult result_;
  PluginFiles plugin_;
  std::string topology_;
  std::string out_;
  FolderClaim out_is_ours_;
  std::string json_;
  bool quiet_ = false;
  std::FILE* text_ = nullptr;
  double started_s_ = 0;
  bool begun_ = false;  // the first line was printed
};

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_SESSION_H_
