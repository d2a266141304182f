// cfgtorture replay: runs the execution that a token holds, bit for bit, or says which part differs.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/cli/pick_finding.h"
#include "harness/cli/print_run.h"
#include "harness/cli/session.h"
#include "harness/cli/table.h"
#include "harness/explore/cell_token.h"
#include "harness/result/replay_command.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::cli {
namespace {

constexpr uint64_t kLongestToken = uint64_t{16} << 20;

class Replay final : public Command {
 public:
  const char* name() const override { return "replay"; }
  const char* summary() const override { return "the execution that a token holds, bit for bit"; }
  const char* examples() const override {
    return "  cfgtorture replay ct1-...\n"
           "  cfgtorture replay finding.token --times 1000\n"
           "  cfgtorture replay out/result.json --finding 0f5a   (begins its fingerprint)\n"
           "  cfgtorture replay ct1-... --trace trace.txt\n"
           "  cfgtorture replay ct1-... --perfetto trace.json   (open it in ui.perfetto.dev)\n"
           "Exit status 0: it replayed bit for bit; the finding shows again. The token names cell and options; with "
           "--times each run is a process of its own, at addresses of its own.\n";
  }
  std::vector<Option> options() override {
    return {
        {"TOKEN", nullptr, "a token, a file that holds one, or a result that has the finding", &token_},
        {"--finding", "FINGERPRINT", "which finding of the result; the first letters do", &finding_},
        {"--times", "N", "run it that often, and compare (1)", &times_},
        {"--jobs", "N", "processes at a time (2)", &jobs_},
        {"--trace", "FILE", "write every step of the execution there", &trace_},
        {"--perfetto", "FILE", "write the finding's schedule there as trace events, for ui.perfetto.dev", &perfetto_},
        {"--plugin", "FILE.so", "code under test to load instead of the built-in", &common_.plugin},
        {"--json", "FILE", "write the result there; - is stdout", &common_.json},
        {"--quiet", nullptr, "no text: the exit status tells", nullptr, &common_.quiet}};
  }

  absl::StatusOr<int> Run(const std::vector<std::string>& words) override {
    if (token_.empty()) return absl::InvalidArgumentError("replay: name a token, a file that holds one, or a result");
    absl::StatusOr<std::string> token = Token();
    if (!token.ok()) return token.status();
    absl::StatusOr<uint64_t> times = ParseCount("--times", times_, 1, 1000000);
    if (!times.ok()) return times.status();
    absl::StatusOr<uint64_t> jobs = ParseCount("--jobs", jobs_, 1, 1024);
    if (!jobs.ok()) return jobs.status();
    if (absl::Status status = EmptyDraft("--trace", trace_); !status.ok()) return status;
    if (absl::Status status = EmptyDraft("--perfetto", perfetto_); !status.ok()) return status;
    absl::StatusOr<Session> begun = Session::Begin(words, common_);
    if (!begun.ok()) return begun.status();
    Session& session = *begun;
    RunResult& result = session.result();

    CellSpec spec;
    spec.engine = "model";
    spec.plugin = session.plugin().ForEngine("model");
    spec.kind = "scenario";  // until the worker has read the token
    spec.program = "token";
    spec.replay = *token;
    CellSpec named = spec;
    if (auto read = explore::ReadToken(named, result.tool.build_id, spec.plugin); !read.ok()) return read.status();
    for (uint64_t i = 0; i < *times; ++i) {
      spec.id = absl::StrCat("replay-", i + 1);
      spec.trace = i == 0 && !trace_.empty();
      spec.explain = i == 0;
      result.cells.push_back(run::PendingCell(spec, {}));
    }
    const run::CellsOutcome outcome = session.Run(static_cast<unsigned>(*jobs));
    JudgeByExpect(result, outcome, std::nullopt);

    // A token is evidence only if it shows the same each time.
    uint64_t diverged = 0;
    std::string how;
    std::set<std::string> shown, drawn;
    for (const CellResult& cell : result.cells) {
      if (cell.status != "done") continue;
      const auto identical = cell.metrics.find("replay_identical");
      if (identical == cell.metrics.end() || identical->second != 1) {
        ++diverged;
        if (how.empty()) how = cell.reason;
      }
      const auto text = [](const std::vector<Finding>& findings) {
        return Json(findings).dump(-1, ' ', false, Json::error_handler_t::replace);
      };
      std::vector<Finding> findings = cell.findings;
      if (!cell.spec.explain) drawn.insert(text(findings));
      for (Finding& finding : findings) {  // the first has orderings, and rows of what they are about
        finding.orderings.clear();
        finding.schedule.clear();
      }
      shown.insert(text(findings));
    }
    const size_t outcomes = std::max(shown.size(), drawn.size());
    const bool died = std::any_of(result.cells.begin(), result.cells.end(),
                                  [](const CellResult& cell) { return cell.status != "done"; });
    if (outcome.signal == 0 && !died) {
      if (diverged > 0 || outcomes > 1) {
        result.summary.outcome = "failed";
        result.summary.exit_status = kHarnessFailed;
        result.summary.text = diverged > 0 ? absl::StrCat(diverged, " of ", *times, " replays ", how)
                                           : absl::StrCat(*times, " replays, ", outcomes, " different outcomes");
      } else if (result.summary.outcome == "found" || result.summary.outcome == "holds") {
        // The finding is what the token promises: that it shows is exit 0.
        result.summary.exit_status = kHolds;
        result.summary.outcome = "holds";
        absl::StrAppend(&result.summary.text, "; ", *times, " of ", *times, " replays bit for bit");
      }
    }
    if (!trace_.empty() && !outcome.traces.empty()) {
      if (absl::Status status = SaveText(outcome.traces.begin()->second, trace_); !status.ok()) return status;
    }
    if (absl::Status status = SavePerfetto(result, perfetto_); !status.ok()) return status;
    if (session.text() != nullptr && result.summary.exit_status != kUsageOrInput) {
      for (const Finding& finding : result.cells.front().findings) {
        std::fprintf(session.text(), "%s\n",
                     FindingText(result.cells.front().spec, finding, StyleOf(session.text()).width).c_str());
      }
    }
    if (result.summary.exit_status == kUsageOrInput) return absl::InvalidArgumentError(result.cells.front().reason);
    std::vector<std::string> next;
    if (trace_.empty()) next.push_back("next: --trace FILE writes every step");
    return session.End(next);
  }

