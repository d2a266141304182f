#include "reports/kernel_layout.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/result/place.h"
#include "reports/content.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kLocksColumn = 24;  // between CPU0's and CPU1's
constexpr size_t kMostHeading = 66;

std::string PlaceText(const Frame& frame) {
  if (!frame.file.empty()) return absl::StrCat(frame.file, ":", frame.line);
  if (frame.module.empty()) return "";
  return absl::StrFormat("%s+0x%x", frame.module.substr(frame.module.rfind('/') + 1), frame.offset);
}

std::string FrameText(const Frame& frame) {
  const std::string place = PlaceText(frame), function = frame.function.empty() ? "?" : frame.function;
  return place.empty() ? function : absl::StrCat(function, " (", place, ")");
}

void AddStack(const Access& access, const char* indent, std::string& text) {
  for (const Frame& frame : FramesOf(access)) {
    if (frame.function == "_FUN") continue;  // by which a lambda becomes a pointer: it says nothing
    absl::StrAppend(&text, indent, FrameText(frame), "\n");
  }
}

// Where the code under test does it: the innermost frame that is no library's.
const Frame* InnermostOf(const Access& access) {
  for (const Frame& frame : access.stack) {
    if (!frame.file.empty() && !IsLibrarys(frame.file)) return &frame;
  }
  return access.stack.empty() ? nullptr : &access.stack[0];
}

// Where it is called: the innermost frame that is no word of the kernel.
const Frame* CallerOf(const Access& access) {
  for (const Frame& frame : access.stack) {
    if (!frame.file.empty() && !IsLibrarys(frame.file) && !IsKernelWords(frame.file)) return &frame;
  }
  return InnermostOf(access);
}

std::string FunctionOf(const Access& access) {
  const Frame* frame = InnermostOf(access);
  return frame == nullptr || frame->function.empty() ? "?" : frame->function;
}

// "reader on CPU1", "hardirq on CPU0".
std::string Who(const Access& access) {
  if (access.task.empty()) return "somebody";
  const bool task = access.context.empty() || access.context == "task";
  return absl::StrCat(task ? access.task : access.context, " on CPU", access.cpu);
}

std::string Rule(char c, const std::string& heading) {
  return std::string(std::min(heading.size(), kMostHeading), c) + "\n";
}

// "(pci_lock#2){-.-.}-{2:2}".
std::string LockText(const LockLine& lock) {
  return absl::StrCat("(", lock.name, lock.instance, "){", lock.usage, "}-{", lock.wait_type, "}");
}

// The same with the place: "(pci_lock){-.-.}-{2:2}, at: Strategy::read (harness/sdk/strategy.cc:97)".
std::string LockAt(const LockLine& lock) {
  const Frame* frame = CallerOf(lock.taken);
  return absl::StrCat(LockText(lock), lock.how.empty() ? "" : ", ", lock.how,
                      frame == nullptr ? "" : absl::StrCat(", at: ", FrameText(*frame)));
}

void AddHeld(const LockReport& report, const std::string& who, std::string& text) {
  if (report.held.empty()) {
    absl::StrAppend(&text, "no locks held by ", who, ".\n");
    return;
  }
  absl::StrAppend(&text, report.held.size(), report.held.size() == 1 ? " lock" : " locks", " held by ", who, ":\n");
  for (size_t i = 0; i < report.held.size(); ++i) {
    absl::StrAppend(&text, " #", i, ": ", LockAt(report.held[i]), "\n");
  }
}

// Columns of who does what; a row is one or the other's.
class Scenario {
 public:
  explicit Scenario(int cpus) : cpus_(cpus) {}
  void Row(int cpu, std::string what) { rows_.emplace_back(cpu, std::move(what)); }
  void AddTo(const char* what, std::string& text) const {
    absl::StrAppend(&text, "\n ", what, ":\n\n", Line(0, "     CPU0", 1, "CPU1"), Line(0, "     ----", 1, "----"));
    for (const auto& [cpu, row] : rows_) absl::StrAppend(&text, cpu == 0 ? Line(0, row, -1, "") : Line(-1, "", 1, row));
    text += "\n *** DEADLOCK ***\n";
  }

 private:
  std::string Line(int first, const std::string& left, int second, const std::string& right) const {
    std::string line = first < 0 ? "" : "  " + left;
    if (second >= 0 && cpus_ > 1) {
      line.resize(std::max(line.size() + 1, kLocksColumn + 7), ' ');
      line += right;
    }
    return line + "\n";
  }

  const int cpus_;
  std::vector<std::pair<int, std::string>> rows_;
};

std::string LockCall(const LockLine& lock) {
  return absl::StrCat(lock.how.find("read") != std::string::npos ? "rlock(" : "lock(", lock.name, ");");
}

