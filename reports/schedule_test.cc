// Goal: a schedule that a stranger can read: a column for each CPU and context, no line too long, what is of no
// interest counted and not drawn, and what clashes always there.
#include "reports/schedule.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

Step StepOf(uint32_t number, int cpu, const char* task, const char* text, const char* kind = "",
            const char* object = "", bool clash = false) {
  return {.number = number,
          .cpu = cpu,
          .context = "task",
          .task = task,
          .text = text,
          .clash = clash,
          .kind = kind,
          .object = object};
}

size_t LongestLine(const std::string& text) {
  size_t longest = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  return longest;
}

TEST(DrawSchedule, HasAColumnForEachCpuAndContextAndMarksTheClash) {
  Finding finding;
  finding.schedule = {StepOf(1, 0, "driver", "read  PCI_COMMAND -> 0x0002"),
                      StepOf(2, 1, "vmm", "read  PCI_COMMAND -> 0x0002"),
                      StepOf(3, 1, "vmm", "write PCI_COMMAND <- 0x0006", "", "", true),
                      StepOf(5, 0, "driver", "write PCI_COMMAND <- 0x0402", "", "", true)};
  finding.schedule.insert(finding.schedule.end() - 1, StepOf(4, 0, "driver", "interrupt"));
  finding.schedule[3].context = "hardirq";
  EXPECT_EQ(DrawSchedule(finding, 100, 100),
            " step    CPU0                          CPU1                          CPU0\n"
            "         driver                        vmm                           hardirq\n"
            "      1  read  PCI_COMMAND -> 0x0002\n"
            "      2                                read  PCI_COMMAND -> 0x0002\n"
            "  !   3                                write PCI_COMMAND <- 0x0006\n"
            "      4                                                              interrupt\n"
            "  !   5  write PCI_COMMAND <- 0x0402\n");
}

TEST(DrawSchedule, FoldsLocksThatNobodyElseWantedAndJoinsStarts) {
  Finding finding;
  finding.schedule = {StepOf(1, 0, "init", "starts \"a\"", "start", "a"),
                      StepOf(1, 0, "init", "starts \"b\"", "start", "b"),
                      StepOf(2, 1, "a", "user_read"),
                      StepOf(3, 1, "a", "takes L", "take", "L"),
                      StepOf(4, 1, "a", "drops L", "drop", "L"),
                      StepOf(5, 1, "a", "takes L", "take", "L"),
                      StepOf(6, 2, "b", "access_lock"),
                      StepOf(7, 1, "a", "drops L", "drop", "L", true)};
  const std::string text = DrawSchedule(finding, 80, 100);
  EXPECT_THAT(text, HasSubstr("starts \"a\", \"b\"\n"));
  EXPECT_THAT(text, HasSubstr("user_read (+2)\n"));
  EXPECT_THAT(text, HasSubstr("takes L\n")) << "held while another ran";
  EXPECT_THAT(text, HasSubstr("(+N)"));
}

// Linking is what waiting is, unless others have acted since: then it came too late.
TEST(DrawSchedule, DrawsALinkThatCameLate) {
  Finding finding;
  finding.schedule = {StepOf(1, 1, "a", "waits on q", "wait", "q"), StepOf(1, 1, "a", "takes q", "take", "q"),
                      StepOf(2, 1, "a", "links its entry into q", "link"), StepOf(2, 1, "a", "drops q", "drop", "q"),
                      StepOf(3, 2, "b", "wakes nobody", "", "", true)};
  EXPECT_THAT(DrawSchedule(finding, 80, 100), Not(HasSubstr("links")));
  finding.schedule.insert(finding.schedule.begin() + 1, StepOf(1, 2, "b", "clears the flag"));
  EXPECT_THAT(DrawSchedule(finding, 80, 100), HasSubstr("links its entry into q"));
}

// "access_lock 03:00.0, block_cfg_access <- 0x01, blocked window opens".
TEST(DrawSchedule, JoinsWhatACallDoesToItsFunction) {
  Finding finding;
  finding.schedule = {StepOf(1, 1, "a", "access_lock f0"), StepOf(2, 1, "a", "f0: flag <- 0x01"),
                      StepOf(3, 1, "a", "f0: window opens"), StepOf(4, 1, "a", "f1: window opens", "", "", true)};
  EXPECT_THAT(DrawSchedule(finding, 80, 100), HasSubstr("access_lock f0, flag <- 0x01, window opens\n"));
}

