// reports/kernel_layout.h: a finding in the layout of the kernel's own checkers, because those are what a maintainer
// reads every day: lockdep's for locks and contexts, KCSAN's for races, KASAN's for freed memory, theirs in spirit for
// what the kernel has no checker for.
//
// Departs  Headings name this tool wherever the checker's would say that it was the one. A place is a function, file
//          and line, as decode_stacktrace.sh makes them, and no address; a context has its name and CPU in place of a
//          pid. Of a lock the instance is named where there are several of its class.
// Source   print_circular_bug() and its neighbours, kernel/locking/lockdep.c; kernel/kcsan/report.c;
//          mm/kasan/report.c, v6.12.
#ifndef CFGTORTURE_REPORTS_KERNEL_LAYOUT_H_
#define CFGTORTURE_REPORTS_KERNEL_LAYOUT_H_

#include <string>

#include "harness/result/cell.h"

namespace cfgtorture::reports {

// Of what the finding's accesses and locks tell, without schedule and command. Lines are broken at `width` where they
// can be; control characters are still in it.
std::string KernelLayout(const Finding& finding, unsigned width);

// Breaks lines longer than `width` at spaces; what follows is indented as the line was, and by two.
std::string Folded(const std::string& text, unsigned width);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_KERNEL_LAYOUT_H_
