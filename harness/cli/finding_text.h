// harness/cli/finding_text.h: a finding as text for a terminal: in the layout of the kernel's own
// checkers (reports/kernel_layout.h), then its schedule (style 2.9).
#ifndef CFGTORTURE_HARNESS_CLI_FINDING_TEXT_H_
#define CFGTORTURE_HARNESS_CLI_FINDING_TEXT_H_

#include <string>

#include "harness/result/cell.h"

namespace cfgtorture::cli {

std::string FindingText(const CellSpec& spec, const Finding& finding, unsigned width);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_FINDING_TEXT_H_
