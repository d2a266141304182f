// cfgtorture report: results that lie in files, in the formats that people and tools read.
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/command.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/parse.h"
#include "harness/cli/pick_finding.h"
#include "harness/cli/report_formats.h"
#include "harness/cli/session.h"
#include "harness/result/printable.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::cli {
namespace {

// Of a result: itself, or that of its file.
std::string FolderOf(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return path;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

class Report final : public Command {
 public:
  Report() {
    for (const ReportFormat& format : ReportFormats()) {
      absl::StrAppend(&format_help_, format_help_.empty() ? "" : "; ", format.name, ": ", format.what);
    }
    format_help_ = absl::StrCat("formats, comma-separated, or all (html,md). ", format_help_);
  }
  const char* name() const override { return "report"; }
  const char* summary() const override {
    return "results in files as HTML, Markdown and other formats; two side by side";
  }
  const char* examples() const override {
    return "  cfgtorture report out/report\n"
           "  cfgtorture report out/report --format text             summary.txt, to paste into a mail\n"
           "  cfgtorture report out/report --finding 0f5a --format mail\n"
           "                                                         the mail of one finding: its fingerprint's first "
           "letters\n"
           "  cfgtorture report before after --out difference        two results, what changed first\n"
           "Without --out the report of one result lies beside it. Exit status 0 says that all was written, nothing of "
           "what the result says.\n";
  }
  std::vector<Option> options() override {
    return {
        {"RESULT", nullptr, "a result.json, or the folder that --out named; two are shown side by side", nullptr,
         nullptr, &results_},
        {"--format", "L", format_help_.c_str(), &format_},
        {"--finding", "FINGERPRINT", "of one finding alone (mail unless --format says otherwise); the first letters do",
         &finding_},
        {"--out", "DIR", "where to write (the folder of the one result; of one finding, a folder in it)", &out_},
        {"--json", nullptr, "say on stdout what was written, as JSON", nullptr, &json_},
        {"--quiet", nullptr, "no text: the exit status and the files tell", nullptr, &quiet_},
    };
  }

  absl::StatusOr<int> Run(const std::vector<std::string>&) override {
    if (results_.empty()) {
      return absl::InvalidArgumentError("report: which RESULT? A result.json, or the folder that --out named");
    }
    if (results_.size() > 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("report: ", results_.size(), " results; one is shown alone, two side by side"));
    }
    const bool two = results_.size() == 2;
    if (two && !finding_.empty()) return absl::InvalidArgumentError("report: --finding is of one result");
    if (!finding_.empty() && format_.empty()) format_ = "mail";
    if (format_.empty()) format_ = "html,md";
    if (two && out_.empty()) return absl::InvalidArgumentError("report: of two results, --out DIR says where");
    absl::StatusOr<std::vector<const ReportFormat*>> formats = Formats(two);
    if (!formats.ok()) return formats.status();

    std::vector<RunResult> results;
    std::string folder = out_;
    for (const std::string& path : results_) {
      absl::StatusOr<RunResult> result = Load(path);
      if (!result.ok()) return result.status();
      if (folder.empty()) folder = FolderOf(path);
      if (!finding_.empty()) {
        const absl::StatusOr<Cause> cause = PickFinding(*result, finding_, absl::StrCat("report ", path), false);
        if (!cause.ok()) return cause.status();
        const std::string fingerprint = cause->finding->fingerprint;
        for (CellResult& cell : result->cells)
          std::erase_if(cell.findings, [&](const Finding& other) { return other.fingerprint != fingerprint; });
        // What lies beside the result is of all findings.
        if (out_.empty()) folder = (std::filesystem::path(folder) / SafeName("finding-" + fingerprint)).string();
      }
      results.push_back(*std::move(result));
    }
    if (absl::Status made = MakeFolder(folder); !made.ok()) return made;

    std::vector<std::string> text;
    Json written = Json::array();
    for (const ReportFormat* format : *formats) {
      const std::vector<ReportFile> files =
          two ? format->side_by_side(results[0], results[1]) : format->render(results[0]);
      if (files.empty()) text.push_back(absl::StrCat(format->name, ": nothing to write for this result"));
      for (const ReportFile& file : files) {
        const std::string path = (std::filesystem::path(folder) / file.name).string();
        if (absl::Status saved = SaveText(file.text, path); !saved.ok()) return saved;
        written.push_back({{"format", format->name}, {"file", path}, {"bytes", file.text.size()}});
        if (files.size() == 1) text.push_back(absl::StrCat("wrote ", path, ", ", file.text.size(), " bytes"));
      }
      if (files.size() > 1) {
        text.push_back(absl::StrCat("wrote ", files.size(), " files of --format ", format->name, " into ", folder, ": ",
                                    files.front().name, " to ", files.back().name));
      }
      if (!files.empty()) {
        const std::string first = (std::filesystem::path(folder) / files.front().name).string();
        next_.push_back(absl::StrCat(first, ": ", format->next));
      }
    }
    if (json_) std::printf("%s\n", Json{{"written", std::move(written)}}.dump(1).c_str());
    if (quiet_) return 0;
    std::FILE* stream = json_ ? stderr : stdout;
    for (const std::string& line : text) std::fprintf(stream, "%s\n", PrintableLine(line).c_str());
    for (size_t i = 0; i < next_.size(); ++i) {
      std::fprintf(stream, "%s %s\n", i == 0 ? "next:" : "     ", PrintableLine(next_[i]).c_str());
    }
    return 0;
  }

 private:
  absl::StatusOr<std::vector<const ReportFormat*>> Formats(bool two) const {
    std::vector<std::string> known;
    for (const ReportFormat& format : ReportFormats()) {
      if (!two || format_ != "all" || format.side_by_side != nullptr) known.push_back(format.name);
    }
    absl::StatusOr<std::vector<std::string>> names = ParseNames("--format", format_, known);
    if (!names.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(std::string(names.status().message()), " Formats: ", absl::StrJoin(known, ", ")));
    }
    std::vector<const ReportFormat*> formats;
    for (const std::string& name : *names) {
      for (const ReportFormat& format : ReportFormats()) {
        if (name != format.name) continue;
        if (two && format.side_by_side == nullptr) {
          return absl::InvalidArgumentError(
              absl::StrCat("--format ", name, ": shows one result; report them one after the other"));
        }
        if (!finding_.empty() && !format.of_a_finding) {
          if (format_ == "all") continue;
          return absl::InvalidArgumentError(
              absl::StrCat("--format ", name, ": is of a whole result; --finding goes with mail, perfetto, litmus"));
        }
        formats.push_back(&format);
      }
    }
    return formats;
  }

  std::vector<std::string> results_;
  std::string format_;
  std::string finding_;
  std::string format_help_;
  std::string out_;
  bool json_ = false;
  bool quiet_ = false;
  std::vector<std::string> next_;
};

}  // namespace

std::unique_ptr<Command> MakeReport() { return std::make_unique<Report>(); }

}  // namespace cfgtorture::cli