// Else the reader looks in vain for what the orderings beneath are about.
TEST(DrawSchedule, FoldsNoTakingThatTheFailureNeeds) {
  Finding finding;
  finding.schedule = {StepOf(1, 1, "a", "takes L", "take", "L"), StepOf(2, 1, "a", "drops L", "drop", "L"),
                      StepOf(3, 2, "b", "takes L", "take", "L"), StepOf(4, 2, "b", "drops L", "drop", "L"),
                      StepOf(5, 2, "b", "takes M", "take", "M"), StepOf(6, 2, "b", "drops M", "drop", "M"),
                      StepOf(7, 2, "b", "reads", "", "", true)};
  Ordering ordering;
  ordering.before.task = "a";
  ordering.before.what = "takes L";
  ordering.after.task = "b";
  ordering.after.what = "read of 4 bytes";
  finding.orderings = {ordering};
  const std::string text = DrawSchedule(finding, 80, 100);
  EXPECT_THAT(text, HasSubstr("      1  takes L (+"));
  EXPECT_THAT(text, Not(HasSubstr("      3")));
  EXPECT_THAT(text, Not(HasSubstr("takes M")));
  EXPECT_THAT(text, Not(HasSubstr("drops L")));

  for (uint32_t i = 8; i < 40; ++i) finding.schedule.push_back(StepOf(i, 2, "b", "reads on"));
  EXPECT_THAT(DrawSchedule(finding, 80, 100), HasSubstr("      1  takes L (+")) << "nor in a long one";
  // Taken for read, at one of two lines.
  finding.schedule[0].text = finding.schedule[2].text = finding.orderings[0].before.what = "takes L (read)";
  finding.schedule[2].task = "a";
  finding.schedule[2].file = "x.cc";
  finding.schedule[2].line = 7;
  finding.orderings[0].before.stack = {{"m", 1, "Reads", "x.cc", 7}};
  EXPECT_THAT(DrawSchedule(finding, 80, 100), HasSubstr("takes L (read) (+2)\n"));
  EXPECT_THAT(DrawSchedule(finding, 80, 100), Not(HasSubstr("   1  takes L")));
}

TEST(DrawSchedule, OfAnEventThatOneLineDoesAgainAndAgainShowsTheLast) {
  Finding finding;
  for (uint32_t i = 0; i < 20; i += 2) {
    finding.schedule.push_back(StepOf(i, 1, "a", "takes L", "take", "L"));
    finding.schedule.push_back(StepOf(i + 1, 1, "a", "drops L", "drop", "L"));
  }
  finding.schedule.push_back(StepOf(20, 2, "b", "reads", "", "", true));
  finding.orderings.resize(1);
  finding.orderings[0].before.task = "a";
  finding.orderings[0].before.what = "takes L";
  const std::string text = DrawSchedule(finding, 80, 100);
  EXPECT_THAT(text, HasSubstr("     18  takes L (+19)"));
  EXPECT_THAT(text, Not(HasSubstr("     16  takes L")));
}

TEST(DrawSchedule, JoinsACallAndWhatItDoesToItsFunction) {
  Finding finding;
  finding.schedule = {StepOf(1, 0, "a", "access_lock 0000:03:00.0"),
                      StepOf(2, 0, "a", "0000:03:00.0: blocked window opens"),
                      StepOf(3, 0, "a", "0000:03:00.1: blocked window opens")};
  const std::string text = DrawSchedule(finding, 80, 100);
  EXPECT_THAT(text, HasSubstr("   1  access_lock 0000:03:00.0, blocked window opens\n"));
  EXPECT_THAT(text, HasSubstr("   3  0000:03:00.1: blocked window opens\n")) << "another function's";
}

TEST(DrawSchedule, FoldsClockStepsInARowAndALongSetUp) {
  Finding finding;
  for (uint32_t i = 1; i <= 30; ++i)
    finding.schedule.push_back(StepOf(i, 0, "init", ("set up " + std::to_string(i)).c_str()));
  finding.schedule.push_back(StepOf(31, 0, "init", "starts \"a\"", "start", "a"));
  finding.schedule.push_back(StepOf(32, 1, "a", "the clock moves to 1", "clock"));
  finding.schedule.push_back(StepOf(32, 0, "init", "the clock moves to 2", "clock"));
  const std::string text = DrawSchedule(finding, 80, 100);
  EXPECT_THAT(text, HasSubstr("set up 8 (+22)\n"));
  EXPECT_THAT(text, Not(HasSubstr("set up 9")));
  EXPECT_THAT(text, HasSubstr("starts \"a\" (+1)\n"));
  EXPECT_THAT(text, HasSubstr("the clock moves to 2\n"));
  finding.schedule.erase(finding.schedule.begin(), finding.schedule.begin() + 20);
  EXPECT_THAT(DrawSchedule(finding, 80, 100), HasSubstr("set up 30\n")) << "a short one is drawn";
}