void AddCircle(const LockReport& report, std::string& text) {
  const LockEdge& closing = report.chain.back();
  absl::StrAppend(&text, "\nbut task is already holding lock:\n", LockAt(closing.held),
                  "\n\nwhich lock already depends on the new lock.\n\n"
                  "the existing dependency chain (in reverse order) is:\n");
  const size_t last = report.chain.size() - 1;
  for (size_t i = last; i-- > 0;) {
    const LockLine& lock = report.chain[i].wanted;
    absl::StrAppend(&text, "\n-> #", i + 1, " ", LockText(lock), ":\n");
    if (!lock.taken.task.empty()) absl::StrAppend(&text, "       by ", Who(lock.taken), "\n");
    AddStack(lock.taken, "       ", text);
  }
  absl::StrAppend(&text, "\n-> #0 ", LockText(closing.wanted), ":\n       by ", Who(closing.wanted.taken), "\n");
  AddStack(closing.wanted.taken, "       ", text);
  text += "\nother info that might help us debug this:\n";
  if (last > 1) {
    absl::StrAppend(&text, "\nChain exists of:\n  ", closing.wanted.name);
    for (size_t i = 0; i < last; ++i) absl::StrAppend(&text, " --> ", report.chain[i].wanted.name);
    text += '\n';
  }
  Scenario scenario(2);
  scenario.Row(0, LockCall(closing.held));
  scenario.Row(1, LockCall(report.chain[last - 1].held));
  scenario.Row(1, LockCall(report.chain[last - 1].wanted));
  scenario.Row(0, LockCall(closing.wanted));
  scenario.AddTo("Possible unsafe locking scenario", text);
}

void AddRecursion(const LockReport& report, std::string& text) {
  const LockEdge& edge = report.chain.back();
  absl::StrAppend(&text, "\nbut task is already holding lock:\n", LockAt(edge.held),
                  "\n\nother info that might help us debug this:\n");
  const bool reads = edge.held.how == "read" && edge.wanted.how == "read";
  Scenario scenario(reads ? 2 : 1);
  scenario.Row(0, LockCall(edge.held));
  if (reads) scenario.Row(1, absl::StrCat("lock(", edge.held.name, ");"));
  scenario.Row(0, LockCall(edge.wanted));
  scenario.AddTo("Possible unsafe locking scenario", text);
  const bool one = edge.held.instance == edge.wanted.instance;
  if (!one) text += "\n May be due to missing lock nesting notation\n";
}

std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

void AddUse(const std::string& what, const Access& where, std::string& text) {
  absl::StrAppend(&text, what, "\n");
  if (!where.task.empty()) absl::StrAppend(&text, "  by ", Who(where), "\n");
  AddStack(where, "  ", text);
}

void AddInconsistent(const LockReport& report, const std::string& who, std::string& text) {
  if (report.wanted.empty() || report.irq_uses.size() < 2) return;
  const LockLine& lock = report.wanted[0];
  const std::string level = Upper(report.level);
  const bool shared = lock.how.find("read") != std::string::npos;
  const char* const mode = shared ? "R" : "W";
  // The use that came second is the one that was found out.
  const bool in_irq = lock.taken.context == report.level;
  const std::string in = absl::StrCat("{IN-", level, "-", mode, "}"), on = absl::StrCat("{", level, "-ON-", mode, "}");
  absl::StrAppend(&text, "inconsistent ", in_irq ? on : in, " -> ", in_irq ? in : on, " usage.\n", who, " takes:\n",
                  LockAt(lock), "\n");
  AddUse(absl::StrCat(in_irq ? on : in, " state was registered at:"), report.irq_uses[in_irq ? 1 : 0], text);
  text += "\nother info that might help us debug this:\n";
  Scenario scenario(1);
  scenario.Row(0, LockCall(lock));
  scenario.Row(0, "<Interrupt>");
  scenario.Row(0, "  " + LockCall(lock));
  scenario.AddTo("Possible unsafe locking scenario", text);
}

