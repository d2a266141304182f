#include "reports/litmus/litmus.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/result/hazard.h"
#include "reports/content.h"
#include "reports/schedule.h"

namespace cfgtorture::reports {
namespace {

// ---- Words

// A C identifier that no other name of the test has.
class Names {
 public:
  std::string Of(const std::string& name, const std::string& otherwise) {
    if (const auto known = names_.find(name); known != names_.end()) return known->second;
    std::string word;
    for (const char c : name) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      } else if (!word.empty() && word.back() != '_') {
        word += '_';
      }
    }
    while (!word.empty() && word.back() == '_') word.pop_back();
    static constexpr std::string_view kTaken[] = {"int", "if",     "else",   "while", "for",
                                                  "do",  "return", "exists", "forall"};
    const bool taken = std::find(std::begin(kTaken), std::end(kTaken), word) != std::end(kTaken);
    const bool is_register =
        word.size() > 1 && word[0] == 'r' && std::isdigit(static_cast<unsigned char>(word[1])) != 0;
    if (word.empty() || word.size() > 40 || std::isdigit(static_cast<unsigned char>(word[0])) != 0 || taken ||
        is_register)
      word = otherwise;
    std::string unique = word;
    for (int number = 2; !used_.insert(unique).second; ++number) unique = absl::StrCat(word, "_", number);
    return names_[name] = unique;
  }

 private:
  std::map<std::string, std::string> names_;
  std::set<std::string> used_;
};

// For a comment, which "(*" would open again and "*)" end; and a quote opens a string in it.
std::string Comment(const std::string& text) {
  std::string out;
  for (const char c : Printable(text, 2000)) {
    if (!out.empty() && ((out.back() == '(' && c == '*') || (out.back() == '*' && c == ')'))) out += ' ';
    out += c == '"' ? '\'' : c;
  }
  return out;
}

std::string Wrapped(const std::string& text) {
  constexpr size_t kWidth = 76;
  std::string out, line;
  const auto flush = [&] {
    absl::StrAppend(&out, " *", line.empty() ? "" : " ", line, "\n");
    line.clear();
  };
  std::string word;
  for (const char c : Comment(text) + " ") {
    if (c != ' ') {
      word += c;
      continue;
    }
    if (!line.empty() && line.size() + 1 + word.size() > kWidth) flush();
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
    word.clear();
  }
  flush();
  return out;
}

struct Process {
  std::string who;                     // "task \"reads\" on CPU 1"
  std::vector<std::string> locks;      // parameters
  std::vector<std::string> variables;  // the same
  std::vector<std::string> registers;  // "r0"
  std::vector<std::string> statements;
};

void AddOnce(std::vector<std::string>& list, const std::string& word) {
  if (std::find(list.begin(), list.end(), word) == list.end()) list.push_back(word);
}

std::string TestText(const std::string& name, const std::string& result, const std::vector<std::string>& comments,
                     const std::string& initial, const std::vector<Process>& processes, const std::string& exists) {
  std::string text = absl::StrCat("C ", name, "\n\n(*\n * Result: ", result, "\n");
  for (const std::string& comment : comments) absl::StrAppend(&text, " *\n", Wrapped(comment));
  absl::StrAppend(&text, " *)\n\n", initial.empty() ? "{}" : absl::StrCat("{\n\t", initial, "\n}"), "\n");
  for (size_t i = 0; i < processes.size(); ++i) {
    const Process& process = processes[i];
    std::vector<std::string> parameters;
    for (const std::string& variable : process.variables) parameters.push_back("int *" + variable);
    for (const std::string& lock : process.locks) parameters.push_back("spinlock_t *" + lock);
    absl::StrAppend(&text, "\nP", i, "(", absl::StrJoin(parameters, ", "), ")\n{\n");
    for (const std::string& one : process.registers) absl::StrAppend(&text, "\tint ", one, ";\n");
    if (!process.registers.empty()) text += "\n";
    for (const std::string& statement : process.statements) absl::StrAppend(&text, "\t", statement, "\n");
    text += "}\n";
  }
  return absl::StrCat(text, "\nexists (", exists, ")\n");
}

