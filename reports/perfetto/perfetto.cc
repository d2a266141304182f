#include "reports/perfetto/perfetto.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "reports/schedule.h"

namespace cfgtorture::reports {
namespace {

// Slices that are open on one track, the outermost first.
class Track {
 public:
  Track(Json& events, uint64_t process, uint64_t number, const std::string& name)
      : events_(&events), process_(process), number_(number) {
    events.push_back(
        {{"ph", "M"}, {"name", "thread_name"}, {"pid", process}, {"tid", number}, {"args", {{"name", name}}}});
    events.push_back({{"ph", "M"},
                      {"name", "thread_sort_index"},
                      {"pid", process},
                      {"tid", number},
                      {"args", {{"sort_index", number}}}});
  }
  void Begin(const std::string& name, uint64_t at) {
    Event("B", name, at);
    open_.push_back(name);
  }
  // Of a slice that began before the first step, nothing is known but its end.
  void End(const std::string& name, uint64_t at) {
    const auto found = std::find(open_.rbegin(), open_.rend(), name);
    if (found == open_.rend()) return;
    const size_t place = static_cast<size_t>(open_.rend() - found) - 1;
    for (size_t i = open_.size(); i-- > place;) Event("E", open_[i], at);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(place));
    for (size_t i = place; i < open_.size(); ++i) Event("B", open_[i], at);
  }
  void EndAll(uint64_t at) {
    for (; !open_.empty(); open_.pop_back()) Event("E", open_.back(), at);
  }
  void Instant(const Step& step, uint64_t at) {
    events_->push_back({{"ph", "i"},
                        {"name", step.text},
                        {"cat", step.clash ? "clash" : "step"},
                        {"s", step.clash ? "p" : "t"},
                        {"ts", at},
                        {"pid", process_},
                        {"tid", number_},
                        {"args", {{"step", step.number}}}});
  }

 private:
  void Event(const char* phase, const std::string& name, uint64_t at) {
    events_->push_back({{"ph", phase}, {"name", name}, {"ts", at}, {"pid", process_}, {"tid", number_}});
  }

  Json* events_;
  uint64_t process_;
  uint64_t number_;
  std::vector<std::string> open_;
};

void Append(Json& events, uint64_t process, const std::string& name, const std::vector<Step>& schedule) {
  events.push_back({{"ph", "M"}, {"name", "process_name"}, {"pid", process}, {"args", {{"name", name}}}});
  struct Context {
    std::string name;
    Track runs, holds;
  };
  std::vector<Context> contexts;
  bool anybody = false;  // runs
  size_t running = 0;
  uint64_t now = 0;
  for (const Step& step : schedule) {
    ++now;
    const bool task = step.context.empty() || step.context == "task";
    const std::string who = absl::StrCat("CPU", step.cpu, " ", task ? step.task : step.context);
    auto own = std::find_if(contexts.begin(), contexts.end(), [&](const Context& one) { return one.name == who; });
    if (own == contexts.end()) {
      const uint64_t number = 1 + 2 * contexts.size();
      contexts.push_back(
          {who, Track(events, process, number, who), Track(events, process, number + 1, who + ": holds, waits")});
      own = contexts.end() - 1;
    }
    const size_t index = static_cast<size_t>(own - contexts.begin());
    if (!anybody || running != index) {
      if (anybody) contexts[running].runs.EndAll(now);
      own->runs.Begin("runs", now);
    }
    anybody = true;
    running = index;
    if (step.kind == "take") own->holds.Begin("holds " + step.object, now);
    if (step.kind == "wait") own->holds.Begin("waits on " + step.object, now);
    if (step.kind == "irqs-off") own->holds.Begin("interrupts off", now);
    if (step.kind == "irq") own->runs.Begin(step.text, now);
    if (step.kind == "drop") own->holds.End("holds " + step.object, now);
    if (step.kind == "wait-end") own->holds.End("waits on " + step.object, now);
    if (step.kind == "irqs-on") own->holds.End("interrupts off", now);
    own->runs.Instant(step, now);
    if (step.kind != "irq-end" && step.kind != "end") continue;
    own->runs.EndAll(now);
    anybody = false;
  }
  ++now;
  for (Context& context : contexts) {
    context.runs.EndAll(now);
    context.holds.EndAll(now);
  }
}

}  // namespace

std::string RenderPerfetto(const RunResult& result) {
  Json events = Json::array();
  uint64_t process = 0;
  for (const CellResult& cell : result.cells) {
    for (const Finding& finding : cell.findings) {
      if (finding.schedule.empty()) continue;
      Append(events, ++process, absl::StrCat(finding.id, " ", finding.hazard, ": ", finding.title), finding.schedule);
    }
  }
  Json trace = {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
  trace["otherData"] = {{"tool", "cfgtorture " + result.tool.version},
                        {"clock", "a step of the schedule is a microsecond"}};
  return trace.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cfgtorture::reports
