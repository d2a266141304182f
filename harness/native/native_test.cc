// Goal: the engine on real threads keeps engine.h's promises; interrupts above all are real.
#include <atomic>
#include <vector>

#include "gtest/gtest.h"
#include "harness/kernel/engine.h"
#include "harness/measure/tsc.h"
#include "harness/native/program_for_test.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"

namespace cfgtorture::native {
namespace {

using engine::Context;

template <class F>
F* Code(const char* name) {
  return reinterpret_cast<F*>(SymbolOf(CFGT_TEST_CODE, name));
}

std::atomic<int> g_handled{0};
std::atomic<int> g_context{-1};
std::atomic<int> g_cpu{-1};
std::atomic<int> g_vector{-1};
std::atomic<bool> g_irqs_off{false};
std::atomic<engine::TaskId> g_wake{0};

void Handler(int vector) {
  g_context = static_cast<int>(engine::CurrentContext());
  g_cpu = engine::CurrentCpu();
  g_vector = vector;
  g_irqs_off = engine::IrqsOff();
  ++g_handled;
}

void WakingHandler(int vector) {
  Handler(vector);
  engine::Unpark(g_wake);
}

// Real time, without giving up the CPU or calling the engine.
void Burn(uint64_t ns) {
  const uint64_t until = measure::MonotonicNs() + ns;
  while (measure::MonotonicNs() < until) {
  }
}

TEST(NativeInterrupt, InterruptsALoopThatContainsNoCallAndNoAtomic) {
  auto* loop = Code<bool(uint64_t)>("test_loop_without_calls");
  auto* stop = Code<void(int)>("test_stop_handler");
  auto* clear = Code<void()>("test_clear_stop");
  for (int round = 0; round < 20; ++round) {
    bool interrupted = false;
    RunAsProgram([&] {
      engine::SetIrqEntry(stop);
      clear();
      std::atomic<bool> started{false};
      TestTask task(1, [&] {
        started = true;
        interrupted = loop(20'000'000'000u);
      });
      while (!started) engine::SleepNs(1000);
      Burn(200'000);
      engine::RaiseIrq(1, 7);
    });
    EXPECT_TRUE(interrupted);
  }
}

TEST(NativeInterrupt, RunsInHardirqContextOfItsCpuWithInterruptsOff) {
  RunAsProgram([&] {
    g_handled = 0;
    engine::SetIrqEntry(Handler);
    TestTask task(2, [&] {
      engine::RaiseIrq(2, 33);
      EXPECT_EQ(g_handled, 1);
      EXPECT_EQ(engine::CurrentContext(), Context::kTask);
      EXPECT_FALSE(engine::IrqsOff());
    });
  });
  EXPECT_EQ(g_context, static_cast<int>(Context::kHardirq));
  EXPECT_EQ(g_cpu, 2);
  EXPECT_EQ(g_vector, 33);
  EXPECT_TRUE(g_irqs_off);
}

TEST(NativeInterrupt, IsDeferredByIrqsOffAndDeliveredByRestore) {
  RunAsProgram([&] {
    g_handled = 0;
    engine::SetIrqEntry(Handler);
    std::atomic<bool> off{false}, raised{false};
    TestTask task(1, [&] {
      engine::IrqDisable();
      EXPECT_TRUE(engine::IrqsOff());
      off = true;
      while (!raised) engine::Relax();
      Burn(2'000'000);  // time enough for the signal to arrive
      EXPECT_EQ(g_handled, 0);
      engine::IrqEnable();
      EXPECT_EQ(g_handled, 1);
    });
    while (!off) engine::Relax();
    engine::RaiseIrq(1, 3);
    engine::RaiseIrq(1, 3);  // pending vectors merge
    raised = true;
  });
  EXPECT_EQ(g_handled, 1);
}

TEST(NativeInterrupt, OfAnIdleCpuIsRunByNobodysThread) {
  RunAsProgram([&] {
    g_handled = 0;
    engine::SetIrqEntry(Handler);
    engine::RaiseIrq(3, 9);
    while (g_handled == 0) engine::Relax();
  });
  EXPECT_EQ(g_cpu, 3);
  EXPECT_EQ(g_context, static_cast<int>(Context::kHardirq));
}

TEST(NativeInterrupt, WakesAParkedTaskOfItsCpu) {
  for (int round = 0; round < 200; ++round) {
    RunAsProgram([&] {
      g_handled = 0;
      engine::SetIrqEntry(WakingHandler);
      TestTask task(1, [&] {
        while (g_handled == 0) engine::Park();
      });
      g_wake = task.id();
      engine::RaiseIrq(1, 4);
    });
    EXPECT_EQ(g_handled, 1);
  }
}

TEST(NativeInterrupt, NoneIsLostUnderLoad) {
  // Each is raised after the one before was handled, from another CPU, while the task masks and unmasks.
  constexpr int kInterrupts = 5000;
  RunAsProgram([&] {
    g_handled = 0;
    engine::SetIrqEntry(Handler);
    std::atomic<bool> done{false};
    TestTask task(1, [&] {
      while (!done) {
        engine::IrqDisable();
        engine::IrqEnable();
        engine::Relax();
      }
    });
    for (int i = 0; i < kInterrupts; ++i) {
      engine::RaiseIrq(1, i % kVectors);
      while (g_handled != i + 1) engine::Relax();
    }
    done = true;
  });
  EXPECT_EQ(g_handled, kInterrupts);
}

TEST(NativePark, TakesAPermitThatWasGivenBefore) {
  RunAsProgram([&] {
    engine::Unpark(engine::CurrentTask());
    EXPECT_FALSE(engine::Park());
  });
}

TEST(NativePark, KeepsOnePermitAtMost) {
  std::atomic<int> passed{0};
  RunAsProgram([&] {
    TestTask task(1, [&] {
      engine::Unpark(engine::CurrentTask());
      engine::Unpark(engine::CurrentTask());
      engine::Park();
      passed = 1;
      engine::Park();  // nobody interrupts this CPU, so it blocks until it is given another
      passed = 2;
    });
    while (passed == 0) engine::Relax();
    Burn(20'000'000);
    EXPECT_EQ(passed, 1);
    engine::Unpark(task.id());
  });
  EXPECT_EQ(passed, 2);
}

TEST(NativePark, HandsOverAThousandTimes) {
  int turn = 0;  // plain: ordered by the atomic below
  std::atomic<int> whose{0};
  RunAsProgram([&] {
    const engine::TaskId init = engine::CurrentTask();
    TestTask task(1, [&] {
      for (int i = 0; i < 1000; ++i) {
        while (whose != 1) engine::Park();
        ++turn;
        whose = 0;
        engine::Unpark(init);
      }
    });
    for (int i = 0; i < 1000; ++i) {
      ++turn;
      whose = 1;
      engine::Unpark(task.id());
      while (whose != 0) engine::Park();
    }
  });
  EXPECT_EQ(turn, 2000);
}

TEST(NativeCpu, TasksOfOneCpuExcludeEachOtherWithPreemptionOff) {
  uint64_t counter = 0;
  RunAsProgram([&] {
    const auto body = [&] {
      for (int i = 0; i < 20000; ++i) {
        engine::PreemptDisable();
        const uint64_t seen = counter;
        engine::Relax();
        counter = seen + 1;
        engine::PreemptEnable();
        engine::KeepGoing();
      }
    };
    TestTask first(2, body);
    TestTask second(2, body);
    TestTask third(2, body);
  });
  EXPECT_EQ(counter, 60000u);
}

TEST(NativeCpu, ASpinningTaskLetsAnotherOfItsCpuRun) {
  std::atomic<bool> flag{false};
  RunAsProgram([&] {
    TestTask spinner(1, [&] {
      while (!flag) engine::Relax();
    });
    TestTask setter(1, [&] { flag = true; });
  });
}

TEST(NativeCpu, TasksGoToTheNextCpuInTurn) {
  std::vector<int> cpus(4, -1);
  RunAsProgram([&] {
    for (size_t i = 0; i < cpus.size(); ++i) TestTask task(-1, [&, i] { cpus[i] = engine::CurrentCpu(); });
  });
  EXPECT_EQ(cpus, (std::vector<int>{1, 2, 3, 0}));
}

struct TimerSeen {
  std::atomic<int> runs{0};
  std::atomic<int> context{-1};
  std::atomic<int> cpu{-1};
  std::atomic<int> handled_inside{-1};
};

TEST(NativeTimer, RunsInSoftirqContextOfTheArmingCpuAndMayBeInterrupted) {
  TimerSeen seen;
  RunAsProgram([&] {
    g_handled = 0;
    engine::SetIrqEntry(Handler);
    TestTask task(1, [&] {
      engine::ArmTimer(
          100'000,
          [](void* argument) {
            auto* timer = static_cast<TimerSeen*>(argument);
            timer->context = static_cast<int>(engine::CurrentContext());
            timer->cpu = engine::CurrentCpu();
            engine::RaiseIrq(engine::CurrentCpu(), 1);
            timer->handled_inside = g_handled.load();
            ++timer->runs;
          },
          &seen);
      while (seen.runs == 0) {
      }  // no engine call: the timer has to get in by itself
    });
  });
  EXPECT_EQ(seen.runs, 1);
  EXPECT_EQ(seen.context, static_cast<int>(Context::kSoftirq));
  EXPECT_EQ(seen.cpu, 1);
  EXPECT_EQ(seen.handled_inside, 1);
}

// Armed in another order. A deadline counts from when its timer is armed, and a busy host may take long over the next
// one: so it is tried again where that may have been so.
TEST(NativeTimer, FireInOrderOfTheirDeadlines) {
  std::vector<int> order;
  struct Entry {
    std::vector<int>* order;
    int number;
  };
  Entry entries[3] = {{&order, 0}, {&order, 1}, {&order, 2}};
  const std::vector<int> by_deadline = {0, 1, 2};
  for (int tries = 0; tries < 20 && order != by_deadline; ++tries) {
    order.clear();
    std::atomic<bool> done{false};
    RunAsProgram([&] {
      const auto note = [](void* entry) {
        auto* e = static_cast<Entry*>(entry);
        e->order->push_back(e->number);
      };
      engine::IrqDisable();
      engine::ArmTimer(300'000'000, note, &entries[2]);
      engine::ArmTimer(100'000'000, note, &entries[0]);
      engine::ArmTimer(200'000'000, note, &entries[1]);
      engine::ArmTimer(
          400'000'000, [](void* flag) { *static_cast<std::atomic<bool>*>(flag) = true; }, &done);
      engine::IrqEnable();
      while (!done) engine::Relax();
    });
  }
  EXPECT_EQ(order, by_deadline);
}

TEST(NativeClock, SleepsAreOverOnTheEmulatedClockTheyAreMeasuredBy) {
  RunAsProgram([&] {
    const uint64_t before = engine::NowNs();
    const uint64_t real = measure::MonotonicNs();
    engine::SleepNs(100'000'000);
    EXPECT_GE(engine::NowNs() - before, 100'000'000u);
    EXPECT_GE(measure::MonotonicNs() - real, 1'000'000u);  // a hundredth: the time scale
  });
}

TEST(NativeClock, ABusyWaitIsReal) {
  RunAsProgram([&] {
    const uint64_t real = measure::MonotonicNs();
    engine::DelayNs(300'000);
    EXPECT_GE(measure::MonotonicNs() - real, 300'000u);
  });
}

void LongHandler(int) { Burn(3'000'000); }

TEST(NativeTiming, LeavesTheTimeOfHandlersOutOfAnInterruptedOperation) {
  Task* task_object = nullptr;
  RunAsProgram([&] {
    engine::SetIrqEntry(LongHandler);
    TestTask task(2, [&] {
      task_object = t_self;
      for (int i = 0; i < 20; ++i) {
        OperationBegan(hw::Call::kReset);
        engine::RaiseIrq(2, 1);
        OperationEnded(hw::Call::kReset);
      }
    });
  });
  const measure::TickCalibration calibration;
  const measure::Histogram& latency = task_object->recorders[0]->latency(static_cast<int>(hw::Call::kReset));
  EXPECT_EQ(latency.Count(), 20u);
  EXPECT_LT(static_cast<double>(latency.AtFraction(0.5)) * calibration.NsPerTick(), 1'000'000);
  // And a handler is a section with interrupts off.
  EXPECT_GE(static_cast<double>(LongestIrqsOffTicks()) * calibration.NsPerTick(), 2'900'000);
}

TEST(NativeWatch, NamesWhereEachTaskStands) {
  RunAsProgram([&] {
    TestTask task(1, [&] { engine::Park(); });
    while (FindTask(task.id())->state != TaskState::kParked) engine::SleepNs(1000);
    const std::string text = DescribeTasks();
    EXPECT_NE(text.find("task 1 \"test\" on CPU1: blocked"), std::string::npos) << text;
    engine::Unpark(task.id());
  });
}

TEST(NativeWatch, EndExecutionEndsTheProgramThoughItsTasksStand) {
  // In a child: what ends so is never joined.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        BuildMachineOnce();
        StartProgram([](void*) { engine::EndExecution("no use to go on"); }, nullptr);
        if (WaitForProgram(5'000'000'000u) && EndedBecause() != nullptr) {
          std::fprintf(stderr, "%s\n", EndedBecause());
          _exit(0);
        }
        _exit(1);
      },
      testing::ExitedWithCode(0), "no use to go on");
}

}  // namespace
}  // namespace cfgtorture::native
