// harness/model/fiber.h: a stack switch by Boost.Context's fcontext, annotated for AddressSanitizer.
//
// The detail interface is used on purpose: boost::context::fiber hands ownership over at each switch, and the model's
// contexts jump to one another some thirty million times a second.
#ifndef CFGTORTURE_HARNESS_MODEL_FIBER_H_
#define CFGTORTURE_HARNESS_MODEL_FIBER_H_

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#define CFGT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CFGT_ASAN 1
#endif
#endif
#ifdef CFGT_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace cfgtorture::model {

struct Fiber {
  boost::context::detail::fcontext_t saved = nullptr;  // the suspended stack pointer
  const void* bottom = nullptr;                        // lowest address of the stack
  size_t bytes = 0;
#ifdef CFGT_ASAN
  void* fake_stack = nullptr;
#endif

  // A fiber that will run `entry`, which must first call Arrived() with what it is given.
  void Make(void* stack_bottom, size_t stack_bytes, void (*entry)(boost::context::detail::transfer_t)) {
    bottom = stack_bottom;
    bytes = stack_bytes;
#ifdef CFGT_ASAN
    // Its last user may have been left in the middle of a call, redzones and all.
    __asan_unpoison_memory_region(stack_bottom, stack_bytes);
#endif
    saved = boost::context::detail::make_fcontext(static_cast<char*>(stack_bottom) + stack_bytes, stack_bytes, entry);
  }

  // Suspends this fiber and runs `to`, until somebody switches back.
  void SwitchTo(Fiber& to) {
#ifdef CFGT_ASAN
    __sanitizer_start_switch_fiber(&fake_stack, to.bottom, to.bytes);
    const boost::context::detail::transfer_t from = boost::context::detail::jump_fcontext(to.saved, this);
    Arrived(from, fake_stack);
#else
    Arrived(boost::context::detail::jump_fcontext(to.saved, this));
#endif
  }

  // The first thing a fiber does when it gets to run: keeps where its predecessor stopped.
  static void Arrived(boost::context::detail::transfer_t from, [[maybe_unused]] void* own_fake_stack = nullptr) {
    Fiber* predecessor = static_cast<Fiber*>(from.data);
    predecessor->saved = from.fctx;
#ifdef CFGT_ASAN
    const void* old_bottom = nullptr;
    size_t old_bytes = 0;
    __sanitizer_finish_switch_fiber(own_fake_stack, &old_bottom, &old_bytes);
    if (predecessor->bottom == nullptr) {  // the thread's own stack, learnt at the first switch away from it
      predecessor->bottom = old_bottom;
      predecessor->bytes = old_bytes;
    }
#endif
  }
};

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_FIBER_H_