std::string ProcessesText(const std::vector<Process>& processes) {
  std::string text;
  for (size_t i = 0; i < processes.size(); ++i) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", "P", i, " is ", processes[i].who);
  }
  return text + ".";
}

std::string RepeatText(const Finding& finding) {
  if (finding.replay.empty()) return "";
  // Half a line repeats nothing.
  const std::string by_name = "cfgtorture replay RESULT.json --finding " + finding.fingerprint;
  return absl::StrCat("Found by cfgtorture; ", finding.replay.size() <= 300 ? finding.replay : by_name, " repeats it.");
}

constexpr const char* kLocksAre = "Locks are spin_lock() here, whatever their kind: they exclude one another.";

bool IsShared(const Step& step) { return step.kind == "take" && step.text.ends_with("(shared)"); }
bool IsTask(const std::string& context) { return context.empty() || context == "task"; }

// ---- Data races

struct RaceAccess {
  bool write = false, atomic = false;
  std::string bytes;
  const Access* access = nullptr;
};

// "atomic read of 1 byte", "write of 8 bytes".
std::optional<RaceAccess> ParseAccess(const Access& access) {
  RaceAccess parsed;
  std::string_view text = access.what;
  parsed.access = &access;
  if (text.starts_with("atomic ")) {
    parsed.atomic = true;
    text.remove_prefix(7);
  }
  if (text.starts_with("write of ")) {
    parsed.write = true;
    text.remove_prefix(9);
  } else if (text.starts_with("read of ")) {
    text.remove_prefix(8);
  } else {
    return std::nullopt;
  }
  parsed.bytes = std::string(text.substr(0, text.find(' ')));
  return parsed;
}

// Does the task hold the lock for itself alone at its last step of the schedule that clashes?
bool HoldsShared(const Finding& finding, const Access& access, const std::string& lock) {
  bool shared = false;
  for (const Step& step : finding.schedule) {
    if (step.cpu != access.cpu || step.task != access.task) continue;
    if (step.kind == "take" && step.object == lock) shared = IsShared(step);
    if (step.clash) break;
  }
  return shared;
}

