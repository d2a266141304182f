// harness/kernel/named.h: what a program calls its objects. The actors of a closed program share what lies in the init
// task's frame, so without a name a finding could only say whose stack that is.
//
// A write to a named object of up to eight bytes is a row of a drawn schedule. Names are kept where an execution is
// recorded for a person; elsewhere a call costs its call, and in the plain build nothing. `name` and `owner` are
// literals, or live as long as the object. A list's links, told as `name.next` and `name.prev`, are no such rows: what
// is done to the list says so itself (observer.h).
#ifndef CFGTORTURE_HARNESS_KERNEL_NAMED_H_
#define CFGTORTURE_HARNESS_KERNEL_NAMED_H_

#include <cstddef>

#include "harness/kernel/engine.h"

namespace cfgtorture {

namespace observer {
#if CFGT_OBSERVED
CFGT_EXPORT void ObjectNamed(const void* object, size_t bytes, const char* owner, const char* name);
CFGT_EXPORT void ListNamed(const void* links, const char* name);
#else
inline void ObjectNamed(const void*, size_t, const char*, const char*) {}
inline void ListNamed(const void*, const char*) {}
#endif
}  // namespace observer

// Any context. `owner`: the function whose field it is.
template <class T>
void Name(const T& object, const char* name, const char* owner = "") {
  observer::ObjectNamed(&object, sizeof object, owner, name);
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_NAMED_H_
