// harness/cli/test_lines.h: the two lines that the kernel's torture tests print, so that what reads their consoles
// reads ours: "TYPE:--- Start of test: name=value ..." and "TYPE:--- End of test: SUCCESS: ..." (locktorture.c).
#ifndef CFGTORTURE_HARNESS_CLI_TEST_LINES_H_
#define CFGTORTURE_HARNESS_CLI_TEST_LINES_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::cli {

// " name=value ...": all parameters of the cells, defaults included; where cells differ in one, its values separated by
// commas. Of cells that have not run: what a worker answers may say less.
std::string TestParameters(const RunResult& result);

// No newline.
std::string StartOfTest(const std::string& parameters);
// SUCCESS, FAILURE, or INCOMPLETE where the run was interrupted or decided nothing.
std::string EndOfTest(const std::string& parameters, int exit_status);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_TEST_LINES_H_