Litmus RaceLitmus(const Finding& finding, Litmus litmus) {
  const auto refuse = [&](const std::string& why) {
    litmus.why_not = why;
    return litmus;
  };
  if (finding.accesses.size() != 2) return refuse("the two accesses are not recorded");
  if (finding.schedule.empty()) return refuse("no schedule was recorded, so which locks are held is not known");
  std::vector<RaceAccess> accesses;
  for (const Access& access : finding.accesses) {
    const std::optional<RaceAccess> parsed = ParseAccess(access);
    if (!parsed) return refuse("\"" + access.what + "\" is no access to memory");
    if (!IsTask(access.context)) return refuse("an interrupt handler takes part, which is no process of a litmus test");
    accesses.push_back(*parsed);
  }
  if (accesses[0].bytes != accesses[1].bytes) return refuse("the accesses differ in size, and variables have one size");
  // In the order of the schedule: whose step clashes first.
  for (const Step& step : finding.schedule) {
    if (!step.clash) continue;
    const Access& second = *accesses[1].access;
    const bool is_second = step.cpu == second.cpu && step.task == second.task;
    const Access& first = *accesses[0].access;
    const bool is_first = step.cpu == first.cpu && step.task == first.task;
    if (is_second && !is_first) std::swap(accesses[0], accesses[1]);
    break;
  }
  Names names;
  const std::string x = names.Of("x", "x");
  std::vector<Process> processes;
  std::string exists, own;
  for (size_t i = 0; i < 2; ++i) {
    const RaceAccess& one = accesses[i];
    const Access& access = *one.access;
    Process process;
    process.who = absl::StrCat("task '", access.task, "' on CPU ", access.cpu);
    process.variables = {x};
    std::vector<std::string> unlocks;
    for (const std::string& lock : access.locks_held) {
      if (HoldsShared(finding, access, lock)) {
        return refuse(absl::StrCat(lock, " is held shared: the kernel's memory model has no lock for readers"));
      }
      // Two that hold a lock of one name hold two locks, or they would not race.
      const std::vector<std::string>& others = accesses[1 - i].access->locks_held;
      const bool both = std::find(others.begin(), others.end(), lock) != others.end();
      if (both && i == 0) absl::StrAppend(&own, own.empty() ? "" : ", ", lock);
      const std::string word = names.Of(both ? absl::StrCat(lock, "_of_P", i) : lock, "lock");
      AddOnce(process.locks, word);
      process.statements.push_back(absl::StrCat("spin_lock(", word, ");"));
      unlocks.insert(unlocks.begin(), absl::StrCat("spin_unlock(", word, ");"));
    }
    const size_t value = i + 1;
    if (one.write) {
      process.statements.push_back(one.atomic ? absl::StrCat("WRITE_ONCE(*", x, ", ", value, ");")
                                              : absl::StrCat("*", x, " = ", value, ";"));
    } else {
      process.registers = {"r0"};
      process.statements.push_back(one.atomic ? absl::StrCat("r0 = READ_ONCE(*", x, ");")
                                              : absl::StrCat("r0 = *", x, ";"));
    }
    process.statements.insert(process.statements.end(), unlocks.begin(), unlocks.end());
    processes.push_back(std::move(process));
  }
  // What the recorded schedule came to.
  if (accesses[0].write && accesses[1].write) {
    exists = x + "=2";
  } else if (accesses[0].write) {
    exists = "1:r0=1";
  } else if (accesses[1].write) {
    exists = "0:r0=0";
  } else {
    return refuse("two reads do not race");
  }
  std::vector<std::string> comments = {finding.title, ProcessesText(processes),
                                       absl::StrCat("x is what both touch: ", accesses[0].access->location,
                                                    ". Left out is what the detector found not to "
                                                    "order the two, the rest of the schedule.")};
  if (const std::string why = WhyUnordered(finding); !why.empty()) comments.push_back(why);
  if (!own.empty()) comments.push_back(absl::StrCat("Each holds a lock of its own of the name ", own, "."));
  if (accesses[0].atomic || accesses[1].atomic) {
    comments.emplace_back("What order the atomic access has does not matter: one side alone orders nothing.");
  }
  comments.emplace_back(kLocksAre);
  if (const std::string repeat = RepeatText(finding); !repeat.empty()) comments.push_back(repeat);
  litmus.text = TestText(litmus.name, "DATARACE", comments, "", processes, exists);
  return litmus;
}

// ---- Lost updates

struct RegisterStep {
  bool write = false;
  std::string name;
  uint64_t value = 0;
  size_t digits = 0;
};

// "read PCI_COMMAND -> 0x00100400", "write PCI_COMMAND <- 0x0404".
std::optional<RegisterStep> ParseRegister(const Step& step) {
  if (!step.kind.empty()) return std::nullopt;
  std::string_view text = step.text;
  RegisterStep parsed;
  parsed.write = text.starts_with("write ");
  if (!parsed.write && !text.starts_with("read ")) return std::nullopt;
  text.remove_prefix(parsed.write ? 6 : 5);
  const std::string_view arrow = parsed.write ? " <- 0x" : " -> 0x";
  const size_t at = text.find(arrow);
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  parsed.name = std::string(text.substr(0, at));
  for (const char c : text.substr(at + arrow.size())) {
    const char digit = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;  // "(does not answer)" and the like
    parsed.value = parsed.value << 4 | static_cast<uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    ++parsed.digits;
  }
  if (parsed.digits == 0 || parsed.digits > 8) return std::nullopt;
  return parsed;
}

// "user_write 0000:03:00.0": which function the steps that follow are about; "" if the step names none.
std::string FunctionOf(const Step& step) {
  if (!step.kind.empty()) return "";
  const size_t space = step.text.rfind(' ');
  if (space == std::string::npos || step.text.find(' ') != space) return "";
  const std::string_view word = std::string_view(step.text).substr(space + 1);
  const bool is_address = word.find(':') != std::string_view::npos && word.find('.') != std::string_view::npos;
  return is_address ? std::string(word) : "";
}

