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
          .context = "task",
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
  EXPECT_EQ(std::count(closed.begin(), closed.end(), "waits on C"), 1);
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
