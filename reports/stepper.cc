#include "reports/stepper.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cfgtorture::reports {
namespace {

using Facts = std::array<std::map<std::string, std::string>, kFactKinds>;

// "0000:03:00.0: ..." tells of a device.
bool BeginsWithFunction(const std::string& text) {
  static constexpr char kPattern[] = "hhhh:hh:hh.h: ";
  for (size_t i = 0; kPattern[i] != '\0'; ++i) {
    if (i >= text.size()) return false;
    const bool hex = std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
    if (kPattern[i] == 'h' ? !hex : text[i] != kPattern[i]) return false;
  }
  return true;
}

class State {
 public:
  void Apply(const Step& step) {
    const bool task = step.context.empty() || step.context == "task";
    const std::string cpu = absl::StrCat("CPU", step.cpu);
    const std::string who = absl::StrCat(task ? step.task : step.context, " (", cpu, ")");
    if (task) Of(FactKind::kSleep).erase(who);  // it runs
    const std::string& kind = step.kind;
    if (kind == "take") {
      holders_[step.object].push_back({who, absl::EndsWith(step.text, " (shared)")});
      Tell(step.object);
    } else if (kind == "drop") {
      Drop(step.object, who);
    } else if (kind == "wait") {
      Of(FactKind::kWait)[who] = step.object;
    } else if (kind == "wait-end" || kind == "end") {
      Of(FactKind::kWait).erase(who);
    } else if (kind == "sleep") {
      Of(FactKind::kSleep)[who] = "asleep";
      asleep_[step.task] = who;
    } else if (kind == "wake") {
      const auto it = asleep_.find(step.object);
      if (it != asleep_.end()) {
        Of(FactKind::kSleep)[it->second] = absl::StrCat("woken by ", who, ", has not run");
        asleep_.erase(it);
      }
    } else if (kind == "irqs-off") {
      Of(FactKind::kInterrupt)[cpu] = absl::StrCat("off, by ", who);
    } else if (kind == "irqs-on") {
      Of(FactKind::kInterrupt).erase(cpu);
    } else if (kind == "irq") {
      Of(FactKind::kInterrupt)[cpu] = step.text;
    } else if (kind == "irq-end") {
      Of(FactKind::kInterrupt).erase(cpu);
    } else if (kind.empty()) {
      Device(step.text);
    }
  }
  const Facts& facts() const { return facts_; }

 private:
  struct Holder {
    std::string who;
    bool shared;
  };

  std::map<std::string, std::string>& Of(FactKind kind) { return facts_[static_cast<size_t>(kind)]; }

  void Tell(const std::string& lock) {
    const std::vector<Holder>& holders = holders_[lock];
    if (holders.empty()) {
      Of(FactKind::kLock).erase(lock);
      return;
    }
    Of(FactKind::kLock)[lock] = absl::StrCat(
        absl::StrJoin(holders, ", ", [](std::string* out, const Holder& holder) { absl::StrAppend(out, holder.who); }),
        holders.front().shared ? ", shared" : "");
  }

  // By whoever took it; else by another, as some locks allow.
  void Drop(const std::string& lock, const std::string& who) {
    std::vector<Holder>& holders = holders_[lock];
    auto own = std::find_if(holders.rbegin(), holders.rend(), [&](const Holder& holder) { return holder.who == who; });
    if (own != holders.rend()) {
      holders.erase(std::next(own).base());
    } else if (!holders.empty()) {
      holders.pop_back();
    }
    Tell(lock);
  }

  // What a function says of itself; what a latch or window was pointed at ("CF8 <- 0x80030044").
  void Device(const std::string& text) {
    if (BeginsWithFunction(text)) {
      const size_t end = text.find(": ");
      Of(FactKind::kDevice)[text.substr(0, end)] = text.substr(end + 2);
      return;
    }
    const size_t arrow = text.find(" <- ");
    if (arrow == std::string::npos || text.find(' ') != arrow) return;  // "write PCI_COMMAND <- " is no latch
    Of(FactKind::kDevice)[text.substr(0, arrow)] = text.substr(arrow + 4);
  }

  Facts facts_;
  std::map<std::string, std::vector<Holder>> holders_;
  std::map<std::string, std::string> asleep_;  // task -> who
};

void AppendDifference(const Facts& before, const Facts& after, std::vector<FactChange>& changes) {
  for (size_t kind = 0; kind < kFactKinds; ++kind) {
    for (const auto& [about, value] : before[kind]) {
      if (after[kind].count(about) == 0) changes.push_back({static_cast<FactKind>(kind), about, ""});
    }
    for (const auto& [about, value] : after[kind]) {
      const auto it = before[kind].find(about);
      if (it == before[kind].end() || it->second != value)
        changes.push_back({static_cast<FactKind>(kind), about, value});
    }
  }
}

}  // namespace

const char* NameOf(FactKind kind) {
  switch (kind) {
    case FactKind::kLock:
      return "locks held";
    case FactKind::kWait:
      return "waiting on";
    case FactKind::kSleep:
      return "asleep";
    case FactKind::kInterrupt:
      return "interrupts";
    case FactKind::kDevice:
      return "devices";
  }
  return "";
}

std::vector<std::vector<FactChange>> ChangesOf(const Finding& finding, const ScheduleGrid& grid) {
  std::vector<std::vector<FactChange>> changes(grid.rows.size());
  State state;
  size_t step = 0;
  for (size_t row = 0; row < grid.rows.size(); ++row) {
    const Facts before = state.facts();
    const size_t end = row + 1 < grid.rows.size() ? grid.rows[row + 1].step : finding.schedule.size();
    for (; step < end; ++step) state.Apply(finding.schedule[step]);
    AppendDifference(before, state.facts(), changes[row]);
  }
  return changes;
}

}  // namespace cfgtorture::reports