using ContextKey = std::pair<int, std::string>;
ContextKey KeyOf(const Step& step) { return {step.cpu, IsTask(step.context) ? step.task : step.context}; }

// One context's part of the schedule that is shown.
struct Part {
  ContextKey key;
  size_t first = 0, last = 0;  // steps
};

struct Held {
  std::string lock;
  bool shared = false;
};

class LostUpdate {
 public:
  LostUpdate(const Finding& finding, Litmus litmus) : finding_(finding), litmus_(std::move(litmus)) {}

  Litmus Make() {
    if (finding_.schedule.empty()) return Refuse("no schedule was recorded");
    Read();
    if (!FindHelper()) return Refuse("the helper's own read and write are not both among the recorded steps");
    if (!FindOthers()) return Refuse("no other task's write stands between the helper's read and its write");
    std::vector<Process> processes;
    for (size_t i = 0; i < parts_.size(); ++i) {
      Process process;
      if (const std::string why = MakeProcess(i, process); !why.empty()) return Refuse(why);
      processes.push_back(std::move(process));
    }
    const std::string& name = steps_[write_]->name;
    const std::string variable = names_.Of(name, "reg");
    const uint64_t mask = Mask();
    const std::string initial = absl::StrCat(variable, "=", steps_[read_]->value & mask, ";");
    const std::string exists =
        absl::StrCat("0:r0=", steps_[read_]->value & mask, " /\\ ", variable, "=", steps_[write_]->value & mask);
    std::vector<std::string> comments = {
        finding_.title, ProcessesText(processes),
        absl::StrCat(variable, " is ", name, " of ", function_,
                     ", a register of a device: it stands as a variable here, as if each of its bits kept what is "
                     "written and reading it had no effect. What addresses it is left out.")};
    comments.emplace_back(kLocksAre);
    if (const std::string repeat = RepeatText(finding_); !repeat.empty()) comments.push_back(repeat);
    litmus_.text = TestText(litmus_.name, "Sometimes", comments, initial, processes, exists);
    return litmus_;
  }

 private:
  Litmus Refuse(const std::string& why) {
    litmus_.why_not = why;
    return litmus_;
  }

  // What each step does to a register, of which function, under which locks.
  void Read() {
    std::map<ContextKey, std::string> function;
    std::map<ContextKey, std::vector<Held>> held;
    for (const Step& step : finding_.schedule) {
      const ContextKey key = KeyOf(step);
      if (const std::string named = FunctionOf(step); !named.empty()) function[key] = named;
      std::vector<Held>& own = held[key];
      held_.push_back(own);
      if (step.kind == "take") {
        for (const auto& [other, locks] : held) {
          const bool both = other != key && std::any_of(locks.begin(), locks.end(), [&](const Held& one) {
                              return one.lock == step.object && !one.shared;
                            });
          if (both && !IsShared(step)) several_.insert(step.object);  // two locks of one name
        }
        own.push_back({step.object, IsShared(step)});
      }
      if (step.kind == "drop") {
        const auto last =
            std::find_if(own.rbegin(), own.rend(), [&](const Held& one) { return one.lock == step.object; });
        if (last != own.rend()) own.erase(std::next(last).base());
      }
      steps_.push_back(ParseRegister(step));
      functions_.push_back(function[key]);
    }
  }

  bool Is(size_t i, const ContextKey& key, const std::string& name) const {
    return steps_[i] && KeyOf(finding_.schedule[i]) == key && steps_[i]->name == name && functions_[i] == function_;
  }

