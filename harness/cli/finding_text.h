// harness/cli/finding_text.h: a finding as text, the schedule drawn with one column a CPU (docs: style 2.9).
#ifndef CFGTORTURE_HARNESS_CLI_FINDING_TEXT_H_
#define CFGTORTURE_HARNESS_CLI_FINDING_TEXT_H_

#include <string>
#include <vector>

#include "harness/result/cell.h"

namespace cfgtorture::cli {

std::string FindingText(const CellSpec& spec, const Finding& finding, unsigned width);

// Rows only. `limit`: more rows than that are cut out of the middle, with their number.
std::string ScheduleText(const std::vector<Step>& schedule, unsigned width, size_t limit = 120);

// Text from a run, fit for a terminal: no control characters but line ends.
std::string Printable(const std::string& text);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_FINDING_TEXT_H_
