// harness/cli/report_formats.h: the formats of a report, one line of one table each.
#ifndef CFGTORTURE_HARNESS_CLI_REPORT_FORMATS_H_
#define CFGTORTURE_HARNESS_CLI_REPORT_FORMATS_H_

#include <string>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture::cli {

struct ReportFile {
  std::string name;  // within --out, without a folder
  std::string text;
};

struct ReportFormat {
  const char* name;  // as --format has it
  const char* what;  // the files, and what they are: for the help
  const char* next;  // what to do with the first of them: "open it in a browser"
  // Any number of files; none where the result has nothing of that kind.
  std::vector<ReportFile> (*render)(const RunResult& result);
  // Two results beside each other; null: this format shows one result.
  std::vector<ReportFile> (*side_by_side)(const RunResult& a, const RunResult& b) = nullptr;
  bool of_a_finding = false;  // its files are of one finding each: --finding picks one
};

// A name for a file or a folder: what may stand in one everywhere, and not too long.
std::string SafeName(const std::string& name);

// In the order of the help.
const std::vector<ReportFormat>& ReportFormats();

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_REPORT_FORMATS_H_
