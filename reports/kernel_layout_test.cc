// Goal: what a maintainer expects of lockdep and KCSAN, line by line; what is not told leaves no hole.
#include "reports/kernel_layout.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

Access By(const std::string& task, int cpu, const std::string& function, int line) {
  Access access;
  access.task = task;
  access.cpu = cpu;
  access.context = task == "handler" ? "hardirq" : "task";
  access.stack = {{"m.so", 1, "RawSpinlock::lock", "harness/kernel/raw_spinlock.h", 35},
                  {"m.so", 2, function, "locks/mine.cc", line}};
  return access;
}

LockLine LineOf(const std::string& name, const std::string& usage, const std::string& type, Access taken) {
  return {name, "", usage, type, "", std::move(taken)};
}

Finding Circle() {
  Finding finding;
  finding.hazard = "lock-order";
  finding.accesses = {By("lspci", 1, "Mine::user_read", 20)};
  LockReport report;
  report.heading = "possible circular locking dependency detected";
  const LockLine a = LineOf("pci_lock", "-.-.", "2:2", By("reset", 0, "Mine::reset", 10));
  const LockLine b = LineOf("pi_lock", "....", "2:2", By("reset", 0, "Mine::wake", 12));
  const LockLine b_again = LineOf("pi_lock", "....", "2:2", By("lspci", 1, "Mine::schedule", 18));
  const LockLine a_again = LineOf("pci_lock", "-.-.", "2:2", By("lspci", 1, "Mine::user_read", 20));
  report.chain = {{a, b}, {b_again, a_again}};
  report.wanted = {a_again};
  report.held = {b_again};
  finding.lock_report = {report};
  return finding;
}

TEST(KernelLayout, ACycleReadsAsLockdepsDoes) {
  EXPECT_EQ(KernelLayout(Circle(), 100), R"(======================================================
WARNING: possible circular locking dependency detected
------------------------------------------------------
lspci on CPU1 is trying to acquire lock:
(pci_lock){-.-.}-{2:2}, at: Mine::user_read (locks/mine.cc:20)

but task is already holding lock:
(pi_lock){....}-{2:2}, at: Mine::schedule (locks/mine.cc:18)

which lock already depends on the new lock.

the existing dependency chain (in reverse order) is:

-> #1 (pi_lock){....}-{2:2}:
       by reset on CPU0
       RawSpinlock::lock (harness/kernel/raw_spinlock.h:35)
       Mine::wake (locks/mine.cc:12)

-> #0 (pci_lock){-.-.}-{2:2}:
       by lspci on CPU1
       RawSpinlock::lock (harness/kernel/raw_spinlock.h:35)
       Mine::user_read (locks/mine.cc:20)

other info that might help us debug this:

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(pi_lock);
                               lock(pci_lock);
                               lock(pi_lock);
  lock(pci_lock);

 *** DEADLOCK ***

1 lock held by lspci on CPU1:
 #0: (pi_lock){....}-{2:2}, at: Mine::schedule (locks/mine.cc:18)

stack backtrace:
 RawSpinlock::lock (harness/kernel/raw_spinlock.h:35)
 Mine::user_read (locks/mine.cc:20)
)");
}

TEST(KernelLayout, ALongerCycleNamesItsChain) {
  Finding finding = Circle();
  LockReport& report = finding.lock_report[0];
  const LockLine c = LineOf("rq->lock", "....", "2:2", By("reset", 0, "Mine::enqueue", 14));
  report.chain.insert(report.chain.begin() + 1, {report.chain[0].wanted, c});
  report.chain[2].held = c;
  const std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("Chain exists of:\n  pci_lock --> pi_lock --> rq->lock\n"));
  EXPECT_LT(text.find("-> #2 (rq->lock)"), text.find("-> #1 (pi_lock)"));
  EXPECT_THAT(text, HasSubstr("                               lock(pi_lock);\n"
                              "                               lock(rq->lock);\n"));
}

TEST(KernelLayout, ASecondReadOfASemaphoreShowsTheWriterBetween) {
  Finding finding;
  finding.accesses = {By("walk", 0, "Mine::walk", 5)};
  LockReport report;
  report.heading = "possible recursive locking detected";
  LockLine read = LineOf("pci_bus_sem", ".+.+", "4:4", By("walk", 0, "Mine::walk", 5));
  read.how = "read";
  report.chain = {{read, read}};
  report.wanted = report.held = {read};
  finding.lock_report = {report};
  const std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("  rlock(pci_bus_sem);\n"
                              "                               lock(pci_bus_sem);\n"
                              "  rlock(pci_bus_sem);\n"));
  EXPECT_THAT(text, HasSubstr("(pci_bus_sem){.+.+}-{4:4}, read, at: "));
  EXPECT_THAT(text, Not(HasSubstr("lock nesting"))) << "it is one lock";
}