TEST(DrawSchedule, FoldsNoLockThatTheFindingIsAbout) {
  Finding finding;
  finding.title = "possible circular locking dependency: L > M > L";
  finding.schedule = {StepOf(1, 0, "a", "takes L", "take", "L"), StepOf(2, 0, "a", "takes M", "take", "M"),
                      StepOf(3, 0, "a", "takes N", "take", "N"), StepOf(4, 0, "a", "drops N", "drop", "N"),
                      StepOf(5, 0, "a", "drops M", "drop", "M"), StepOf(6, 0, "a", "drops L", "drop", "L")};
  const std::string text = DrawSchedule(finding, 80, 100);
  EXPECT_THAT(text, HasSubstr("takes M (+2)"));
  EXPECT_THAT(text, HasSubstr("takes L"));
  EXPECT_THAT(text, Not(HasSubstr("takes N")));
}

TEST(DrawSchedule, StaysWithinTheWidthAndFoldsColumnsThatHadNoPart) {
  Finding finding;
  for (int cpu = 0; cpu < 12; ++cpu) {
    const std::string task = "task number " + std::to_string(cpu);
    finding.schedule.push_back(StepOf(static_cast<uint32_t>(cpu), cpu, task.c_str(),
                                      "writes something that takes many more words than a column has room for", "", "",
                                      cpu == 2));
  }
  for (const unsigned width : {60u, 80u, 200u}) {
    const std::string text = DrawSchedule(finding, width, 100);
    EXPECT_LE(LongestLine(text), width) << text;
    EXPECT_THAT(text, HasSubstr("! ")) << text;
  }
  EXPECT_THAT(DrawSchedule(finding, 60, 100), HasSubstr("others"));
  EXPECT_THAT(DrawSchedule(finding, 60, 100), HasSubstr("CPU2"));
  EXPECT_THAT(DrawSchedule(finding, 200, 100), Not(HasSubstr("others")));
}

TEST(DrawSchedule, CutsALongOneInTheMiddle) {
  Finding finding;
  for (uint32_t i = 1; i <= 1000; ++i) finding.schedule.push_back(StepOf(i, 0, "t", "step", "", "", i == 1000));
  const std::string text = DrawSchedule(finding, 80, 80);
  EXPECT_THAT(text, HasSubstr("... 920 steps ..."));
  EXPECT_THAT(text, HasSubstr("  !1000  step"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 83);
}

TEST(EventText, NamesThePlaceInTheCodeUnderTestAndNotTheLibrarys) {
  Access access;
  access.task = "a";
  access.what = "atomic write of 4 bytes";
  access.location = "global x";
  access.stack = {{"m", 1, "std::atomic<int>::store", "/usr/include/c++/12/atomic", 3}, {"m", 1, "f", "locks/x.cc", 7}};
  EXPECT_EQ(EventText(access), "\"a\" on CPU0: atomic write of 4 bytes, global x (f, locks/x.cc:7)");
  access.stack.insert(access.stack.begin() + 1, {"m", 1, "lock", "harness/kernel/raw_spinlock.h", 5});
  EXPECT_EQ(EventText(access),
            "\"a\" on CPU0: atomic write of 4 bytes, global x (lock, harness/kernel/raw_spinlock.h:5)");
  access.what = "takes L";
  access.location = "";
  EXPECT_EQ(EventText(access), "\"a\" on CPU0: takes L (f, locks/x.cc:7)");
  // A plug-in's own files lie where they please, and so do the words that were installed for it.
  access.stack = {{"m", 1, "lock", "/opt/x/share/harness/kernel/raw_spinlock.h", 5}, {"m", 1, "f", "/home/a/x.c", 8}};
  EXPECT_EQ(EventText(access), "\"a\" on CPU0: takes L (f, /home/a/x.c:8)");
}

}  // namespace
}  // namespace cfgtorture::reports
