// harness/result/place.h: of a stack, the frame that is told as the place.
//
// std::vector's code is where a program's own bug is met, and where the bugs of others are met too: a place lies in
// the code under test, or in the words that it is written in.
#ifndef CFGTORTURE_HARNESS_RESULT_PLACE_H_
#define CFGTORTURE_HARNESS_RESULT_PLACE_H_

#include <string>
#include <vector>

#include "harness/result/cell.h"

namespace cfgtorture {

// A file of the compiler or of the system, installed wherever: not that of a harness installed beside them.
bool IsLibrarys(const std::string& file);

// The words may be the tool's own, or those that it installed for a plug-in.
inline bool IsKernelWords(const std::string& file) { return file.find("harness/kernel/") != std::string::npos; }

// The innermost that is no library's; where all are, the innermost. REQUIRES: `stack` is not empty.
const Frame& InnermostOwn(const std::vector<Frame>& stack);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_PLACE_H_