TEST(KernelLayout, TwoInstancesOfAClassMayLackANesting) {
  Finding finding;
  finding.accesses = {By("reset", 0, "Mine::reset", 5)};
  LockReport report;
  report.heading = "possible recursive locking detected";
  LockLine first = LineOf("device_lock", "+.+.", "4:4", By("reset", 0, "Mine::reset", 5)), second = first;
  first.instance = "#1";
  second.instance = "#2";
  report.chain = {{first, second}};
  report.wanted = {second};
  report.held = {first};
  finding.lock_report = {report};
  const std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("reset on CPU0 is trying to acquire lock:\n(device_lock#2){+.+.}-{4:4}, at: "));
  EXPECT_THAT(text, HasSubstr("       CPU0\n       ----\n  lock(device_lock);\n  lock(device_lock);\n"));
  EXPECT_THAT(text, HasSubstr(" May be due to missing lock nesting notation\n"));
}

TEST(KernelLayout, AnInvalidWaitShowsBothBounds) {
  Finding finding;
  finding.accesses = {By("handler", 0, "Mine::msi_mask", 7)};
  LockReport report;
  report.heading = "Invalid wait context";
  report.context = "2:2";
  report.wanted = {LineOf("vmd_cfg", "....", "3:3", By("handler", 0, "Mine::msi_mask", 7))};
  report.held = {LineOf("irq_desc", "-...", "2:2", By("handler", 0, "Mine::handle", 6))};
  finding.lock_report = {report};
  const std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("=============================\n[ BUG: Invalid wait context ]\n"
                              "-----------------------------\nhardirq on CPU0 is trying to lock:\n"
                              "(vmd_cfg){....}-{3:3}, at: Mine::msi_mask (locks/mine.cc:7)\n"
                              "other info that might help us debug this:\ncontext-{2:2}\n"
                              "1 lock held by hardirq on CPU0:\n #0: (irq_desc){-...}-{2:2}, at: Mine::handle"));
}

TEST(KernelLayout, AnInversionNamesBothEndsAndTheInterrupt) {
  Finding finding;
  finding.accesses = {By("unmask", 1, "Mine::unmask", 9)};
  LockReport report;
  report.heading = "HARDIRQ-safe -> HARDIRQ-unsafe lock order detected";
  report.level = "hardirq";
  report.chain = {{LineOf("irq_desc", "-...", "2:2", By("unmask", 1, "Mine::unmask", 8)),
                   LineOf("cap_lock", "+.+.", "2:2", By("unmask", 1, "Mine::unmask", 9))}};
  report.irq_uses = {By("handler", 0, "Mine::handle", 3), By("aspm", 0, "Mine::aspm", 4)};
  finding.lock_report = {report};
  const std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected\n"));
  EXPECT_THAT(text, HasSubstr("(irq_desc){-...}-{2:2} -> (cap_lock){+.+.}-{2:2}\n"));
  EXPECT_THAT(text, HasSubstr("... which became HARDIRQ-irq-safe at:\n  by hardirq on CPU0\n"));
  EXPECT_THAT(text, HasSubstr("... which became HARDIRQ-irq-unsafe at:\n  by aspm on CPU0\n"));
  EXPECT_THAT(text, HasSubstr("  lock(cap_lock);\n"
                              "                               local_irq_disable();\n"
                              "                               lock(irq_desc);\n"
                              "                               lock(cap_lock);\n"
                              "  <Interrupt>\n"
                              "    lock(irq_desc);\n\n *** DEADLOCK ***\n"));
}

TEST(KernelLayout, AnInconsistentStateSaysWhichUseCameFirst) {
  Finding finding;
  finding.accesses = {By("handler", 0, "Mine::handle", 3)};
  LockReport report;
  report.heading = "inconsistent lock state";
  report.level = "hardirq";
  report.wanted = {LineOf("cap_lock", "?.+.", "2:2", By("handler", 0, "Mine::handle", 3))};
  report.irq_uses = {By("handler", 0, "Mine::handle", 3), By("aspm", 0, "Mine::aspm", 4)};
  finding.lock_report = {report};
  std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("inconsistent {HARDIRQ-ON-W} -> {IN-HARDIRQ-W} usage.\nhardirq on CPU0 takes:\n"));
  EXPECT_THAT(text, HasSubstr("{HARDIRQ-ON-W} state was registered at:\n  by aspm on CPU0\n"));
  EXPECT_THAT(text, HasSubstr("  lock(cap_lock);\n  <Interrupt>\n    lock(cap_lock);\n"));
  finding.lock_report[0].wanted[0].taken = By("aspm", 0, "Mine::aspm", 4);
  text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage.\n"));
}

TEST(KernelLayout, AWrongReleaseSaysWhoHoldsIt) {
  Finding finding;
  finding.accesses = {By("close", 0, "Mine::close", 3)};
  LockReport report;
  report.heading = "bad unlock balance detected!";
  report.holder = "reset";
  report.wanted = {LineOf("device_lock", "+.+.", "4:4", By("close", 0, "Mine::close", 3))};
  finding.lock_report = {report};
  const std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("WARNING: bad unlock balance detected!\n"));
  EXPECT_THAT(text, HasSubstr("close on CPU0 is trying to release lock (device_lock){+.+.}-{4:4}, at: Mine::close "
                              "(locks/mine.cc:3)\nbut reset holds it!\n"));
  EXPECT_THAT(text, HasSubstr("no locks held by close on CPU0.\n"));
}

