// Goal: what a finding says is what the judge was told: both places, what is held, the chain in its order.
#include "harness/judge/lock_findings.h"

#include "gtest/gtest.h"

namespace cfgtorture::judge {
namespace {

constexpr ClassId kDesc = 0, kCap = 1, kDevice = 2, kChild = 3;

ClassText ClassOf(ClassId lock_class) {
  constexpr ClassText kClasses[] = {{"irq_desc", 0, WaitType::kSpin},
                                    {"pcie_cap_lock", 0, WaitType::kConfig},
                                    {"device_lock", 0, WaitType::kSleep},
                                    {"device_lock", 1, WaitType::kSleep}};
  return kClasses[lock_class];
}

HeldLock Lock(ClassId lock_class, uint64_t site, uint32_t instance = 1) {
  HeldLock lock;
  lock.lock_class = lock_class;
  lock.family = lock_class == kChild ? kDevice : lock_class;
  lock.subclass = lock_class == kChild ? 1 : 0;
  lock.place = {.site = site, .stack = 0, .lock = instance, .context = 5};
  return lock;
}

class LockFindingsTest : public ::testing::Test {
 protected:
  Evidence Seen(Situation situation = {}) {
    Evidence evidence{.class_of = ClassOf,
                      .instance_of = [](uint32_t lock) { return "#" + std::to_string(lock); },
                      .access_at =
                          [](const Place& place) {
                            Access access;
                            access.task = "task " + std::to_string(place.context);
                            access.stack = {{"m.so", place.site, "", "", 0}};
                            return access;
                          },
                      .usage = usage_,
                      .held = held_,
                      .situation = situation,
                      .now = {}};
    evidence.now.task = "lspci";
    return evidence;
  }
  IrqUsage usage_;
  HeldLocks held_;
  LockOrder order_;
};

TEST_F(LockFindingsTest, ACycleHasAnAccessAndALinkForEachEdge) {
  LockOrder::Path cycle;
  const HeldLock desc = Lock(kDesc, 10), cap = Lock(kCap, 20, 2);
  order_.Wait(&desc, 1, cap, &cycle);
  const HeldLock cap_again = Lock(kCap, 30, 2), desc_again = Lock(kDesc, 40);
  ASSERT_TRUE(held_.Take(cap_again));
  order_.Wait(held_.data(), held_.count(), desc_again, &cycle);
  const Finding finding = CycleFinding(Seen(), cycle, desc_again);
  EXPECT_EQ(finding.title, "possible circular locking dependency: irq_desc > pcie_cap_lock > irq_desc");
  ASSERT_EQ(finding.accesses.size(), 3u);
  EXPECT_EQ(finding.accesses[0].task, "lspci");
  EXPECT_EQ(finding.accesses[1].what, "waited for pcie_cap_lock with irq_desc held");
  EXPECT_EQ(finding.accesses[1].stack[0].offset, 20u);
  ASSERT_EQ(finding.lock_report.size(), 1u);
  const LockReport& report = finding.lock_report[0];
  EXPECT_EQ(report.heading, "possible circular locking dependency detected");
  ASSERT_EQ(report.chain.size(), 2u);
  EXPECT_EQ(report.chain[0].held.taken.stack[0].offset, 10u);
  EXPECT_EQ(report.chain[1].wanted.name, "irq_desc");
  EXPECT_EQ(report.chain[1].wanted.taken.task, "task 5");
  ASSERT_EQ(report.held.size(), 1u);
  EXPECT_EQ(report.held[0].instance, "#2");
  EXPECT_EQ(report.held[0].wait_type, "3:3");
  EXPECT_EQ(report.held[0].usage, "....");
}

TEST_F(LockFindingsTest, ARecursionSaysOfWhichKind) {
  const auto detail = [&](HeldLock outer, HeldLock wanted) {
    LockOrder::Path cycle;
    LockOrder().Wait(&outer, 1, wanted, &cycle);
    const Finding finding = CycleFinding(Seen(), cycle, wanted);
    EXPECT_EQ(finding.lock_report.at(0).heading, "possible recursive locking detected");
    return finding.detail;
  };
  EXPECT_EQ(detail(Lock(kDevice, 1), Lock(kDevice, 2)), "Who waits for it holds it already.");
  EXPECT_NE(detail(Lock(kDevice, 1, 1), Lock(kDevice, 2, 2)).find("nothing says which"), std::string::npos);
  EXPECT_NE(detail(Lock(kChild, 1, 1), Lock(kDevice, 2, 2)).find("along the topology"), std::string::npos);
  HeldLock read = Lock(kDevice, 1);
  read.shared = true;
  EXPECT_NE(detail(read, read).find("a writer that queues"), std::string::npos);
}

TEST_F(LockFindingsTest, AnInversionNamesWhereEachBecameWhatItIs) {
  usage_.Used(kDesc, {.level = Level::kHardirq, .irqs_off = true}, false, {.site = 100});
  usage_.Used(kCap, {}, false, {.site = 200});
  const HeldLock desc = Lock(kDesc, 10), cap = Lock(kCap, 20);
  LockOrder::Path cycle;
  order_.Wait(&desc, 1, cap, &cycle);
  const Finding finding = InversionFinding(Seen(), *usage_.FindInversion(order_));
  EXPECT_EQ(finding.title, "HARDIRQ-safe -> HARDIRQ-unsafe lock order: irq_desc > pcie_cap_lock");
  const LockReport& report = finding.lock_report.at(0);
  ASSERT_EQ(report.irq_uses.size(), 2u);
  EXPECT_EQ(report.irq_uses[0].stack[0].offset, 100u);
  EXPECT_EQ(report.irq_uses[1].stack[0].offset, 200u);
  EXPECT_EQ(report.chain.at(0).held.usage, "-...");
  EXPECT_EQ(report.chain.at(0).wanted.usage, "+.+.");
  EXPECT_EQ(report.level, "hardirq");
}

TEST_F(LockFindingsTest, AnInconsistentStateLeavesOutWhatWasJustTaken) {
  usage_.Used(kDesc, {.level = Level::kHardirq, .irqs_off = true}, false, {.site = 100});
  const HeldLock taken = Lock(kDesc, 40);
  ASSERT_TRUE(held_.Take(Lock(kDevice, 1, 7)));
  ASSERT_TRUE(held_.Take(taken));
  const auto level = usage_.Used(kDesc, {}, false, taken.place);
  ASSERT_TRUE(level);
  const Finding finding = InconsistentFinding(Seen(), *level, taken);
  EXPECT_EQ(finding.title, "inconsistent lock state: taken in hardirq, and held with interrupts on: irq_desc");
  ASSERT_EQ(finding.lock_report.at(0).held.size(), 1u);
  EXPECT_EQ(finding.lock_report[0].held[0].name, "device_lock");
}

TEST_F(LockFindingsTest, AnInvalidWaitHasTheBoundOfItsContext) {
  ASSERT_TRUE(held_.Take(Lock(kDesc, 1)));
  const HeldLock wanted = Lock(kCap, 2);
  const Situation hardirq{.level = Level::kHardirq, .rt = true, .irqs_off = true};
  Finding finding = ContextFinding(Seen(hardirq), ContextFault::kInvalidWait, "waits for pcie_cap_lock", &wanted);
  EXPECT_EQ(finding.title, "invalid wait context: waits for pcie_cap_lock in hardirq, rt");
  EXPECT_EQ(finding.lock_report.at(0).heading, "Invalid wait context");
  EXPECT_EQ(finding.lock_report[0].context, "2:2");
  finding = ContextFinding(Seen({.preempt_off = true}), ContextFault::kSleepInAtomic, "msleep", nullptr);
  EXPECT_EQ(finding.title, "sleeping function called from atomic context: msleep in task context, preemption off");
  EXPECT_EQ(finding.lock_report.at(0).heading, "sleeping function called from invalid context");
}

TEST_F(LockFindingsTest, AReleaseSaysWhoHoldsItIfThatIsKnown) {
  const HeldLock released = Lock(kDevice, 3);
  EXPECT_EQ(ReleaseFinding(Seen(), released, "reset").title,
            "release of device_lock, which its releaser does not hold: reset does");
  EXPECT_EQ(ReleaseFinding(Seen(), released, "").title, "release of device_lock, which its releaser does not hold");
}

TEST_F(LockFindingsTest, WhoEndsWithALockIsNamed) {
  ASSERT_TRUE(held_.Take(Lock(kChild, 3)));
  EXPECT_EQ(HeldAtEndFinding(Seen()).title, "\"lspci\" ends with device_lock/1 held");
  EXPECT_EQ(HeldAtEndFinding(Seen({.level = Level::kHardirq})).title, "\"lspci\" returns with device_lock/1 held");
}

TEST_F(LockFindingsTest, AFreedLockNamesWhoHoldsIt) {
  ASSERT_TRUE(held_.Take(Lock(kDesc, 1, 9)));
  Finding finding = FreedFinding(Seen(), Lock(kDevice, 30), /*held=*/true);
  EXPECT_EQ(finding.title, "the memory of device_lock goes away while \"task 5\" holds it");
  ASSERT_EQ(finding.accesses.size(), 2u);
  EXPECT_EQ(finding.accesses[0].task, "lspci");
  EXPECT_EQ(finding.accesses[0].what, "frees the memory of device_lock");
  EXPECT_EQ(finding.accesses[1].stack[0].offset, 30u) << "where it was taken";
  const LockReport& report = finding.lock_report.at(0);
  EXPECT_EQ(report.heading, "held lock freed!");
  EXPECT_EQ(report.holder, "task 5");
  EXPECT_EQ(report.wanted.at(0).name, "device_lock");
  ASSERT_EQ(report.held.size(), 1u);
  EXPECT_EQ(report.held[0].name, "irq_desc") << "what is held by who frees it";
  finding = FreedFinding(Seen(), Lock(kDevice, 30), /*held=*/false);
  EXPECT_EQ(finding.title, "the memory of device_lock goes away while \"task 5\" waits for it");
}

TEST_F(LockFindingsTest, ABlockThatIsLeftNamesItsTaker) {
  Access by;
  by.task = "reset";
  const Finding finding = BlockLeftFinding("0000:03:00.1", by);
  EXPECT_EQ(finding.title, "the configuration space of 0000:03:00.1 is still blocked at the program's end");
  EXPECT_EQ(finding.accesses.at(0).what, "blocked 0000:03:00.1");
  EXPECT_EQ(finding.accesses[0].task, "reset");
}

TEST_F(LockFindingsTest, ACycleIsTheSameWhoeverCameFirst) {
  const HeldLock desc = Lock(kDesc, 10), cap = Lock(kCap, 20);
  LockOrder one, other;
  LockOrder::Path first, second;
  one.Wait(&desc, 1, cap, &first);
  one.Wait(&cap, 1, desc, &first);
  other.Wait(&cap, 1, desc, &second);
  other.Wait(&desc, 1, cap, &second);
  EXPECT_EQ(KeyOf(first), KeyOf(second));
  LockOrder::Path third;
  LockOrder().Wait(&desc, 1, desc, &third);
  EXPECT_NE(KeyOf(first), KeyOf(third));
}

}  // namespace
}  // namespace cfgtorture::judge
