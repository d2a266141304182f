// Goal: every access of the inner side arrives, none of the outer side does, with both compilers. Numbers by hand.
#include "harness/model/testdata/boundary.h"

#include <dlfcn.h>

#include <string>

#include "gtest/gtest.h"
#include "harness/model/abi.h"
#include "harness/run/worker.h"

namespace cfgtorture::model {
namespace {

class Boundary : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    object_ = dlopen(CFGT_BOUNDARY_CODE, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(object_, nullptr) << dlerror();
  }
  template <class F>
  static F* Inner(const char* name) {
    return reinterpret_cast<F*>(dlsym(object_, name));
  }
  // What `f` makes arrive.
  template <class F>
  static AccessCounts Counted(F f) {
    const AccessCounts before = counts;
    f();
    AccessCounts after = counts;
    after.reads -= before.reads;
    after.writes -= before.writes;
    after.atomics -= before.atomics;
    after.volatiles -= before.volatiles;
    after.fences -= before.fences;
    after.memory_functions -= before.memory_functions;
    return after;
  }
  static void* object_;
};
void* Boundary::object_ = nullptr;

TEST_F(Boundary, AClassUsedOnBothSidesIsSeenOnTheInnerOne) {
  OnBothSides object;
  auto* touch = Inner<void(OnBothSides*, int)>("inner_touch");
  const AccessCounts seen = Counted([&] { touch(&object, 10); });
  EXPECT_EQ(seen.atomics, 10u);
#if defined(__clang__)
  EXPECT_EQ(seen.reads, 0u);  // clang leaves out a read that a write to the same place follows
#else
  EXPECT_EQ(seen.reads, 10u);
#endif
  EXPECT_EQ(seen.writes, 10u);
  EXPECT_EQ(object.count.load(), 10u);
  EXPECT_EQ(object.plain, 30u);
}

TEST_F(Boundary, NothingOfTheOuterSideIsSeen) {
  OnBothSides object;
  const AccessCounts seen = Counted([&] {
    for (int i = 0; i < 1000; ++i) {
      object.Touch();
      ReadThrough(&object.plain);
    }
  });
  EXPECT_EQ(seen.atomics + seen.reads + seen.writes + seen.volatiles + seen.memory_functions, 0u);
  EXPECT_EQ(object.count.load(), 1000u);
}

TEST_F(Boundary, ATemplateUsedOnBothSidesIsSeenOnTheInnerOne) {
  const uint64_t value = 5;
  auto* read = Inner<uint64_t(const uint64_t*)>("inner_read");
  uint64_t got = 0;
  const AccessCounts seen = Counted([&] { got = read(&value); });
  EXPECT_EQ(got, 5u);
  EXPECT_EQ(seen.reads, 1u);
  EXPECT_EQ(seen.writes + seen.atomics, 0u);
}

TEST_F(Boundary, AWriteOfTwoBytesIsOneWrite) {
  uint16_t value = 0;
  auto* write = Inner<void(uint16_t*)>("inner_write");
  const AccessCounts seen = Counted([&] { write(&value); });
  EXPECT_EQ(seen.writes, 1u);
  EXPECT_EQ(seen.reads + seen.atomics, 0u);
}

TEST_F(Boundary, ACopyIsAReadAndAWriteOfTheWholeRange) {
  char from[64] = "text", to[64];
  auto* copy = Inner<void(char*, const char*, unsigned long)>("inner_copy");
  const AccessCounts seen = Counted([&] { copy(to, from, sizeof(from)); });
  EXPECT_EQ(seen.memory_functions, 2u);  // the read and the write
  EXPECT_EQ(seen.reads, 1u);
  EXPECT_EQ(seen.writes, 1u);
  EXPECT_STREQ(to, "text");
}

// g++ tells volatile apart (--param tsan-distinguish-volatile=1); clang 14 emits plain calls for it.
TEST_F(Boundary, VolatileAccessesAreMarked) {
  volatile uint32_t value = 0;
  auto* access = Inner<uint32_t(volatile uint32_t*)>("inner_volatile");
  const AccessCounts seen = Counted([&] { access(&value); });
  EXPECT_EQ(seen.volatiles, 2u);
  EXPECT_EQ(seen.reads + seen.writes, 0u);
}

TEST_F(Boundary, AFenceAndACompareExchangeAreSeen) {
  std::atomic<uint64_t> value{0};
  auto* fence = Inner<void()>("inner_fence");
  auto* exchange = Inner<bool(std::atomic<uint64_t>*)>("inner_exchange");
  const AccessCounts seen = Counted([&] {
    fence();
    EXPECT_TRUE(exchange(&value));
    EXPECT_FALSE(exchange(&value));
  });
  EXPECT_EQ(seen.fences, 1u);
  EXPECT_EQ(seen.atomics, 2u);
  EXPECT_EQ(value.load(), 1u);
}

}  // namespace
}  // namespace cfgtorture::model

// The engine is linked as the worker links it; no cell is run here.
namespace cfgtorture::run {
void WorkerOutput::Progress(const CellResult&) {}
void WorkerOutput::Found(const Finding&) {}
void WorkerOutput::Trace(const Step&) {}
bool WorkerOutput::stop_requested() const { return false; }
}  // namespace cfgtorture::run
