// harness/kernel/linked_entries.h: the monitor of dead wait entries: which entries are linked, told by whoever links
// and unlinks them, asked by a waker before it calls through one.
//
// Not part of what is under test: no access of it is seen, and it orders nothing. In the plain build there is none of
// it: there a waker does what the kernel's does.
//
// Misses  an entry that is unlinked between the question and the call (real threads only), and the fifth entry that one
//         task links at a time.
#ifndef CFGTORTURE_HARNESS_KERNEL_LINKED_ENTRIES_H_
#define CFGTORTURE_HARNESS_KERNEL_LINKED_ENTRIES_H_

#include "harness/kernel/observer.h"

namespace cfgtorture {

struct TaskStruct;

#if CFGT_OBSERVED
void NoteLinked(TaskStruct& owner, const void* entry);
void NoteUnlinked(TaskStruct& owner, const void* entry);
// Ends the execution if nobody has it linked.
void RequireLinked(const void* entry);
#else
inline void NoteLinked(TaskStruct&, const void*) {}
inline void NoteUnlinked(TaskStruct&, const void*) {}
inline void RequireLinked(const void*) {}
#endif

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_LINKED_ENTRIES_H_
