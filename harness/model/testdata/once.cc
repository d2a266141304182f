#include "harness/model/testdata/once.h"

#include <atomic>

#include "harness/model/testdata/litmus.h"

namespace cfgtorture {
namespace {

int a, b;  // by volatile accesses alone, but where it is said
std::atomic<int> flag;
int r[4];

int ReadOnce(const int& from) { return *const_cast<const volatile int*>(&from); }
void WriteOnce(int& to, int value) { *const_cast<volatile int*>(&to) = value; }

}  // namespace

void SbOnce() {
  Run({[] {
         WriteOnce(a, 1);
         r[0] = ReadOnce(b);
       },
       [] {
         WriteOnce(b, 1);
         r[1] = ReadOnce(a);
       }});
  Outcome(r[0], r[1]);
}

void SbOnceFences() {
  Run({[] {
         WriteOnce(a, 1);
         std::atomic_thread_fence(std::memory_order_seq_cst);
         r[0] = ReadOnce(b);
       },
       [] {
         WriteOnce(b, 1);
         std::atomic_thread_fence(std::memory_order_seq_cst);
         r[1] = ReadOnce(a);
       }});
  Outcome(r[0], r[1]);
}

void MpOnce() {
  Run({[] {
         WriteOnce(a, 1);
         WriteOnce(b, 1);
       },
       [] {
         r[0] = ReadOnce(b);
         r[1] = ReadOnce(a);
       }});
  Outcome(r[0], r[1]);
}

void MpOnceReleaseAcquire() {
  Run({[] {
         WriteOnce(a, 1);
         flag.store(1, std::memory_order_release);
       },
       [] {
         r[0] = flag.load(std::memory_order_acquire);
         r[1] = ReadOnce(a);
       }});
  Outcome(r[0], r[1]);
}

void MpOnceIntoAtomic() {
  Run({[] {
         WriteOnce(a, 1);
         WriteOnce(b, 1);
       },
       [] {
         r[0] = __atomic_load_n(&b, __ATOMIC_ACQUIRE);
         r[1] = __atomic_load_n(&a, __ATOMIC_RELAXED);
       }});
  Outcome(r[0], r[1]);
}

void CoRrOnce() {
  Run({[] { WriteOnce(a, 1); },
       [] {
         r[0] = ReadOnce(a);
         r[1] = ReadOnce(a);
       }});
  Outcome(r[0], r[1]);
}

void AwaitOnce() {
  Run({[] {
         WriteOnce(a, 1);
         WriteOnce(a, 2);
       },
       [] {
         while (ReadOnce(a) == 0) engine::Relax();
         r[0] = ReadOnce(a);
       }});
  Outcome(r[0]);
}

void MpOnceThroughIrqsOff() {
  engine::SetIrqEntry([](int) {
    r[0] = ReadOnce(a);
    flag.store(1, std::memory_order_release);
  });
  RunOn({1}, {[] {
          engine::IrqDisable();
          engine::RaiseIrq(1, 0);
          WriteOnce(a, 1);
          engine::IrqEnable();
          while (flag.load(std::memory_order_acquire) == 0) engine::Relax();
        }});
  Outcome(r[0]);
}

}  // namespace cfgtorture