void AddInversion(const LockReport& report, const std::string& who, std::string& text) {
  if (report.chain.empty() || report.irq_uses.size() < 2) return;
  const std::string level = Upper(report.level);
  const LockLine& safe = report.chain.front().held;
  const LockLine& unsafe = report.chain.back().wanted;
  absl::StrAppend(&text, who, " completes a dependency:\n");
  for (const LockEdge& edge : report.chain) {
    absl::StrAppend(&text, "(", edge.held.name, "){", edge.held.usage, "}-{", edge.held.wait_type, "} -> (",
                    edge.wanted.name, "){", edge.wanted.usage, "}-{", edge.wanted.wait_type, "}\n");
    if (!edge.wanted.taken.task.empty()) absl::StrAppend(&text, "  by ", Who(edge.wanted.taken), "\n");
    AddStack(edge.wanted.taken, "  ", text);
  }
  absl::StrAppend(&text, "\nwhich connects a ", level, "-irq-safe lock:\n", LockText(safe), "\n");
  AddUse(absl::StrCat("... which became ", level, "-irq-safe at:"), report.irq_uses[0], text);
  absl::StrAppend(&text, "\nto a ", level, "-irq-unsafe lock:\n", LockText(unsafe), "\n");
  AddUse(absl::StrCat("... which became ", level, "-irq-unsafe at:"), report.irq_uses[1], text);
  text += "\nother info that might help us debug this:\n";
  Scenario scenario(2);
  scenario.Row(0, LockCall(unsafe));
  scenario.Row(1, report.level == "softirq" ? "local_bh_disable();" : "local_irq_disable();");
  scenario.Row(1, LockCall(safe));
  scenario.Row(1, LockCall(report.chain.back().wanted));
  scenario.Row(0, "<Interrupt>");
  scenario.Row(0, "  " + LockCall(safe));
  scenario.AddTo("Possible interrupt unsafe locking scenario", text);
}

void AddContext(const Finding& finding, const LockReport& report, const std::string& who, std::string& text) {
  if (report.heading == "Invalid wait context" && !report.wanted.empty()) {
    absl::StrAppend(&text, who, " is trying to lock:\n", LockAt(report.wanted[0]),
                    "\nother info that might help us debug this:\ncontext-{", report.context, "}\n");
    return;
  }
  if (finding.accesses.empty()) return;
  const Access& access = finding.accesses[0];
  absl::StrAppend(&text, access.what, " in ", access.location, ", by ", who, "\n");
}

std::string LockdepLayout(const Finding& finding, const LockReport& report) {
  Access none;
  const Access& now = finding.accesses.empty() ? none : finding.accesses[0];
  const std::string who = Who(now);
  std::string text;
  const auto begin = [&](const std::string& heading) {
    absl::StrAppend(&text, Rule('=', heading), heading, "\n", Rule('-', heading));
  };
  if (report.heading == "Invalid wait context") {
    begin("[ BUG: Invalid wait context ]");
    AddContext(finding, report, who, text);
  } else if (report.heading == "sleeping function called from invalid context") {
    const Frame* frame = CallerOf(now);
    begin(absl::StrCat("BUG: ", report.heading, frame == nullptr ? "" : " at ",
                       frame == nullptr ? "" : PlaceText(*frame)));
    AddContext(finding, report, who, text);
  } else if (report.heading == "bad unlock balance detected!") {
    begin("WARNING: bad unlock balance detected!");
    if (!report.wanted.empty()) {
      absl::StrAppend(&text, who, " is trying to release lock ", LockAt(report.wanted[0]), "\n");
    }
    absl::StrAppend(&text,
                    report.holder.empty() ? "but does not hold it" : absl::StrCat("but ", report.holder, " holds it"),
                    "!\n");
    text += "\nother info that might help us debug this:\n";
  } else if (report.heading == "held lock freed!") {
    begin("WARNING: held lock freed!");
    const bool waits = finding.accesses.size() > 1 && finding.accesses[1].what.starts_with("waits ");
    absl::StrAppend(&text, who, " is freeing memory, with a lock still ", waits ? "awaited" : "held", " there by ",
                    report.holder, "!\n");
    if (!report.wanted.empty()) {
      absl::StrAppend(&text, LockAt(report.wanted[0]), "\n");
      AddStack(report.wanted[0].taken, "  ", text);
    }
  } else if (report.heading == "still has locks held!") {
    begin(absl::StrCat("WARNING: ", who, " still has locks held!"));
  } else {
    begin(absl::StrCat("WARNING: ", report.heading));
    if (!report.irq_uses.empty() && report.chain.empty()) {
      AddInconsistent(report, who, text);
    } else if (!report.irq_uses.empty()) {
      AddInversion(report, who, text);
    } else if (!report.chain.empty() && !report.wanted.empty()) {
      absl::StrAppend(&text, who, " is trying to acquire lock:\n", LockAt(report.wanted[0]), "\n");
      report.chain.size() == 1 ? AddRecursion(report, text) : AddCircle(report, text);
    }
    text += '\n';
  }
  AddHeld(report, who, text);
  if (!now.stack.empty()) {
    text += "\nstack backtrace:\n";
    AddStack(now, " ", text);
  }
  return text;
}