TEST(KernelLayout, AFreedLockSaysWhoUsesItAndWhereHeTookIt) {
  Finding finding;
  finding.accesses = {By("removal", 0, "Mine::remove", 3), By("reset", 1, "Mine::reset", 7)};
  finding.accesses[1].what = "took slot_lock";
  LockReport report;
  report.heading = "held lock freed!";
  report.holder = "reset";
  report.wanted = {LineOf("slot_lock", "+.+.", "4:4", finding.accesses[1])};
  finding.lock_report = {report};
  std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("WARNING: held lock freed!\n"));
  EXPECT_THAT(text, HasSubstr("removal on CPU0 is freeing memory, with a lock still held there by reset!\n"
                              "(slot_lock){+.+.}-{4:4}, at: Mine::reset (locks/mine.cc:7)\n"));
  EXPECT_THAT(text, HasSubstr("no locks held by removal on CPU0.\n"));
  finding.accesses[1].what = "waits for slot_lock";
  EXPECT_THAT(KernelLayout(finding, 100), HasSubstr("with a lock still awaited there by reset!\n"));
}

TEST(KernelLayout, AUseAfterFreeHasTheStacksOfBoth) {
  Finding finding;
  finding.hazard = "use-after-free";
  finding.accesses = {By("unbind", 1, "Unbind", 8), By("removal", 0, "kfree", 3)};
  finding.accesses[0].what = "read of 4 bytes";
  finding.accesses[1].what = "free of 8 bytes";
  finding.accesses[0].location = finding.accesses[1].location = "freed heap object of 8 bytes + 4";
  const std::string text = KernelLayout(finding, 100);
  EXPECT_THAT(text, HasSubstr("read from freed heap object of 8 bytes + 4 of 4 bytes by task unbind on cpu 1:\n"));
  EXPECT_THAT(text, HasSubstr("\nfree of 8 bytes by task removal on cpu 0:\n"));
}

TEST(KernelLayout, ARaceReadsAsKcsansDoes) {
  Finding finding;
  finding.hazard = "data-race";
  Access write = By("reset", 1, "Unlink", 8), read = By("handler", 0, "Link", 3);
  write.stack.erase(write.stack.begin());
  read.stack.erase(read.stack.begin());
  write.what = "write of 8 bytes";
  read.what = "atomic read of 8 bytes";
  write.location = read.location = "stack of task \"reader\"";
  write.locks_held = {"pci_lock"};
  finding.accesses = {write, read};
  finding.value_changed = "0x00 -> 0x01";
  EXPECT_EQ(KernelLayout(finding, 100), R"(==================================================================
BUG: cfgtorture: data-race in Link / Unlink

write to stack of task "reader" of 8 bytes by task reset on cpu 1:
 Unlink (locks/mine.cc:8)
 1 lock held: pci_lock

read (marked) from stack of task "reader" of 8 bytes by interrupt (hardirq) on cpu 0:
 Link (locks/mine.cc:3)

value changed: 0x00 -> 0x01
)");
}

TEST(KernelLayout, LinesAreFoldedWhereTheyCanBe) {
  const std::string text = KernelLayout(Circle(), 60);
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = text.find('\n', begin);
    EXPECT_LE(end - begin, 60u) << text.substr(begin, end - begin);
  }
  EXPECT_THAT(Folded("  one two three four five six seven eight nine ten eleven", 40),
              HasSubstr("six seven\n    eight nine ten"));
}

TEST(KernelLayout, ADeadlockSaysWhereEachWaits) {
  Finding finding;
  finding.hazard = "deadlock";
  Access wait;
  wait.what = "spins on global lockw";
  wait.task = "init";
  wait.locks_held = {"pci_lock"};
  wait.stack = {{"m", 1, "exchange", "/usr/include/c++/12/bits/atomic_base.h", 3}, {"m", 2, "abba", "/home/a/w.c", 9}};
  finding.waiting = {wait};
  EXPECT_THAT(KernelLayout(finding, 80), HasSubstr("\ninit on CPU0 spins on global lockw:\n"));
  EXPECT_THAT(KernelLayout(finding, 80), HasSubstr(" abba (/home/a/w.c:9)\n held: pci_lock\n"));
}

TEST(KernelLayout, WhatIsNotToldLeavesNoHole) {
  Finding finding;
  finding.hazard = "deadlock";
  finding.title = "nobody can run";
  EXPECT_THAT(KernelLayout(finding, 80), HasSubstr("BUG: cfgtorture: deadlock\n"));
  for (const char* heading : {"possible circular locking dependency detected", "inconsistent lock state",
                              "Invalid wait context", "bad unlock balance detected!", "still has locks held!",
                              "held lock freed!", "HARDIRQ-safe -> HARDIRQ-unsafe lock order detected"}) {
    LockReport report;
    report.heading = heading;
    finding.lock_report = {report};
    EXPECT_THAT(KernelLayout(finding, 80), HasSubstr("no locks held by somebody.\n")) << heading;
  }
}

}  // namespace
}  // namespace cfgtorture::reports