 private:
  // A word that names a file is read; anything else is the token itself. A result knows the plug-in too.
  absl::StatusOr<std::string> Token() {
    struct stat info;
    if (stat(token_.c_str(), &info) != 0) {
      if (token_.find('/') != std::string::npos || token_.find('.') != std::string::npos)
        return absl::NotFoundError(absl::StrCat("replay: ", token_, ": no such file"));
      return finding_.empty() ? absl::StatusOr<std::string>(token_)
                              : absl::InvalidArgumentError("replay: --finding goes with a result, not with a token");
    }
    std::string path = token_;
    if (S_ISDIR(info.st_mode)) {
      path += "/result.json";
    } else if (!S_ISREG(info.st_mode)) {
      return absl::InvalidArgumentError(absl::StrCat("replay ", path, ": is not a file"));
    }
    std::ifstream file(path);
    if (const int first = (file >> std::ws).peek(); !finding_.empty() || first == '{' || path != token_) {
      absl::StatusOr<RunResult> result = Load(path);
      if (!result.ok()) return result.status();
      const absl::StatusOr<Cause> cause =
          PickFinding(*result, finding_, absl::StrCat("replay ", path), /*with_token=*/true);
      if (!cause.ok()) return cause.status();
      const std::string& plugin = cause->cell->spec.plugin;
      if (common_.plugin.empty() && !IsBuiltIn(plugin) && access(plugin.c_str(), R_OK) == 0) common_.plugin = plugin;
      return cause->finding->token;
    }
    if (static_cast<uint64_t>(info.st_size) > kLongestToken) {
      return absl::InvalidArgumentError(absl::StrCat("replay ", path, ": is too long for a token"));
    }
    file.clear();
    file.seekg(0);
    std::stringstream text;
    text << file.rdbuf();
    std::string token = text.str();
    if (!file) return absl::InvalidArgumentError(absl::StrCat("replay ", path, ": cannot be read"));
    std::erase_if(token, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    if (token.empty()) return absl::InvalidArgumentError(absl::StrCat("replay ", path, ": is empty"));
    return token;
  }

  std::string token_;
  std::string finding_;
  std::string times_ = "1";
  std::string jobs_ = "2";
  std::string trace_;
  std::string perfetto_;
  CommonOptions common_;
};

}  // namespace

std::unique_ptr<Command> MakeReplay() { return std::make_unique<Replay>(); }

}  // namespace cfgtorture::cli