// "write of 8 bytes" as KCSAN says it: "write to PLACE of 8 bytes by task reader on cpu 1".
std::string AccessHeading(const Access& access) {
  std::string what = access.what, marked;
  if (what.starts_with("atomic ")) {
    what.erase(0, 7);
    marked = " (marked)";
  }
  const size_t of = what.find(" of ");
  const std::string verb = what.substr(0, of), size = of == std::string::npos ? "" : what.substr(of);
  const bool task = access.context.empty() || access.context == "task";
  std::string by = access.task.empty() ? "" : absl::StrCat(" by task ", access.task, " on cpu ", access.cpu);
  if (!task) by = absl::StrCat(" by interrupt (", access.context, ") on cpu ", access.cpu);
  return absl::StrCat(verb, marked,
                      access.location.empty() || verb == "free" ? ""
                      : verb.starts_with("write")               ? " to "
                                                                : " from ",
                      verb == "free" ? "" : access.location, size, by, ":");
}

void AddAccess(const Access& access, std::string& text) {
  absl::StrAppend(&text, AccessHeading(access), "\n");
  AddStack(access, " ", text);
  if (!access.locks_held.empty()) {
    absl::StrAppend(&text, " ", access.locks_held.size(), access.locks_held.size() == 1 ? " lock" : " locks",
                    " held: ", absl::StrJoin(access.locks_held, ", "), "\n");
  }
}

std::string RaceLayout(const Finding& finding) {
  std::vector<std::string> functions;
  for (const Access& access : finding.accesses) {
    if (!access.what.starts_with("free ")) functions.push_back(FunctionOf(access));
  }
  std::sort(functions.begin(), functions.end());
  const std::string rule = std::string(kMostHeading, '=') + "\n";
  std::string text =
      absl::StrCat(rule, "BUG: cfgtorture: ", finding.hazard, " in ", absl::StrJoin(functions, " / "), "\n");
  for (const Access& access : finding.accesses) {
    text += '\n';
    AddAccess(access, text);
  }
  if (finding.accesses.size() == 1 && finding.hazard == "data-race") {
    text += "\nrace at unknown origin: the other access is not kept\n";
  }
  if (!finding.value_changed.empty()) absl::StrAppend(&text, "\nvalue changed: ", finding.value_changed, "\n");
  return text;
}

std::string PlainLayout(const Finding& finding) {
  std::string text = absl::StrCat(std::string(kMostHeading, '='), "\nBUG: cfgtorture: ", finding.hazard);
  if (!finding.accesses.empty() && InnermostOf(finding.accesses[0]) != nullptr) {
    absl::StrAppend(&text, " in ", FunctionOf(finding.accesses[0]));
  }
  text += '\n';
  const auto add = [&text](const Access& access, const std::string& heading) {
    absl::StrAppend(&text, "\n", heading, ":\n");
    AddStack(access, " ", text);
    if (!access.locks_held.empty()) absl::StrAppend(&text, " held: ", absl::StrJoin(access.locks_held, ", "), "\n");
  };
  for (const Access& access : finding.accesses) {
    const bool says_where = access.location.empty() || access.what.find(access.location) != std::string::npos;
    add(access, absl::StrCat(access.what, says_where ? "" : ", ", says_where ? "" : access.location,
                             access.task.empty() ? "" : ", by ", access.task.empty() ? "" : Who(access)));
  }
  for (const Access& access : finding.waiting) add(access, absl::StrCat(Who(access), " ", access.what));
  return text;
}

std::string FoldedLine(const std::string& line, size_t width) {
  std::string text, rest = line;
  const size_t indent =
      std::min(line.find_first_not_of(' ') == std::string::npos ? 0 : line.find_first_not_of(' '), width / 2);
  while (rest.size() > width) {
    size_t at = rest.rfind(' ', width);
    if (at == std::string::npos || at <= indent + 2) at = width;
    absl::StrAppend(&text, rest.substr(0, at), "\n");
    rest.erase(0, rest[at] == ' ' ? at + 1 : at);
    rest.insert(0, indent + 2, ' ');
  }
  return text + rest;
}

}  // namespace

std::string Folded(const std::string& text, unsigned width) {
  std::string folded;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    absl::StrAppend(&folded, FoldedLine(text.substr(begin, end - begin), std::max(width, 40u)),
                    end < text.size() ? "\n" : "");
    begin = end + 1;
  }
  return folded;
}

std::string KernelLayout(const Finding& finding, unsigned width) {
  if (!finding.lock_report.empty()) return Folded(LockdepLayout(finding, finding.lock_report[0]), width);
  const bool memory = finding.hazard == "data-race" || finding.hazard == "use-after-free";
  return Folded(memory && !finding.accesses.empty() ? RaceLayout(finding) : PlainLayout(finding), width);
}

}  // namespace cfgtorture::reports
