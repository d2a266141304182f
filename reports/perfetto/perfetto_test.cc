// Goal: a trace that a viewer can draw: it parses, each end has its begin, and nothing on a track overlaps; also where
// locks are dropped out of order, or never.
#include "reports/perfetto/perfetto.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::reports {
namespace {

Step Row(uint32_t number, int cpu, const char* task, const char* text, const char* kind, const char* object) {
  return {.number = number,
          .cpu = cpu,
          .context = std::string(task) == "hardirq" ? "hardirq" : "task",
          .task = task,
          .text = text,
          .clash = false,
          .kind = kind,
          .object = object};
}

RunResult With(std::vector<Step> schedule) {
  RunResult result;
  result.cells.resize(1);
  result.cells[0].findings.resize(1);
  result.cells[0].findings[0].id = "f1";
  result.cells[0].findings[0].schedule = std::move(schedule);
  return result;
}

// Replays the stack of every track. Returns the names of closed slices in their order; fails on what does not nest.
std::vector<std::string> ClosedSlices(const Json& trace) {
  std::map<std::pair<int, int>, std::vector<std::string>> open;
  std::map<std::pair<int, int>, uint64_t> last;
  std::vector<std::string> closed;
  for (const Json& event : trace["traceEvents"]) {
    const std::string phase = event["ph"];
    if (phase == "M") continue;
    const std::pair<int, int> track = {event["pid"], event["tid"]};
    EXPECT_GE(event["ts"].get<uint64_t>(), last[track]) << "time runs backwards: " << event;
    last[track] = event["ts"];
    if (phase == "B") open[track].push_back(event["name"]);
    if (phase != "E") continue;
    if (open[track].empty() || open[track].back() != event["name"]) {
      ADD_FAILURE() << "ends what is not the innermost slice: " << event;
      return closed;
    }
    closed.push_back(open[track].back());
    open[track].pop_back();
  }
  for (const auto& [track, names] : open) EXPECT_TRUE(names.empty()) << names.front() << " never ends";
  return closed;
}

TEST(Perfetto, NestsLocksThatAreDroppedOutOfOrder) {
  const Json trace = Json::parse(
      RenderPerfetto(With({Row(1, 0, "a", "interrupts off", "irqs-off", ""), Row(2, 0, "a", "takes A", "take", "A"),
                           Row(3, 0, "a", "takes B", "take", "B"), Row(4, 1, "b", "waits on C", "wait", "C"),
                           Row(5, 0, "a", "drops A", "drop", "A"), Row(6, 0, "a", "interrupts on", "irqs-on", ""),
                           Row(7, 1, "b", "ends", "end", "")})));
  const std::vector<std::string> closed = ClosedSlices(trace);
  EXPECT_EQ(std::count(closed.begin(), closed.end(), "holds A"), 1);
  EXPECT_GE(std::count(closed.begin(), closed.end(), "holds B"), 2) << "closed and opened again around A's end";
  EXPECT_EQ(std::count(closed.begin(), closed.end(), "waits on C"), 0) << "a wait is async: it crosses slices";
}

TEST(Perfetto, InterruptsNestInTheTaskThatTheyInterrupt) {
  const Json trace = Json::parse(RenderPerfetto(
      With({Row(1, 0, "a", "reads", "", ""), Row(2, 1, "b", "writes", "", ""),
            Row(3, 0, "hardirq", "interrupt, vector 49", "irq", ""), Row(4, 1, "b", "ends", "end", ""),
            Row(5, 0, "hardirq", "returns from interrupt", "irq-end", ""), Row(6, 0, "a", "ends", "end", "")})));
  const std::vector<std::string> closed = ClosedSlices(trace);
  EXPECT_EQ(closed, (std::vector<std::string>{"b", "interrupt, vector 49", "a"}))
      << "one slice each, whoever else runs";
  std::map<std::string, Json> begun;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] == "B") begun[event["name"]] = event["tid"];
  }
  EXPECT_EQ(begun["a"], begun["interrupt, vector 49"]) << "a track a CPU";
  EXPECT_NE(begun["a"], begun["b"]);
}

TEST(Perfetto, WaitsAndSleepAreAsyncPairsThatEnd) {
  const Json trace = Json::parse(RenderPerfetto(
      With({Row(1, 0, "a", "waits on q", "wait", "q"), Row(2, 0, "a", "sleeps", "sleep", ""),
            Row(3, 1, "b", "waits on L", "wait", "L"), Row(4, 0, "a", "stops waiting", "wait-end", "q")})));
  ClosedSlices(trace);
  std::map<std::string, int> open;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] == "b") ++open[event["id"].get<std::string>() + event["name"].get<std::string>()];
    if (event["ph"] == "e") --open[event["id"].get<std::string>() + event["name"].get<std::string>()];
  }
  EXPECT_EQ(open.size(), 3u) << "q, the sleep, and L, whose end is the schedule's";
  for (const auto& [wait, count] : open) EXPECT_EQ(count, 0) << wait;
}

TEST(Perfetto, AWakeUpIsAFlowToWhatTheWokenTaskDoesNext) {
  // Both have one name, as the tasks of a workload do.
  const Json trace = Json::parse(RenderPerfetto(
      With({Row(1, 0, "guest", "sleeps", "sleep", ""), Row(2, 1, "guest", "wakes guest", "wake", "guest"),
            Row(3, 1, "guest", "goes on", "", ""), Row(4, 0, "guest", "goes on", "", "")})));
  ClosedSlices(trace);
  Json from, to;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] == "s") from = event;
    if (event["ph"] == "f") to = event;
  }
  ASSERT_TRUE(from.is_object() && to.is_object());
  EXPECT_EQ(from["id"], to["id"]);
  EXPECT_EQ(from["ts"], 2);
  EXPECT_EQ(to["ts"], 4) << "not to the waker's own next step";
  EXPECT_NE(from["tid"], to["tid"]);
  EXPECT_EQ(to["bp"], "e");
}

TEST(Perfetto, OneFindingIsATraceOfItsOwn) {
  RunResult result = With({Row(1, 0, "a", "takes A", "take", "A")});
  result.cells[0].findings.push_back(result.cells[0].findings[0]);
  std::map<int, int> processes;
  const Json one = Json::parse(RenderPerfetto(result, result.cells[0].findings[1]));
  for (const Json& event : one["traceEvents"]) ++processes[event["pid"]];
  EXPECT_EQ(processes.size(), 1u);
  EXPECT_EQ(ClosedSlices(Json::parse(RenderPerfetto(result))).size(), 4u) << "both, in one trace";
}

TEST(Perfetto, KeepsStrangeTextInsideStrings) {
  const Json trace = Json::parse(RenderPerfetto(With({Row(1, 0, "\"},{", "\xff\x01</script>", "take", "\"")})));
  EXPECT_EQ(ClosedSlices(trace).size(), 2u);
}

TEST(Perfetto, IsATraceWithoutFindingsToo) {
  EXPECT_TRUE(Json::parse(RenderPerfetto(RunResult{}))["traceEvents"].empty());
}

}  // namespace
}  // namespace cfgtorture::reports