  // The last step that clashes is the finding's; before it its context's write, and before that the read.
  bool FindHelper() {
    size_t clash = finding_.schedule.size();
    while (clash > 0 && !finding_.schedule[clash - 1].clash) --clash;
    if (clash == 0) return false;
    const ContextKey key = KeyOf(finding_.schedule[clash - 1]);
    write_ = clash;
    while (write_ > 0 &&
           !(steps_[write_ - 1] && steps_[write_ - 1]->write && KeyOf(finding_.schedule[write_ - 1]) == key))
      --write_;
    if (write_-- == 0) return false;
    function_ = functions_[write_];
    if (function_.empty()) return false;
    read_ = write_;
    while (read_ > 0 && !(Is(read_ - 1, key, steps_[write_]->name) && !steps_[read_ - 1]->write)) --read_;
    if (read_-- == 0) return false;
    parts_.push_back({key, read_, write_});
    return true;
  }

  bool FindOthers() {
    const std::string& name = steps_[write_]->name;
    for (size_t i = read_ + 1; i < write_; ++i) {
      const ContextKey key = KeyOf(finding_.schedule[i]);
      if (key == parts_[0].key || !Is(i, key, name) || !steps_[i]->write) continue;
      const auto known = std::find_if(parts_.begin(), parts_.end(), [&](const Part& part) { return part.key == key; });
      if (known != parts_.end()) {
        known->last = i;
        continue;
      }
      size_t first = i;  // its own read of the same call, if there is one
      for (size_t k = i; k-- > 0;) {
        if (KeyOf(finding_.schedule[k]) != key) continue;
        if (!FunctionOf(finding_.schedule[k]).empty()) break;
        if (Is(k, key, name) && !steps_[k]->write) {
          first = k;
          break;
        }
      }
      parts_.push_back({key, first, i});
    }
    return parts_.size() > 1 && parts_.size() <= 4;
  }

  uint64_t Mask() const {
    size_t digits = 8;
    for (const Part& part : parts_) {
      for (size_t i = part.first; i <= part.last; ++i) {
        if (Is(i, part.key, steps_[write_]->name)) digits = std::min(digits, steps_[i]->digits);
      }
    }
    return (uint64_t{1} << (4 * digits)) - 1;
  }

  std::string LockWord(size_t process, const std::string& lock) {
    return names_.Of(several_.contains(lock) ? absl::StrCat(lock, "_of_P", process) : lock, "lock");
  }

  // "" or why it cannot be said.
  std::string MakeProcess(size_t index, Process& process) {
    const Part& part = parts_[index];
    const std::string& name = steps_[write_]->name;
    const Step& step = finding_.schedule[part.first];
    if (!IsTask(step.context)) return "an interrupt handler takes part, which is no process of a litmus test";
    process.who = absl::StrCat("task '", step.task, "' on CPU ", step.cpu);
    const std::string variable = names_.Of(name, "reg");
    process.variables = {variable};
    // Locks as they are taken and dropped; one that guards no access in between is left out below.
    struct Event {
      std::string text, lock;
      bool take = false, shared = false;
    };
    std::vector<Event> events;
    std::vector<Held> own = held_[part.first];
    for (const Held& held : own) events.push_back({"", held.lock, true, held.shared});
    uint64_t read = 0;
    bool has_read = false;
    for (size_t i = part.first; i <= part.last; ++i) {
      const Step& now = finding_.schedule[i];
      if (KeyOf(now) != part.key) continue;
      if (now.kind == "take") {
        own.push_back({now.object, IsShared(now)});
        events.push_back({"", now.object, true, IsShared(now)});
      } else if (now.kind == "drop") {
        const auto last =
            std::find_if(own.rbegin(), own.rend(), [&](const Held& one) { return one.lock == now.object; });
        if (last != own.rend()) own.erase(std::next(last).base());
        events.push_back({"", now.object, false});
      } else if (now.kind == "wait" || now.kind == "sleep") {
        return "a task sleeps between its accesses: wait queues have no words in a litmus test";
      }
      if (!Is(i, part.key, name)) continue;
      const uint64_t value = steps_[i]->value & Mask();
      if (!steps_[i]->write) {
        events.push_back({absl::StrCat("r0 = READ_ONCE(*", variable, ");"), "", false});
        process.registers = {"r0"};
        read = value;
        has_read = true;
      } else {
        std::string what = absl::StrCat(value);
        if (has_read) {  // what it made of what it had read
          const uint64_t set = value & ~read, cleared = read & ~value;
          what = set != 0 ? absl::StrCat("r0 | ", set) : "r0";
          if (cleared != 0) what = absl::StrCat(set != 0 ? "(" + what + ")" : what, " & ", Mask() & ~cleared);
        }
        events.push_back({absl::StrCat("WRITE_ONCE(*", variable, ", ", what, ");"), "", false});
      }
    }
    for (size_t i = own.size(); i-- > 0;) events.push_back({"", own[i].lock, false});
    for (size_t i = 0; i < events.size(); ++i) {
      if (!events[i].take) continue;
      bool guards = false;
      for (size_t k = i + 1; k < events.size(); ++k) {
        guards |= !events[k].text.empty();
        if (events[k].take || events[k].lock != events[i].lock) continue;
        if (!guards) events[k].lock = events[i].lock = "";
        break;
      }
    }
    for (const Event& event : events) {
      if (event.shared && !event.lock.empty())
        return absl::StrCat(event.lock, " is held shared: the kernel's memory model has no lock for readers");
      if (!event.text.empty()) process.statements.push_back(event.text);
      if (event.text.empty() && !event.lock.empty()) {
        const std::string word = LockWord(index, event.lock);
        AddOnce(process.locks, word);
        process.statements.push_back(absl::StrCat(event.take ? "spin_lock(" : "spin_unlock(", word, ");"));
      }
    }
    return "";
  }

