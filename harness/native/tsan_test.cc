// Goal: libtsan convicts what races, and only that, through our fibers, wrappers and hook. Run under libtsan.
#define CFGT_OBSERVED 1
#include <atomic>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "harness/kernel/engine.h"
#include "harness/kernel/observer.h"
#include "harness/native/program_for_test.h"
#include "harness/native/races.h"
#include "harness/native/tasks.h"

extern "C" const char* __tsan_default_suppressions();

namespace cfgtorture::native {
namespace {

template <class F>
F* Code(const char* name) {
  static const bool counted = [] {
    CountAccessesOf(reinterpret_cast<uintptr_t>(SymbolOf(CFGT_TEST_CODE, "test_handled")));
    return true;
  }();
  EXPECT_TRUE(counted);
  return reinterpret_cast<F*>(SymbolOf(CFGT_TEST_CODE, name));
}

// Runs `first` and `second` in two tasks, one after the other in time but without any order that libtsan knows.
template <class First, class Second>
uint64_t RacesOf(First first, Second second) {
  const uint64_t before = RacesReported();
  RunAsProgram([&] {
    std::atomic<bool> gone{false};  // this file is not instrumented, so the flag orders nothing
    TestTask one(1, [&] {
      first();
      gone = true;
    });
    TestTask two(2, [&] {
      while (!gone) engine::Relax();
      second();
    });
  });
  return RacesReported() - before;
}

// libtsan reports a pair of stacks once a process: ctest's process a test is what keeps these independent.
TEST(TsanInterrupt, ReportsATaskThatSharesAVariableWithAHandlerWithInterruptsOn) {
  auto* run = Code<void(bool, uint64_t)>("test_task_against_handler");
  auto* handled = Code<uint64_t()>("test_handled");
  const uint64_t before = RacesReported();
  RunAsProgram([&] {
    TestTask task(1, [&] {
      run(false, 100);
      EXPECT_EQ(handled(), 100u);
    });
  });
  ASSERT_GT(RacesReported(), before);
  const RaceReport race = KeptRaces().back();
  EXPECT_EQ(race.kind, "data-race");
  ASSERT_EQ(race.accesses.size(), 2u);
  const bool by_handler = race.accesses[0].thread == "CPU1 hardirq" || race.accesses[1].thread == "CPU1 hardirq";
  EXPECT_TRUE(by_handler) << race.accesses[0].thread << " and " << race.accesses[1].thread;
  for (const RaceAccess& access : race.accesses) EXPECT_FALSE(access.stack.empty());
}

TEST(TsanInterrupt, SilentWhereTheTaskTurnsInterruptsOff) {
  auto* run = Code<void(bool, uint64_t)>("test_task_against_handler");
  auto* handled = Code<uint64_t()>("test_handled");
  const uint64_t before = RacesReported();
  RunAsProgram([&] {
    TestTask task(1, [&] {
      run(true, 100);
      EXPECT_EQ(handled(), 100u);
    });
  });
  EXPECT_EQ(RacesReported(), before);
}

TEST(TsanInterrupt, ReportsATaskOfAnotherCpuThatTurnsItsOwnInterruptsOff) {
  auto* run = Code<void(bool, uint64_t)>("test_task_against_handler");
  const uint64_t before = RacesReported();
  RunAsProgram([&] {
    TestTask one(1, [&] { run(true, 50); });
    TestTask two(2, [&] { run(true, 50); });
  });
  EXPECT_GT(RacesReported(), before);
}

TEST(TsanInterrupt, SilentAcrossTwoProgramsWhoseHandlersShareMemory) {
  auto* run = Code<void(bool, uint64_t)>("test_task_against_handler");
  const uint64_t before = RacesReported();
  for (int cpu = 1; cpu <= 3; ++cpu) {
    RunAsProgram([&] { TestTask task(cpu, [&] { run(true, 20); }); });
  }
  EXPECT_EQ(RacesReported(), before);
}

TEST(TsanInterrupt, SilentOnVariablesThatATaskAndAHandlerHaveOnTheirStacks) {
  auto* run = Code<void(uint64_t)>("test_stacks_of_task_and_handler");
  const uint64_t before = RacesReported();
  RunAsProgram([&] { TestTask task(1, [&] { run(100); }); });
  EXPECT_EQ(RacesReported(), before);
}

TEST(TsanMemory, ReportsARaceThroughMemset) {
  auto* fill = Code<void(int, size_t)>("test_fill");
  EXPECT_GT(RacesOf([&] { fill(1, 8); }, [&] { fill(2, 64); }), 0u);
  // Both are the code under test's, not the wrapper's.
  const RaceReport race = KeptRaces().back();
  for (const RaceAccess& access : race.accesses) {
    Dl_info info;
    bool in_code = false;
    for (size_t i = 0; i < access.stack.size() && i < 2; ++i) {
      if (dladdr(reinterpret_cast<void*>(access.stack[i]), &info) != 0 && info.dli_sname != nullptr) {
        in_code = in_code || std::string(info.dli_sname) == "test_fill";
      }
    }
    EXPECT_TRUE(in_code);
  }
}

TEST(TsanMemory, ReportsAPlainWriteAgainstAnAtomicOne) {
  auto* plain = Code<void()>("test_plain_write");
  auto* atomic = Code<void()>("test_atomic_write");
  EXPECT_GT(RacesOf(plain, atomic), 0u);
}

// Held when the access was made that showed the race; of the one before nobody knows any more.
TEST(TsanMemory, AReportHasTheLocksOfTheAccessThatWasBeingMade) {
  auto* write = Code<void()>("test_plain_write");
  const observer::LockId outer = observer::LockCreated(nullptr, "outer", observer::WaitType::kSpin, 0);
  const observer::LockId inner = observer::LockCreated(nullptr, "inner", observer::WaitType::kSpin, 0);
  EXPECT_NE(outer, inner);
  EXPECT_EQ(observer::LockCreated(&inner, "outer", observer::WaitType::kSpin, 0), outer) << "a number a name";
  const auto take = [](observer::LockId lock) { observer::LockAcquired(lock, observer::How::kExclusive); };
  ASSERT_GT(RacesOf(
                [&] {
                  take(inner);
                  write();
                  (void)observer::LockReleased(inner);
                },
                [&] {
                  take(outer);
                  take(inner);
                  (void)observer::LockReleased(inner);
                  write();
                  (void)observer::LockReleased(outer);
                }),
            0u);
  const RaceReport race = KeptRaces().back();
  EXPECT_EQ(race.accesses.at(0).locks, std::vector<std::string>{"outer"});
  EXPECT_TRUE(race.accesses.at(1).locks.empty());
}

TEST(TsanReports, SuppressNothing) { EXPECT_STREQ(__tsan_default_suppressions(), ""); }

TEST(TsanMemory, SilentOnTwoAtomicWrites) {
  auto* atomic = Code<void()>("test_atomic_write");
  EXPECT_EQ(RacesOf(atomic, atomic), 0u);
}

#if defined(__GNUC__) && !defined(__clang__)
TEST(TsanMemory, SilentOnTwoVolatileWritesAsOfReadOnceAndWriteOnce) {
  auto* write = Code<void()>("test_volatile_write");
  EXPECT_EQ(RacesOf(write, write), 0u);
}

TEST(TsanMemory, ReportsAVolatileWriteAgainstAPlainOne) {
  auto* write = Code<void()>("test_volatile_write");
  auto* plain = Code<void()>("test_plain_write");
  EXPECT_GT(RacesOf(write, plain), 0u);
}
#endif

TEST(TsanTasks, SilentWhereOneStartsAfterTheOtherWasJoined) {
  auto* plain = Code<void()>("test_plain_write");
  const uint64_t before = RacesReported();
  RunAsProgram([&] {
    plain();
    {
      TestTask one(1, [&] { plain(); });
    }
    {
      TestTask two(2, [&] { plain(); });
    }
    plain();
  });
  EXPECT_EQ(RacesReported(), before);
}

TEST(TsanTasks, ParkAndUnparkOrderNothing) {
  auto* plain = Code<void()>("test_plain_write");
  const uint64_t before = RacesReported();
  RunAsProgram([&] {
    TestTask sleeper(1, [&] {
      engine::Park();
      plain();
    });
    TestTask waker(2, [&] {
      plain();
      engine::Unpark(sleeper.id());
    });
  });
  EXPECT_GT(RacesReported(), before);
}

TEST(TsanTimer, SeesWhatItsArmerDidAndRacesWithWhatItDoesLater) {
  auto* count = Code<void(void*)>("test_count");
  const uint64_t before = RacesReported();
  static uint64_t counter;
  const auto wait_for = [](uint64_t value) {
    const volatile uint64_t* seen = &counter;  // read by this file, which libtsan does not see
    while (*seen != value) engine::Relax();
  };
  RunAsProgram([&] {
    TestTask task(1, [&] {
      count(&counter);
      engine::ArmTimer(1000, count, &counter);
      wait_for(2);
      engine::IrqDisable();
      count(&counter);
      engine::IrqEnable();
    });
  });
  EXPECT_EQ(counter, 3u);
  EXPECT_EQ(RacesReported(), before);
  RunAsProgram([&] {
    TestTask task(1, [&] {
      engine::ArmTimer(1000, count, &counter);
      wait_for(4);
      count(&counter);
    });
  });
  EXPECT_EQ(counter, 5u);
  EXPECT_GT(RacesReported(), before);
}

TEST(TsanAccesses, AreCountedExactly) {
  auto* atomic = Code<void()>("test_atomic_write");
  const uint64_t before = AccessesSeen();
  RunAsProgram([&] {
    for (int i = 0; i < 1000; ++i) atomic();
  });
  EXPECT_EQ(AccessesSeen() - before, 1000u);
}

}  // namespace
}  // namespace cfgtorture::native
