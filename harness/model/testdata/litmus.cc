// Litmus tests: a few tasks, each on a CPU of its own unless said otherwise, and the values they have read. Every
// outcome that shows is reported, under its digits, as if it were wrong; litmus_test.py says which are, under which
// memory model.
//
// Names and shapes are those of the literature (Alglave, Maranget, Tautschnig, TOPLAS 2014). The accesses are spelt out
// one function a shape, with the orders as arguments: a compiler instruments only orders that it knows.
#include "harness/model/testdata/litmus.h"

#include <atomic>

#include "harness/model/testdata/between.h"
#include "harness/model/testdata/drawn.h"
#include "harness/model/testdata/once.h"
#include "harness/model/testdata/program_list.h"

namespace cfgtorture {
namespace {

using Order = std::memory_order;
constexpr Order kRelaxed = std::memory_order_relaxed, kAcquire = std::memory_order_acquire,
                kRelease = std::memory_order_release, kAcqRel = std::memory_order_acq_rel,
                kSeqCst = std::memory_order_seq_cst;
constexpr Order kNone = std::memory_order_consume;  // no fence

std::atomic<int> x, y, z;
int r[4];

template <Order kOrder>
void Fence() {
  if constexpr (kOrder != kNone) std::atomic_thread_fence(kOrder);
}

// ---- one location ---------------------------------------------------------------------------------------------------

void CoRr() {
  Run({[] { x.store(1, kRelaxed); },
       [] {
         r[0] = x.load(kRelaxed);
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1]);
}

void CoWw() {
  Run({[] {
         x.store(1, kRelaxed);
         x.store(2, kRelaxed);
       },
       [] {
         r[0] = x.load(kRelaxed);
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1], x.load(kRelaxed));
}

void CoRw() {
  Run({[] {
         r[0] = x.load(kRelaxed);
         x.store(2, kRelaxed);
       },
       [] { x.store(1, kRelaxed); }});
  Outcome(r[0], x.load(kRelaxed));
}

void CoWr() {
  Run({[] {
         x.store(1, kRelaxed);
         r[0] = x.load(kRelaxed);
       },
       [] { x.store(2, kRelaxed); }});
  Outcome(r[0], x.load(kRelaxed));
}

// ---- two locations --------------------------------------------------------------------------------------------------

template <Order kStore, Order kLoad, Order kFence, Order kOther = kFence>
void Sb() {
  Run({[] {
         x.store(1, kStore);
         Fence<kFence>();
         r[0] = y.load(kLoad);
       },
       [] {
         y.store(1, kStore);
         Fence<kOther>();
         r[1] = x.load(kLoad);
       }});
  Outcome(r[0], r[1]);
}

template <Order kOrder>
void SbByExchange() {
  Run({[] {
         x.exchange(1, kOrder);
         r[0] = y.load(kRelaxed);
       },
       [] {
         y.exchange(1, kOrder);
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1]);
}

// A locked operation on something else in between.
void SbLocked() {
  Run({[] {
         x.store(1, kRelaxed);
         z.fetch_add(1, kRelaxed);  // of 0, clang makes a load
         r[0] = y.load(kRelaxed);
       },
       [] {
         y.store(1, kRelaxed);
         z.fetch_add(1, kRelaxed);  // of 0, clang makes a load
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1]);
}

// A CPU sees its own store first.
void SbForwarded() {
  Run({[] {
         x.store(1, kRelaxed);
         r[0] = x.load(kRelaxed);
         r[1] = y.load(kRelaxed);
       },
       [] {
         y.store(1, kRelaxed);
         r[2] = y.load(kRelaxed);
         r[3] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1], r[2], r[3]);
}

void N6() {
  Run({[] {
         x.store(1, kRelaxed);
         r[0] = x.load(kRelaxed);
         r[1] = y.load(kRelaxed);
       },
       [] {
         y.store(1, kRelaxed);
         x.store(2, kRelaxed);
       }});
  Outcome(r[0], r[1], x.load(kRelaxed));
}

// An unlock that looks for waiters without a fence, against a waiter who announces itself and then tries the lock.
void UnlockAgainstTryLock() {
  x.store(1, kRelaxed);  // locked
  Run({[] {
         x.store(0, kRelease);
         r[0] = y.load(kRelaxed);
       },
       [] {
         y.store(1, kSeqCst);
         r[1] = x.exchange(1, kSeqCst);
       }});
  Outcome(r[0], r[1]);
}

template <Order kStore, Order kLoad, Order kStoreFence = kNone, Order kLoadFence = kNone, Order kData = kRelaxed>
void Mp() {
  Run({[] {
         x.store(1, kData);
         Fence<kStoreFence>();
         y.store(1, kStore);
       },
       [] {
         r[0] = y.load(kLoad);
         Fence<kLoadFence>();
         r[1] = x.load(kData);
       }});
  Outcome(r[0], r[1]);
}

int plain;

void MpPlain() {
  Run({[] {
         plain = 1;
         y.store(1, kRelease);
       },
       [] {
         r[0] = y.load(kAcquire);
         r[1] = r[0] == 1 ? plain : 0;
       }});
  Outcome(r[0], r[1]);
}

// The flag is plain, and so they race: a CPU's plain store is no later than those before it all the same.
void MpPlainFlag() {
  Run({[] {
         x.store(1, kRelaxed);
         plain = 1;
       },
       [] {
         r[0] = plain;
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1]);
}

// The release sequence of a store: through another task's RMW, but not through a later store.
void MpThroughRmw() {
  Run({[] {
         x.store(1, kRelaxed);
         y.store(1, kRelease);
       },
       [] { y.fetch_add(1, kRelaxed); },
       [] {
         r[0] = y.load(kAcquire);
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1]);
}

void MpOverwritten() {
  Run({[] {
         x.store(1, kRelaxed);
         y.store(1, kRelease);
         y.store(2, kRelaxed);
       },
       [] {
         r[0] = y.load(kAcquire);
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1]);
}

// A compare-exchange that fails is a load.
void MpFailedCompareExchange() {
  Run({[] {
         x.store(1, kRelaxed);
         y.store(1, kRelease);
       },
       [] {
         r[0] = y.load(kRelaxed);
         int expected = 2;
         x.compare_exchange_strong(expected, 2, kRelaxed);
         r[1] = expected;
       }});
  Outcome(r[0], r[1]);
}

// A read-modify-write reads the newest.
void MpRmw() {
  Run({[] {
         x.fetch_add(1, kRelaxed);
         r[0] = x.load(kRelaxed);
       },
       [] { x.fetch_add(1, kRelaxed); }});
  Outcome(r[0], x.load(kRelaxed));
}

template <Order kLoad, Order kStore>
void Lb() {
  Run({[] {
         r[0] = x.load(kLoad);
         y.store(1, kStore);
       },
       [] {
         r[1] = y.load(kLoad);
         x.store(1, kStore);
       }});
  Outcome(r[0], r[1]);
}

template <Order kStore>
void TwoPlusTwoW() {
  Run({[] {
         x.store(1, kStore);
         y.store(2, kStore);
       },
       [] {
         y.store(1, kStore);
         x.store(2, kStore);
       }});
  Outcome(x.load(kRelaxed), y.load(kRelaxed));
}

template <Order kStore, Order kLoad, Order kFirst = kNone, Order kSecond = kNone>
void R() {
  Run({[] {
         x.store(1, kStore);
         Fence<kFirst>();
         y.store(1, kStore);
       },
       [] {
         y.store(2, kStore);
         Fence<kSecond>();
         r[0] = x.load(kLoad);
       }});
  Outcome(y.load(kRelaxed), r[0]);
}

template <Order kStore, Order kLoad>
void S() {
  Run({[] {
         x.store(2, kRelaxed);
         y.store(1, kStore);
       },
       [] {
         r[0] = y.load(kLoad);
         x.store(1, kRelaxed);
       }});
  Outcome(r[0], x.load(kRelaxed));
}

// ---- three and four tasks -------------------------------------------------------------------------------------------

template <Order kStore, Order kLoad>
void Wrc() {
  Run({[] { x.store(1, kRelaxed); },
       [] {
         r[0] = x.load(kRelaxed);
         y.store(1, kStore);
       },
       [] {
         r[1] = y.load(kLoad);
         r[2] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1], r[2]);
}

template <Order kStore, Order kLoad>
void Isa2() {
  Run({[] {
         x.store(1, kRelaxed);
         y.store(1, kStore);
       },
       [] {
         r[0] = y.load(kLoad);
         z.store(1, kStore);
       },
       [] {
         r[1] = z.load(kLoad);
         r[2] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1], r[2]);
}

template <Order kStore, Order kLoad, Order kFence>
void Iriw() {
  Run({[] { x.store(1, kStore); }, [] { y.store(1, kStore); },
       [] {
         r[0] = x.load(kLoad);
         Fence<kFence>();
         r[1] = y.load(kLoad);
       },
       [] {
         r[2] = y.load(kLoad);
         Fence<kFence>();
         r[3] = x.load(kLoad);
       }});
  Outcome(r[0], r[1], r[2], r[3]);
}

template <Order kFence>
void Rwc() {
  Run({[] { x.store(1, kRelaxed); },
       [] {
         r[0] = x.load(kRelaxed);
         Fence<kFence>();
         r[1] = y.load(kRelaxed);
       },
       [] {
         y.store(1, kRelaxed);
         Fence<kFence>();
         r[2] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1], r[2]);
}

// SB in which another task reads for the one that has fenced, told to by `kStore`.
template <Order kStore, Order kLoad>
void SbForAnother() {
  Run({[] {
         x.store(1, kRelaxed);
         Fence<kSeqCst>();
         z.store(1, kStore);
       },
       [] {
         r[0] = z.load(kLoad);
         r[1] = y.load(kRelaxed);
       },
       [] {
         y.store(1, kRelaxed);
         Fence<kSeqCst>();
         r[2] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1], r[2]);
}

// ---- one CPU --------------------------------------------------------------------------------------------------------

template <int kHandlerCpu>
void SbHandler() {
  engine::SetIrqEntry([](int) {
    y.store(1, kRelaxed);
    r[1] = x.load(kRelaxed);
    z.store(1, kRelease);
  });
  Run({[] {
    engine::RaiseIrq(kHandlerCpu, 1);
    x.store(1, kRelaxed);
    r[0] = y.load(kRelaxed);
    while (z.load(kAcquire) == 0) engine::Relax();
  }});
  Outcome(r[0], r[1]);
}

template <int kHandlerCpu>
void MpHandler() {
  engine::SetIrqEntry([](int) {
    r[0] = y.load(kRelaxed);
    r[1] = x.load(kRelaxed);
    z.store(1, kRelease);
  });
  Run({[] {
    engine::RaiseIrq(kHandlerCpu, 1);
    x.store(1, kRelaxed);
    y.store(1, kRelaxed);
    while (z.load(kAcquire) == 0) engine::Relax();
  }});
  Outcome(r[0], r[1]);
}

void SbOneCpu() {
  RunOn({1, 1}, {[] {
                   x.store(1, kRelaxed);
                   r[0] = y.load(kRelaxed);
                 },
                 [] {
                   y.store(1, kRelaxed);
                   r[1] = x.load(kRelaxed);
                 }});
  Outcome(r[0], r[1]);
}

// ---- what drains a store buffer: SB where the store and the load are in two contexts of one CPU
// ----------------------

// The task stores, its CPU's handler loads.
void SbIntoHandler() {
  engine::SetIrqEntry([](int) {
    r[0] = y.load(kRelaxed);
    z.store(1, kRelease);
  });
  Run({[] {
         x.store(1, kRelaxed);
         engine::RaiseIrq(1, 1);
         while (z.load(kAcquire) == 0) engine::Relax();
       },
       [] {
         y.store(1, kRelaxed);
         Fence<kSeqCst>();
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1]);
}

// The handler stores, the task loads after it; r[2] says whether it was after it.
void SbOutOfHandler() {
  engine::SetIrqEntry([](int) { x.store(1, kRelaxed); });
  Run({[] {
         engine::RaiseIrq(1, 1);
         r[2] = x.load(kRelaxed);
         r[0] = y.load(kRelaxed);
       },
       [] {
         y.store(1, kRelaxed);
         Fence<kSeqCst>();
         r[1] = x.load(kRelaxed);
       }});
  Outcome(r[0], r[1], r[2]);
}

// One task stores, the next one on the same CPU loads.
void SbAcrossSwitch() {
  RunOn({1, 1, 2}, {[] { x.store(1, kRelaxed); },
                    [] {
                      r[2] = x.load(kRelaxed);
                      r[0] = y.load(kRelaxed);
                    },
                    [] {
                      y.store(1, kRelaxed);
                      Fence<kSeqCst>();
                      r[1] = x.load(kRelaxed);
                    }});
  Outcome(r[0], r[1], r[2]);
}

// ---- await loops ----------------------------------------------------------------------------------------------------

void Await() {
  Run({[] {
         x.store(1, kRelaxed);
         x.store(2, kRelaxed);
       },
       [] {
         while (x.load(kRelaxed) == 0) engine::Relax();
         r[0] = x.load(kRelaxed);
       }});
  Outcome(r[0]);
}

constexpr Program kOwnPrograms[] = {
    {"corr", CoRr},
    {"coww", CoWw},
    {"corw", CoRw},
    {"cowr", CoWr},
    {"rmw", MpRmw},
    {"sb-relaxed", Sb<kRelaxed, kRelaxed, kNone>},
    {"sb-release-acquire", Sb<kRelease, kAcquire, kNone>},
    {"sb-seq_cst", Sb<kSeqCst, kSeqCst, kNone>},
    {"sb-seq_cst-stores", Sb<kSeqCst, kRelaxed, kNone>},
    {"sb-seq_cst-loads", Sb<kRelaxed, kSeqCst, kNone>},
    {"sb-acq_rel-fences", Sb<kRelaxed, kRelaxed, kAcqRel>},
    {"sb-seq_cst-fences", Sb<kRelaxed, kRelaxed, kSeqCst>},
    {"sb-one-seq_cst-fence", Sb<kRelaxed, kRelaxed, kSeqCst, kNone>},
    {"sb-exchange-acq_rel", SbByExchange<kAcqRel>},
    {"sb-exchange-seq_cst", SbByExchange<kSeqCst>},
    {"sb-locked-between", SbLocked},
    {"sb-forwarded", SbForwarded},
    {"n6", N6},
    {"unlock-against-trylock", UnlockAgainstTryLock},
    {"mp-relaxed", Mp<kRelaxed, kRelaxed>},
    {"mp-release-relaxed", Mp<kRelease, kRelaxed>},
    {"mp-relaxed-acquire", Mp<kRelaxed, kAcquire>},
    {"mp-release-acquire", Mp<kRelease, kAcquire>},
    {"mp-seq_cst", Mp<kSeqCst, kSeqCst, kNone, kNone, kSeqCst>},
    {"mp-fences", Mp<kRelaxed, kRelaxed, kRelease, kAcquire>},
    {"mp-release-fence-acquire", Mp<kRelaxed, kAcquire, kRelease>},
    {"mp-release-acquire-fence", Mp<kRelease, kRelaxed, kNone, kAcquire>},
    {"mp-plain-release-acquire", MpPlain},
    {"mp-plain-flag", MpPlainFlag},
    {"mp-through-rmw", MpThroughRmw},
    {"mp-overwritten", MpOverwritten},
    {"mp-failed-cas", MpFailedCompareExchange},
    {"lb-relaxed", Lb<kRelaxed, kRelaxed>},
    {"lb-acquire-release", Lb<kAcquire, kRelease>},
    {"2+2w-relaxed", TwoPlusTwoW<kRelaxed>},
    {"2+2w-release", TwoPlusTwoW<kRelease>},
    {"2+2w-seq_cst", TwoPlusTwoW<kSeqCst>},
    {"r-relaxed", R<kRelaxed, kRelaxed>},
    {"r-release-acquire", R<kRelease, kAcquire>},
    {"r-seq_cst", R<kSeqCst, kSeqCst>},
    {"r-one-seq_cst-fence", R<kRelaxed, kRelaxed, kSeqCst>},
    {"r-seq_cst-fences", R<kRelaxed, kRelaxed, kSeqCst, kSeqCst>},
    {"s-relaxed", S<kRelaxed, kRelaxed>},
    {"s-release-acquire", S<kRelease, kAcquire>},
    {"wrc-relaxed", Wrc<kRelaxed, kRelaxed>},
    {"wrc-release-acquire", Wrc<kRelease, kAcquire>},
    {"isa2-relaxed", Isa2<kRelaxed, kRelaxed>},
    {"isa2-release-acquire", Isa2<kRelease, kAcquire>},
    {"iriw-relaxed", Iriw<kRelaxed, kRelaxed, kNone>},
    {"iriw-release-acquire", Iriw<kRelease, kAcquire, kNone>},
    {"iriw-seq_cst", Iriw<kSeqCst, kSeqCst, kNone>},
    {"iriw-seq_cst-fences", Iriw<kRelaxed, kRelaxed, kSeqCst>},
    {"rwc-relaxed", Rwc<kNone>},
    {"rwc-seq_cst-fences", Rwc<kSeqCst>},
    {"sb-for-another-relaxed", SbForAnother<kRelaxed, kRelaxed>},
    {"sb-for-another-release-acquire", SbForAnother<kRelease, kAcquire>},
    {"sb-own-handler", SbHandler<1>},
    {"sb-handler-elsewhere", SbHandler<2>},
    {"mp-own-handler", MpHandler<1>},
    {"mp-handler-elsewhere", MpHandler<2>},
    {"sb-one-cpu", SbOneCpu},
    {"sb-into-handler", SbIntoHandler},
    {"sb-out-of-handler", SbOutOfHandler},
    {"sb-across-switch", SbAcrossSwitch},
    {"await", Await},
    {"sb-once", SbOnce},
    {"sb-once-fences", SbOnceFences},
    {"mp-once", MpOnce},
    {"mp-once-release-acquire", MpOnceReleaseAcquire},
    {"mp-once-into-atomic", MpOnceIntoAtomic},
    {"corr-once", CoRrOnce},
    {"await-once", AwaitOnce},
    {"mp-once-through-irqs-off", MpOnceThroughIrqsOff},
    {"drawn", Drawn},
    {"drawn-waits", DrawnWaits},
};
constexpr auto kPrograms = Joined(kOwnPrograms, kBetween);

}  // namespace
}  // namespace cfgtorture

extern "C" CFGT_EXPORT const cfgtorture::Plugin* cfgt_plugin() {
  return cfgtorture::PluginOf<cfgtorture::kPrograms, /*kWithKernel=*/false>();
}
