// harness/kernel/slab.h: kzalloc() and kfree(), with what the flags say of the context.
//
// Context  GFP_KERNEL may sleep, for it may write pages back to get memory: might_sleep() says so whether or not it
//          does. GFP_ATOMIC never sleeps: any context.
// Memory   In the model it is the deterministic heap's: a touch after kfree() is a finding (use-after-free).
// Source   include/linux/gfp_types.h, might_alloc() of include/linux/sched/mm.h, v6.12.
#ifndef CFGTORTURE_HARNESS_KERNEL_SLAB_H_
#define CFGTORTURE_HARNESS_KERNEL_SLAB_H_

#include <utility>

#include "harness/kernel/task.h"

namespace cfgtorture {

enum class Gfp { GFP_ATOMIC, GFP_KERNEL };
using enum Gfp;

template <class T, class... Args>
T* kzalloc(Gfp flags, Args&&... args) {
  if (flags == GFP_KERNEL) might_sleep("kzalloc(GFP_KERNEL)");
  return new T{std::forward<Args>(args)...};
}
template <class T>
void kfree(T* object) {
  delete object;
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SLAB_H_
