#include "harness/cli/session.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/pci/topology/topology.h"
#include "harness/result/printable.h"
#include "harness/result/replay_command.h"
#include "harness/run/describe.h"
#include "harness/run/environment.h"
#include "harness/run/now.h"
#include "reports/html/html.h"
#include "reports/markdown/markdown.h"

namespace cfgtorture::cli {
namespace {

absl::StatusOr<std::string> Absolute(std::string_view option, const std::string& path) {
  char buffer[PATH_MAX];
  if (realpath(path.c_str(), buffer) == nullptr || access(buffer, R_OK) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(option), " ", path, ": cannot be read: ", std::strerror(errno)));
  }
  return std::string(buffer);
}

// "libmine_instrumented.so" -> "libmine_plain.so", if that is there.
std::string Sibling(const std::string& instrumented, const std::string& build) {
  const std::string word = "_instrumented";
  const size_t at = instrumented.rfind(word);
  if (at == std::string::npos) return "";
  std::string path = instrumented;
  path.replace(at, word.size(), "_" + build);
  return access(path.c_str(), R_OK) == 0 ? path : "";
}

std::string CommandOf(const RunResult& result) { return result.command.size() > 1 ? result.command[1] : ""; }

std::string OfRun(const RunResult& result) {
  return absl::StrCat(": seed ", result.seed, ", build ", result.tool.build_id, ": ", CommandLine(result.command));
}

}  // namespace

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && !std::filesystem::is_directory(path, error)) error = std::make_error_code(std::errc::not_a_directory);
  if (!error && access(path.c_str(), W_OK | X_OK) != 0) error = std::error_code(errno, std::generic_category());
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat("--out ", path, ": cannot be written: ", error.message()));
  }
  return absl::OkStatus();
}

