// Goal: the tables read as the kernel's tools print them, with the sums a person would make; and where nobody waited,
// nobody is named.
#include "harness/cli/contention_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

LockSite Waited(const std::string& function, uint64_t contentions, double total_ns, double max_ns, uint64_t made_wait) {
  LockSite site;
  site.stack = {{"c.so", 0x10, "RawSpinlock::lock", "harness/kernel/raw_spinlock.h", 30},
                {"c.so", 0x10, function, "locks/mine.cc", 7}};
  site.stat.contentions = contentions;
  site.stat.waittime_total_ns = total_ns;
  site.stat.waittime_max_ns = max_ns;
  site.made_wait = made_wait;
  return site;
}

RunResult Contended() {
  CellResult cell;
  cell.spec.id = "checked/s/w";
  LockResult lock = {.name = "pci_lock",
                     .type = "spinlock",
                     .longest_wait_acquisitions = 12,
                     .longest_run = 34,
                     .threads = 2,
                     .acquisitions_most = 60,
                     .acquisitions_fewest = 40,
                     .fairness_jain = 0.962};
  lock.stat = {3, 5, 1000, 2500, 8000, 1600, 7, 100, 50, 900, 20000, 200};
  lock.sites = {Waited("Mine::read", 2, 5000, 2500, 4), Waited("Mine::read", 1, 1000, 1000, 0),
                Waited("Mine::write", 2, 2000, 1200, 1)};
  cell.locks = {lock};
  LockResult instance = lock;
  instance.instance = "#1";
  instance.sites.clear();
  cell.locks.push_back(instance);
  LockResult idle = {.name = "idle_lock", .side = "R", .type = "rwsem:R"};
  idle.stat.acquisitions = 9;
  idle.sites = {Waited("Quiet", 0, 0, 0, 0)};
  cell.locks.push_back(idle);
  cell.irqs_off_max.push_back({.ns = 12345,
                               .task = "vmm",
                               .cpu = 1,
                               .context = "task",
                               .stack = {{"c.so", 1, "Mine::read", "locks/mine.cc", 9}}});
  cell.metrics["observer_ns_per_acquisition"] = 41.5;
  RunResult result;
  result.cells = {cell};
  return result;
}

TEST(ContentionText, HasTheRowAndThePointsOfLockStat) {
  const std::string text = ContentionText(Contended());
  EXPECT_THAT(text, HasSubstr("lock_stat version 0.4"));
  EXPECT_THAT(text, HasSubstr("                                pci_lock:              3              5           1.00"
                              "           2.50           8.00           1.60              7            100"
                              "           0.05           0.90          20.00           0.20\n"
                              "                         ---------------\n"
                              "                                pci_lock              3          "
                              "Mine::read (locks/mine.cc:7)\n"
                              "                                pci_lock              2          "
                              "Mine::write (locks/mine.cc:7)\n"
                              "                         ---------------\n"
                              "                                pci_lock              4          "
                              "Mine::read (locks/mine.cc:7)\n"));
  EXPECT_THAT(text, HasSubstr("idle_lock-R:"));
  EXPECT_THAT(text, Not(HasSubstr("Quiet"))) << "nobody waited there, and nobody for it";
}

TEST(ContentionText, SumsSitesByCallerAsPerfDoes) {
  const std::string text = ContentionText(Contended());
  EXPECT_THAT(text, HasSubstr(" contended     total wait       max wait       avg wait         type   caller\n"));
  EXPECT_THAT(text, HasSubstr("         3        6.00 us        2.50 us        2.00 us     spinlock   Mine::read "));
}

TEST(ContentionText, ShowsStarvationFairnessIrqsOffAndItsOwnCost) {
  const std::string text = ContentionText(Contended());
  EXPECT_THAT(text, testing::ContainsRegex("pci_lock: +1 +2 +12 +34 +60 +40 +0.962\n"));
  EXPECT_THAT(text, Not(testing::ContainsRegex("idle_lock-R: +1 +0")));
  EXPECT_THAT(text, HasSubstr("longest with interrupts off: 12.35 us, task of vmm on CPU1\n"
                              "    Mine::read (locks/mine.cc:9)\n"));
  EXPECT_THAT(text, HasSubstr("observing costs 41.5 ns an acquisition"));
  EXPECT_THAT(text, Not(HasSubstr("no room")));
  RunResult crowded = Contended();
  crowded.cells[0].metrics["lock_events_dropped"] = 8;
  EXPECT_THAT(ContentionText(crowded), HasSubstr("8 acquisitions found no room"));
}

TEST(ContentionText, IsEmptyForACellThatHeardOfNoLock) {
  RunResult result;
  result.cells.resize(1);
  EXPECT_EQ(ContentionText(result), "");
}

TEST(PerfCsv, IsWhatPerfPrintsInNanoseconds) {
  RunResult result = Contended();
  result.cells[0].locks[0].sites[2].stack[1].function = "Pair<int, int>::f";
  EXPECT_EQ(PerfCsv(result),
            "# output: contended, total wait, max wait, avg wait, type, caller\n"
            "3, 6000, 2500, 2000, spinlock, Mine::read (locks/mine.cc:7)\n"
            "2, 2000, 1200, 1000, spinlock, Pair<int; int>::f (locks/mine.cc:7)\n");
  EXPECT_EQ(PerfCsv(RunResult()), "# output: contended, total wait, max wait, avg wait, type, caller\n");
}

}  // namespace
}  // namespace cfgtorture::cli
