// harness/model/fiber.h: the stacks of the model and the switch between them.
//
// Fibers are numbers, their saved stack pointers one dense array, because each access to a stack asks that array
// whether its frame is alive (abi.cc).
//
// Under AddressSanitizer and on other machines than x86-64 the switch is Boost.Context's fcontext (the detail
// interface: boost::context::fiber hands ownership over at each switch, and here contexts jump to one another). On
// x86-64 it is twelve instructions of our own: fcontext keeps the floating-point control words too, which nobody
// changes here, and is an opaque call, where the compiler keeps what no live value needs. Side by side, 5.5 against
// 2.5 ns a switch, of which an execution of lock-counter:ticket has 33 in a microsecond.
#ifndef CFGTORTURE_HARNESS_MODEL_FIBER_H_
#define CFGTORTURE_HARNESS_MODEL_FIBER_H_

#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#define CFGT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CFGT_ASAN 1
#endif
#endif
#if defined(CFGT_ASAN) || !defined(__x86_64__)
#define CFGT_BOOST_FIBERS 1
#include <boost/context/detail/fcontext.hpp>
#endif
#ifdef CFGT_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

// On a function in which a switch may happen. It is called on one stack and returns on another, so the processor's
// stack of return addresses is wrong about it two times in three, at twenty cycles each. With this it returns by an
// indirect jump (fiber.cc), which is guessed from what has just run: a tenth of an execution of lock-counter:ticket.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define CFGT_SWITCHES __attribute__((function_return("thunk-extern")))
#else
#define CFGT_SWITCHES
#endif

namespace cfgtorture::model {

class Fibers {
 public:
  static constexpr unsigned kCount = 64;

  // `fiber` will run Entry(), which does not return, on the stack of `bytes` bytes from `bottom` on.
  template <void (*Entry)()>
  void Make(unsigned fiber, char* bottom, size_t bytes);

  // Suspends `from`, which runs, and goes on with `to`, until somebody switches back.
  void Switch(unsigned from, unsigned to);

  // Nothing of a suspended fiber's stack is alive below this address. 0 while it runs.
  uintptr_t floor(unsigned fiber) const { return reinterpret_cast<uintptr_t>(saved_[fiber]); }
  // It has ended: its whole stack, which ends at `top`, is dead.
  void Bury(unsigned fiber, char* top) { saved_[fiber] = top; }

 private:
  void* saved_[kCount] = {};

#ifdef CFGT_BOOST_FIBERS
  using Transfer = boost::context::detail::transfer_t;
  void Arrived(Transfer from, unsigned fiber);

  unsigned running_ = 0;  // who was told to run last
  struct Stack {
    const void* bottom = nullptr;  // lowest address
    size_t bytes = 0;
    void* fake_stack = nullptr;
  };
  Stack stacks_[kCount];
  static inline Fibers* starting_ = nullptr;
#endif
};

#ifndef CFGT_BOOST_FIBERS

template <void (*Entry)()>
void Fibers::Make(unsigned fiber, char* bottom, size_t bytes) {
  // As if called: at its entry the stack pointer is 8 below a multiple of 16, and the return address ends every unwind.
  auto** frame = reinterpret_cast<void (**)()>(bottom + bytes - 16);
  frame[0] = Entry;
  frame[1] = nullptr;
  saved_[fiber] = frame;
}

// Saved on the old stack: rbx, rbp and where to go on. The other registers are named as clobbered, so that the compiler
// keeps those that it needs. REQUIRES: -mno-red-zone (CMakeLists.txt), for this pushes where a leaf may keep its own.
[[gnu::always_inline]] inline void Fibers::Switch(unsigned from, unsigned to) {
  void* next = saved_[to];
  saved_[to] = nullptr;
  void** save = &saved_[from];
  asm volatile(
      "pushq %%rbp\n\t"
      "pushq %%rbx\n\t"
      "leaq 1f(%%rip), %%rcx\n\t"
      "pushq %%rcx\n\t"
      "movq %%rsp, (%[save])\n\t"
      "movq %[next], %%rsp\n\t"
      "popq %%rcx\n\t"
      "jmpq *%%rcx\n"
      "1:\n\t"
      "popq %%rbx\n\t"
      "popq %%rbp"
      : [next] "+a"(next), [save] "+d"(save)
      :
      : "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3",
        "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory",
        "cc");
}

#else

template <void (*Entry)()>
void Fibers::Make(unsigned fiber, char* bottom, size_t bytes) {
  stacks_[fiber] = {bottom, bytes, nullptr};
#ifdef CFGT_ASAN
  // Its last user may have been left in the middle of a call, redzones and all.
  __asan_unpoison_memory_region(bottom, bytes);
#endif
  saved_[fiber] = boost::context::detail::make_fcontext(bottom + bytes, bytes, [](Transfer from) {
    starting_->Arrived(from, starting_->running_);
    Entry();
  });
}

inline void Fibers::Switch(unsigned from, unsigned to) {
  void* next = saved_[to];
  saved_[to] = nullptr;
  starting_ = this;
  running_ = to;
#ifdef CFGT_ASAN
  __sanitizer_start_switch_fiber(&stacks_[from].fake_stack, stacks_[to].bottom, stacks_[to].bytes);
#endif
  Arrived(boost::context::detail::jump_fcontext(next, &saved_[from]), from);
}

// The first thing that `fiber` does when it gets to run: keeps where its predecessor stopped.
inline void Fibers::Arrived(Transfer from, [[maybe_unused]] unsigned fiber) {
  auto* predecessor = static_cast<void**>(from.data);
  *predecessor = from.fctx;
#ifdef CFGT_ASAN
  const void* old_bottom = nullptr;
  size_t old_bytes = 0;
  __sanitizer_finish_switch_fiber(stacks_[fiber].fake_stack, &old_bottom, &old_bytes);
  Stack& old = stacks_[predecessor - saved_];
  if (old.bottom == nullptr) {  // the thread's own stack, learnt at the first switch away from it
    old.bottom = old_bottom;
    old.bytes = old_bytes;
  }
#endif
}

#endif

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_FIBER_H_
