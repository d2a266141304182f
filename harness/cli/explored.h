// harness/cli/explored.h: how much of a cell's schedules was explored, in words.
#ifndef CFGTORTURE_HARNESS_CLI_EXPLORED_H_
#define CFGTORTURE_HARNESS_CLI_EXPLORED_H_

#include <string>

#include "harness/result/cell.h"

namespace cfgtorture::cli {

// 2^x as "812", "3.1e11": any magnitude, also beyond a double's.
std::string PowerOfTwo(double x);

// Of a model's cell: "  schedules    2022755 distinct of about 3.1e11 ..." and the self-checks; "" where there is
// nothing to say.
std::string ExploredLines(const CellResult& cell);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_EXPLORED_H_
