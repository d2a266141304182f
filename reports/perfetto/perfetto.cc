#include "reports/perfetto/perfetto.h"

#include <algorithm>
#include <map>
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
  uint64_t number() const { return number_; }
  const std::vector<std::string>& open() const { return open_; }
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
  // The outermost `kept` stay.
  void EndAll(uint64_t at, size_t kept = 0) {
    for (; open_.size() > kept; open_.pop_back()) Event("E", open_.back(), at);
  }
  void Instant(const Step& step, uint64_t at) {
    Json args = {{"step", step.number}};
    if (const std::string place = PlaceOf(step); !place.empty()) args["place"] = place;
    if (!step.source.empty()) args["source"] = step.source;
    events_->push_back({{"ph", "i"},
                        {"name", step.text},
                        {"cat", step.clash ? "clash" : "step"},
                        {"s", step.clash ? "p" : "t"},
                        {"ts", at},
                        {"pid", process_},
                        {"tid", number_},
                        {"args", std::move(args)}});
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

class Drawing {
 public:
  Drawing(Json& events, uint64_t process, const std::string& name) : events_(events), process_(process) {
    events.push_back({{"ph", "M"}, {"name", "process_name"}, {"pid", process}, {"args", {{"name", name}}}});
  }

  void Draw(const std::vector<Step>& schedule) {
    for (const Step& step : schedule) Add(step, ++now_);
    ++now_;
    for (auto& [name, context] : contexts_) {
      for (const std::string& wait : std::exchange(context.waits, {})) Async("e", wait, context, now_);
      context.holds.EndAll(now_);
    }
    for (auto& [cpu, track] : cpus_) track.EndAll(now_);
  }

 private:
  struct Context {
    Track holds;
    std::vector<std::string> waits;  // that are open
    uint64_t cpu_track = 0;
  };

  void Add(const Step& step, uint64_t at) {
    const bool task = step.context.empty() || step.context == "task";
    const std::string who = task ? step.task : step.context;
    Track& cpu = CpuOf(step.cpu);
    Context& context = ContextOf(absl::StrCat("CPU", step.cpu, " ", who), cpu.number());
    // What is on the CPU: a task lies under the interrupts, which end where the task goes on.
    if (task) {
      if (!cpu.open().empty() && cpu.open().front() != who) cpu.EndAll(at);
      cpu.EndAll(at, 1);
      if (cpu.open().empty()) cpu.Begin(who, at);
    } else if (step.kind == "irq") {
      cpu.Begin(step.text, at);
    } else if (cpu.open().empty()) {
      cpu.Begin(who, at);
    }
    if (!context.waits.empty()) WakeUpEnds(who, cpu, at);  // who wakes has the same name, at times
    if (step.kind != "sleep") EndWait(kSleeps, context, at);

    if (step.kind == "take") context.holds.Begin("holds " + step.object, at);
    if (step.kind == "irqs-off") context.holds.Begin("interrupts off", at);
    if (step.kind == "drop") context.holds.End("holds " + step.object, at);
    if (step.kind == "irqs-on") context.holds.End("interrupts off", at);
    if (step.kind == "wait") BeginWait("waits on " + step.object, context, at);
    if (step.kind == "wait-end") EndWait("waits on " + step.object, context, at);
    if (step.kind == "sleep") BeginWait(kSleeps, context, at);
    cpu.Instant(step, at);
    if (step.kind == "wake") WakeUpBegins(step.object, cpu, at);
    if (step.kind == "irq-end") cpu.EndAll(at, cpu.open().size() - 1);
    if (step.kind == "end" || step.kind == "sleep") cpu.EndAll(at);
  }

  Track& CpuOf(int cpu) {
    const auto found = cpus_.find(cpu);
    if (found != cpus_.end()) return found->second;
    return cpus_.emplace(cpu, Track(events_, process_, ++tracks_, absl::StrCat("CPU", cpu))).first->second;
  }

  Context& ContextOf(const std::string& name, uint64_t cpu_track) {
    const auto found = contexts_.find(name);
    if (found != contexts_.end()) return found->second;
    return contexts_.emplace(name, Context{Track(events_, process_, ++tracks_, name + ": holds"), {}, cpu_track})
        .first->second;
  }

  void Async(const char* phase, const std::string& name, const Context& context, uint64_t at) {
    events_.push_back({{"ph", phase},
                       {"cat", "wait"},
                       {"name", name},
                       {"id", absl::StrCat(process_, ".", context.holds.number())},
                       {"ts", at},
                       {"pid", process_},
                       {"tid", context.cpu_track}});
  }
  void BeginWait(const std::string& name, Context& context, uint64_t at) {
    if (std::find(context.waits.begin(), context.waits.end(), name) != context.waits.end()) return;
    Async("b", name, context, at);
    context.waits.push_back(name);
  }
  void EndWait(const std::string& name, Context& context, uint64_t at) {
    if (std::erase(context.waits, name) != 0) Async("e", name, context, at);
  }

  void Flow(const char* phase, uint64_t id, const Track& cpu, uint64_t at) {
    Json event = {{"ph", phase}, {"cat", "wake-up"}, {"name", "wakes"},    {"id", absl::StrCat(process_, ".", id)},
                  {"ts", at},    {"pid", process_},  {"tid", cpu.number()}};
    if (*phase == 'f') event["bp"] = "e";  // to the slice that encloses it, not to the next one
    events_.push_back(std::move(event));
  }
  void WakeUpBegins(const std::string& whom, const Track& cpu, uint64_t at) {
    Flow("s", ++flows_, cpu, at);
    woken_.emplace_back(whom, flows_);
  }
  void WakeUpEnds(const std::string& who, const Track& cpu, uint64_t at) {
    const auto found = std::find_if(woken_.begin(), woken_.end(), [&](const auto& one) { return one.first == who; });
    if (found == woken_.end()) return;
    Flow("f", found->second, cpu, at);
    woken_.erase(found);
  }

  static constexpr const char* kSleeps = "sleeps";
  Json& events_;
  uint64_t process_;
  uint64_t tracks_ = 0;
  uint64_t flows_ = 0;
  uint64_t now_ = 0;
  std::map<int, Track> cpus_;
  std::map<std::string, Context> contexts_;
  std::vector<std::pair<std::string, uint64_t>> woken_;  // tasks, each with its flow
};

void Append(Json& events, uint64_t process, const Finding& finding) {
  Drawing(events, process, absl::StrCat(finding.id, " ", finding.hazard, ": ", finding.title)).Draw(finding.schedule);
}

std::string TraceOf(const RunResult& result, Json events) {
  Json trace = {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
  trace["otherData"] = {{"tool", "cfgtorture " + result.tool.version},
                        {"clock", "a step of the schedule is a microsecond"}};
  // ASCII alone: no name drives the terminal that shows the file.
  return trace.dump(1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string RenderPerfetto(const RunResult& result) {
  Json events = Json::array();
  uint64_t process = 0;
  for (const CellResult& cell : result.cells) {
    for (const Finding& finding : cell.findings) {
      if (!finding.schedule.empty()) Append(events, ++process, finding);
    }
  }
  return TraceOf(result, std::move(events));
}

std::string RenderPerfetto(const RunResult& result, const Finding& finding) {
  Json events = Json::array();
  if (!finding.schedule.empty()) Append(events, 1, finding);
  return TraceOf(result, std::move(events));
}

}  // namespace cfgtorture::reports