  const Finding& finding_;
  Litmus litmus_;
  Names names_;
  std::vector<std::optional<RegisterStep>> steps_;
  std::vector<std::string> functions_;   // of each step
  std::vector<std::vector<Held>> held_;  // by its context, before the step
  std::set<std::string> several_;        // names of more than one lock
  std::string function_;
  size_t read_ = 0, write_ = 0;  // the helper's
  std::vector<Part> parts_;      // the helper's first
};

// ---- What has no words

std::string WhyNot(const std::string& name) {
  const std::optional<Hazard> hazard = HazardFromName(name);
  if (!hazard) return "a hazard that this build does not know";
  switch (*hazard) {
    case Hazard::kTornPair:
    case Hazard::kTornMessage:
    case Hazard::kBlockedAccess:
    case Hazard::kTransitionAccess:
    case Hazard::kUseAfterRemove:
      return "a device takes part, with a state of its own; the kernel's memory model knows memory only";
    case Hazard::kDeadEntry:
    case Hazard::kListCorrupt:
    case Hazard::kLostWakeup:
      return "a wait queue takes part, with tasks that sleep and are woken, which are no words of a litmus test";
    case Hazard::kDeadlock:
    case Hazard::kLivelock:
      return "herd7 shows executions that end, and this one does not";
    case Hazard::kLockOrder:
      return "the order of locks is at fault without any outcome that a condition could name";
    case Hazard::kContext:
    case Hazard::kOwner:
      return "what a context may do is no part of a memory model";
    case Hazard::kUseAfterFree:
      return "memory of a litmus test is never freed";
    case Hazard::kAssertion:
      return "the condition is the program's own, over state that the schedule does not name";
    case Hazard::kCrash:
      return "the worker died without a schedule";
    case Hazard::kLostUpdate:
    case Hazard::kDataRace:
      break;
  }
  return "";
}

}  // namespace

Litmus LitmusOf(const CellSpec& spec, const Finding& finding) {
  Litmus litmus;
  std::string name;
  for (const char c : absl::StrCat(finding.hazard, "+", spec.strategy.empty() ? spec.program : spec.strategy, "+",
                                   finding.fingerprint)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '+' || c == '_';
    name += plain ? c : '_';
  }
  litmus.name = name.substr(0, 120);
  if (finding.hazard == NameOf(Hazard::kDataRace)) return RaceLitmus(finding, std::move(litmus));
  if (finding.hazard == NameOf(Hazard::kLostUpdate)) return LostUpdate(finding, std::move(litmus)).Make();
  litmus.why_not = WhyNot(finding.hazard);
  return litmus;
}

}  // namespace cfgtorture::reports
