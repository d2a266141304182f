// What an audit makes of places and of cells. Goal: one line of source is one place, whatever a compiler made of it;
// needed is what shows something new, spare what does not.
#include "harness/cli/audit_plan.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/result/run_result.h"

namespace cfgtorture::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Frame At(uint64_t offset, const char* file, int line, const char* function) {
  Frame frame;
  frame.offset = offset;
  frame.file = file;
  frame.line = line;
  frame.function = function;
  return frame;
}

AuditSite Site(const char* kind, const char* what, std::vector<Frame> stack) {
  AuditSite site;
  site.kind = kind;
  site.what = what;
  site.stack = std::move(stack);
  return site;
}

Finding Found(const char* fingerprint, int preemptions) {
  Finding finding;
  finding.hazard = "data-race";
  finding.fingerprint = fingerprint;
  finding.preemptions = preemptions;
  finding.token = "ct1-x";
  return finding;
}

CellResult Done(const char* program, std::vector<Finding> findings) {
  CellResult cell;
  cell.spec.program = program;
  cell.status = "done";
  cell.executions = 100;
  cell.findings = std::move(findings);
  return cell;
}

TEST(AuditPlan, OneLineIsOnePlaceHoweverOftenItWasInlined) {
  CellResult cell = Done("p", {});
  for (const uint64_t offset : {0x10u, 0x20u}) {
    cell.sites.push_back(
        Site("store", "release",
             {At(offset, "/usr/include/c++/12/bits/atomic_base.h", 464, "std::__atomic_base<int>::store(int)"),
              At(offset, "harness/kernel/spin/ticket.h", 27, "TicketLock::unlock()")}));
  }
  const std::vector<Place> places = PlacesOf({cell});
  ASSERT_EQ(places.size(), 1u);
  EXPECT_EQ(places[0].line, 27);
  EXPECT_THAT(places[0].chains.at(0), ElementsAre("10", "20"));
  EXPECT_EQ(Without(cell, 0, places[0], "relaxed").mutation, "weaken:store:relaxed:10,20");
}

TEST(AuditPlan, ALockIsTakenWhereItsWordIsCalled) {
  CellResult cell = Done("p", {});
  cell.sites.push_back(Site("lock", "pci_lock",
                            {At(0x10, "harness/kernel/raw_spinlock.h", 30, "RawSpinlock::lock()"),
                             At(0x20, "harness/kernel/raw_spinlock.h", 60, "RawSpinlock::lock_irq()"),
                             At(0x20, "locks/mine.cc", 7, "Mine::access_lock(Device&)"), At(0x30, "w.cc", 1, "main")}));
  cell.sites.push_back(Site("wake-up", "",
                            {At(0x11, "harness/kernel/task.cc", 99, "try_to_wake_up"),
                             At(0x21, "harness/kernel/wait_queue.cc", 90, "wake_up_all"),
                             At(0x31, "locks/mine.cc", 9, "Mine::access_unlock(Device&)")}));
  const std::vector<Place> places = PlacesOf({cell});
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].line, 7);
  EXPECT_EQ(Without(cell, 0, places[0], WeakestFor(places[0])).mutation, "skip:lock:10+20");
  EXPECT_EQ(places[1].line, 9);
  EXPECT_EQ(Without(cell, 0, places[1], WeakestFor(places[1])).mutation, "skip:wake-up:11+21+31");
}

TEST(AuditPlan, AnOrderIsTakenApartWhereItsHalvesMeanSomething) {
  Place place;
  place.kind = "read-modify-write";
  place.what = "acq_rel";
  EXPECT_EQ(WeakestFor(place), "relaxed");
  EXPECT_THAT(BetweenFor(place, "sc"), ElementsAre("acquire", "release"));
  place.what = "seq_cst";
  EXPECT_THAT(BetweenFor(place, "c11"), ElementsAre("acq_rel", "acquire", "release"));
  place.kind = "load";
  EXPECT_THAT(BetweenFor(place, "c11"), ElementsAre("acquire"));
  EXPECT_THAT(BetweenFor(place, "sc"), ElementsAre());  // sc memory cannot tell
  place.kind = "fence";
  EXPECT_EQ(WeakestFor(place), "none");
}

TEST(AuditPlan, NeededIsWhatShowsSomethingNew) {
  const Place place;
  std::vector<CellResult> cells = {Done("p", {Found("old", 0)}), Done("p", {Found("old", 0), Found("new", 3)}),
                                   Done("p", {Found("new", 1)})};
  const AuditRow row = RowOf(place, {0, "relaxed", {{1, 0}, {2, 0}}}, cells);
  EXPECT_EQ(row.verdict, "needed");
  EXPECT_EQ(row.preemptions, 1);
  const AuditRow failing = RowOf(place, {0, "relaxed", {{0, 0}}}, cells);  // nothing but what was there
  EXPECT_EQ(failing.verdict, "undecided");
  EXPECT_THAT(failing.reason, HasSubstr("the unchanged p already shows: "));
  const std::vector<CellResult> clean = {cells[0], Done("q", {})};
  EXPECT_EQ(RowOf(place, {0, "relaxed", {{0, 0}, {1, 1}}}, clean).verdict, "spare") << "one that could have shown it";
  cells[2].status = "stopped";
  cells[2].findings.clear();
  EXPECT_EQ(RowOf(place, {0, "relaxed", {{2, 0}}}, cells).verdict, "undecided");
  cells[2].status = "crashed";
  EXPECT_EQ(RowOf(place, {0, "relaxed", {{2, 0}}}, cells).hazard, "crash");
}

TEST(AuditPlan, AReasonExplainsTheSpareRowThatItIsAbout) {
  const std::string path = testing::TempDir() + "/reasons.json";
  std::ofstream(path) << R"([{"function": "F", "kind": "store", "reason": "so"}, {"function": "G", "reason": "no"}])";
  absl::StatusOr<std::vector<SpareReason>> reasons = LoadReasons(path);
  ASSERT_TRUE(reasons.ok());
  std::vector<AuditRow> rows(3);
  for (AuditRow& row : rows) {
    row.function = "F";
    row.kind = "store";
    row.verdict = "spare";
  }
  rows[1].kind = "load";
  rows[2].verdict = "needed";
  Explain(rows, *reasons);
  EXPECT_EQ(rows[0].reason, "so");
  EXPECT_EQ(rows[1].reason, "");
  EXPECT_EQ(rows[2].reason, "");
  EXPECT_FALSE((*reasons)[1].used);
  std::ofstream(path) << R"([{"function": "F", "reasno": "so"}])";
  EXPECT_THAT(std::string(LoadReasons(path).status().message()), HasSubstr("entry 1: \"reasno\""));
}

}  // namespace
}  // namespace cfgtorture::cli
