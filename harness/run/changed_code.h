// harness/run/changed_code.h: whose machine code differs between two builds of the code under test?
//
// A source file's own functions (local symbols: what is in an unnamed namespace, or static) are compared byte by byte,
// as the symbol table has them. A build moves all that comes after a change, and with it the offsets that lead there:
// four bytes that lead from both to the same place of the same symbol are no difference.
//
// Orders     what is measured first, and decides nothing.
// Misses     functions that files share (templates, inline functions): no file is theirs. Data: it is not run. On a
//            machine whose offsets are not four bytes long a function that calls something that moved seems to differ.
#ifndef CFGTORTURE_HARNESS_RUN_CHANGED_CODE_H_
#define CFGTORTURE_HARNESS_RUN_CHANGED_CODE_H_

#include <string>
#include <vector>

namespace cfgtorture::run {

// Names of source files, without folder and ending, sorted. Empty too where an object has no symbols, or is none.
std::vector<std::string> ChangedSources(const std::string& before, const std::string& after);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_CHANGED_CODE_H_