FolderClaim::~FolderClaim() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<FolderClaim> FolderClaim::Of(const std::string& folder) {
  FolderClaim claim;
  claim.fd_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (claim.fd_ >= 0 && flock(claim.fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--out ", folder, ": another run of cfgtorture writes there; wait for its end, or name another folder"));
  }
  return claim;
}

std::vector<Option> OptionsOf(CommonOptions& options) {
  return {
      {"--plugin", "FILE.so", "code under test to load instead of the built-in (its instrumented build)",
       &options.plugin},
      {"--topology", "PATH", "machine to emulate: text of lspci -xxxx, or a folder as /sys/bus/pci/devices",
       &options.topology},
      {"--seed", "N", "seed of every random choice (1)", &options.seed},
      {"--out", "DIR", "write result.json there", &options.out},
      {"--json", "FILE", "write the result there; - is stdout, which then holds nothing else", &options.json},
      {"--quiet", nullptr, "no progress and no text: the exit status and the files tell", nullptr, &options.quiet},
  };
}

const std::string& PluginFiles::ForEngine(const std::string& engine) const {
  if (engine == "native") return plain;
  if (engine == "checked") return observed;
  return instrumented;
}

absl::StatusOr<Session> Session::Begin(const std::vector<std::string>& words, const CommonOptions& options,
                                       bool needs_instrumented) {
  Session session;
  session.started_s_ = run::Now();
  session.quiet_ = options.quiet;
  session.text_ = options.quiet ? nullptr : options.json == "-" ? stderr : stdout;
  session.result_.command = words;
  absl::StatusOr<uint64_t> seed = ParseCount("--seed", options.seed, 0, UINT64_MAX);
  if (!seed.ok()) return seed.status();
  session.result_.seed = *seed;

  if (!options.topology.empty()) {
    absl::StatusOr<std::string> path = Absolute("--topology", options.topology);
    if (!path.ok()) return path.status();
    absl::StatusOr<topology::Topology> topology = topology::Load(options.topology);
    if (!topology.ok()) return absl::InvalidArgumentError(topology.status().message());
    if (!options.quiet) {
      for (const std::string& warning : topology->warnings)
        std::fprintf(stderr, "warning: %s\n", PrintableLine(warning).c_str());
    }
    session.topology_ = *path;
  }
  if (!options.out.empty()) {
    if (absl::Status status = MakeFolder(options.out); !status.ok()) return status;
    absl::StatusOr<FolderClaim> claim = FolderClaim::Of(options.out);
    if (!claim.ok()) return claim.status();
    session.out_is_ours_ = *std::move(claim);
    session.out_ = options.out;
  }

  const std::string folder = run::OwnFolder();
  if (options.plugin.empty()) {
    const std::string code = absl::StrCat(folder, "/", std::string(kBuiltInCode));
    session.plugin_ = {code + "instrumented.so", code + "plain.so", code + "observed.so"};
    for (const std::string* file : {&session.plugin_.instrumented, &session.plugin_.plain}) {
      if (access(file->c_str(), R_OK) == 0) continue;
      return absl::InternalError(absl::StrCat(*file, ": cannot be read; it is built with the workers (scripts/run)"));
    }
  } else {
    absl::StatusOr<std::string> path = Absolute("--plugin", options.plugin);
    if (!path.ok()) return path.status();
    session.plugin_ = {*path, Sibling(*path, "plain"), Sibling(*path, "observed")};
    if (!needs_instrumented && session.plugin_.plain.empty()) session.plugin_ = {"", *path, *path};
  }
  const bool plain_only = session.plugin_.instrumented.empty();
  absl::StatusOr<Catalogue> catalogue =
      run::Describe(folder + (plain_only ? "/cfgtorture-native" : "/cfgtorture-model"),
                    plain_only ? session.plugin_.plain : session.plugin_.instrumented);
  if (!catalogue.ok()) return catalogue.status();
  session.result_.catalogue = *std::move(catalogue);
  session.result_.tool = {CFGT_VERSION, session.result_.catalogue.build_id};
  session.result_.environment = run::ThisEnvironment();

  if (!options.json.empty() && options.json != "-") {
    session.json_ = options.json;
    absl::Status status = Named("--json", SaveDraft(Serialize(session.result_), session.json_));  // valid, and empty
    if (!status.ok()) return status;
  } else {
    session.json_ = options.json;
  }
  return session;
}

void Session::Announce(const std::string& plan) {
  if (quiet_) return;
  if (!std::exchange(begun_, true)) {
    std::fprintf(stderr, "%s\n", PrintableLine(absl::StrCat("start of ", CommandOf(result_), OfRun(result_))).c_str());
  }
  if (!plan.empty()) std::fprintf(stderr, "%s\n", PrintableLine(plan).c_str());
}

run::CellsOutcome Session::Run(unsigned model_jobs, const std::string& plan, bool campaign) {
  if (!begun_) Announce(plan);
  run::CellsOptions options;
  options.worker_folder = run::OwnFolder();
  options.source_folder = CFGT_SOURCE_DIR;
  options.model_jobs = model_jobs;
  options.share_cells = campaign;
  options.keep_state = campaign && !out_.empty();
  options.progress = quiet_ ? nullptr : stderr;
  options.progress_is_terminal = isatty(STDERR_FILENO) != 0;
  if (!out_.empty() || (!json_.empty() && json_ != "-")) {
    options.checkpoint = [this, text = ResultText()](const std::vector<size_t>& changed) mutable {
      CountCells(result_);
      result_.summary.text = "incomplete: still running when this was written";
      const std::string whole = text.Of(result_, changed);
      // A full disk now must not end the run; the last Save() will say so.
      if (!out_.empty()) (void)SaveDraft(whole, out_ + "/result.json");
      if (!json_.empty() && json_ != "-") (void)SaveDraft(whole, json_);
    };
  }
  const bool measures = std::any_of(result_.cells.begin(), result_.cells.end(), [](const CellResult& cell) {
    return run::IsPending(cell) && cell.spec.engine != "model";
  });
  const double load_before = run::Load();
  Environment& environment = result_.environment;
  if (environment.load_before < 0) environment.load_before = load_before;  // a gate runs cells more than once
  run::CellsOutcome outcome = run::RunCells(result_, options);
  environment.load_after = run::Load();
  std::string busy = run::BusyHost(load_before, environment.load_after, run::AllowedCpus());
  if (measures && !busy.empty()) result_.summary.left_out.push_back(std::move(busy));
  result_.summary.wall_s = run::Now() - started_s_;
  return outcome;
}

absl::Status Session::SaveReports() const {
  if (out_.empty()) return absl::OkStatus();
  for (const auto& [file, text] : {std::pair{"report.html", reports::RenderHtml(result_)},
                                   std::pair{"report.md", reports::RenderMarkdown(result_)}}) {
    if (absl::Status saved = SaveText(text, absl::StrCat(out_, "/", file)); !saved.ok()) return saved;
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Session::End(const std::vector<std::string>& next) {
  if (!out_.empty()) {
    if (absl::Status status = Save(result_, out_ + "/result.json"); !status.ok()) return status;
  }
  if (json_ == "-") {
    const std::string text = Serialize(result_);
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (absl::Status status = FlushStdout(); !status.ok()) return status;
  } else if (!json_.empty()) {
    if (absl::Status status = Save(result_, json_); !status.ok()) return status;
  }
  if (text_ != nullptr) {
    for (const std::string& line : next) std::fprintf(text_, "%s\n", PrintableLine(line).c_str());
    std::fflush(text_);
  }
  if (!quiet_) {
    const Summary& summary = result_.summary;
    std::fprintf(stderr, "%s\n",
                 PrintableLine(absl::StrCat("end of ", CommandOf(result_), ": ", summary.outcome, ": ", summary.text,
                                            " (exit ", summary.exit_status, ")", OfRun(result_)))
                     .c_str());
  }
  return result_.summary.exit_status;
}

}  // namespace cfgtorture::cli
