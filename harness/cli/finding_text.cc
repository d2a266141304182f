#include "harness/cli/finding_text.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace cfgtorture::cli {
namespace {

constexpr size_t kStepWidth = 9;  // "  ! 123  "
constexpr size_t kLeastColumn = 24;

// Indents every line after the first.
std::string Indented(const std::string& text, const char* indent) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += indent;
  }
  return result;
}

std::string Place(const Frame& frame) {
  if (!frame.file.empty()) return absl::StrCat(frame.file, ":", frame.line);
  return frame.module.empty()
             ? ""
             : absl::StrFormat("%s+0x%x", frame.module.substr(frame.module.rfind('/') + 1), frame.offset);
}

std::string AccessText(const Access& access) {
  std::string text = absl::StrCat("  ", access.what);
  if (!access.location.empty()) absl::StrAppend(&text, " at ", access.location);
  if (!access.task.empty()) {  // else all that is kept of it is where in the code it was
    absl::StrAppend(&text, "\n    by ", access.task, " on CPU", access.cpu);
    if (!access.context.empty()) absl::StrAppend(&text, " (", access.context, ")");
    absl::StrAppend(&text, ", held: ", access.locks_held.empty() ? "nothing" : absl::StrJoin(access.locks_held, ", "));
  }
  text += '\n';
  for (const Frame& frame : access.stack) {
    absl::StrAppend(&text, "      ", frame.function.empty() ? "?" : frame.function, "  ", Place(frame), "\n");
  }
  return text;
}

}  // namespace

std::string Printable(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += (static_cast<unsigned char>(c) < ' ' && c != '\n') || c == 0x7f ? '?' : c;
  }
  return result;
}

std::string ScheduleText(const std::vector<Step>& schedule, unsigned width, size_t limit) {
  std::set<int> cpus;
  for (const Step& step : schedule) cpus.insert(step.cpu);
  if (cpus.empty()) return "";
  // Columns share what the terminal has; a text that is longer runs over empty columns to its right.
  const size_t room = width > kStepWidth ? width - kStepWidth : 0;
  const size_t column = std::max(kLeastColumn, room / cpus.size());
  std::map<int, size_t> column_of;
  std::string text = " step    ";
  for (const int cpu : cpus) {
    column_of.emplace(cpu, column_of.size());
    std::string head = absl::StrCat("CPU", cpu);
    head.resize(column, ' ');
    text += head;
  }
  while (text.back() == ' ') text.pop_back();
  text += '\n';

  const size_t head = schedule.size() > limit ? limit / 5 : schedule.size();
  const size_t tail = schedule.size() > limit ? schedule.size() - (limit - head) : schedule.size();
  std::map<int, std::string> who;  // last named in that column
  for (size_t i = 0; i < schedule.size(); ++i) {
    if (i >= head && i < tail) {
      if (i == head) absl::StrAppend(&text, "         ... ", tail - head, " steps ...\n");
      continue;
    }
    const Step& step = schedule[i];
    std::string line = absl::StrFormat("  %s%4d  ", step.clash ? "!" : " ", step.number);
    line.resize(std::max(line.size(), kStepWidth + column_of[step.cpu] * column), ' ');
    const std::string name = step.context == "task" || step.context.empty() ? step.task : step.context;
    if (who[step.cpu] != name) absl::StrAppend(&line, name, ": ");
    who[step.cpu] = name;
    absl::StrAppend(&text, line, step.text, "\n");
  }
  return text;
}

std::string FindingText(const CellSpec& spec, const Finding& finding, unsigned width) {
  std::string text = absl::StrCat("finding  ", finding.hazard, ": ", finding.title, "\n");
  if (!finding.detail.empty()) absl::StrAppend(&text, "  ", Indented(finding.detail, "  "), "\n");
  for (const Access& access : finding.accesses) text += AccessText(access);
  text += ScheduleText(finding.schedule, width);
  absl::StrAppend(&text, "fails under  ", spec.strategy.empty() ? spec.program : spec.strategy);
  if (!spec.side.empty()) absl::StrAppend(&text, " (", spec.side, ")");
  if (finding.preemptions >= 0) {
    absl::StrAppend(&text, "; ", finding.preemptions, " preemption", finding.preemptions == 1 ? "" : "s",
                    " (fewest seen)");
  }
  if (finding.count > 1) absl::StrAppend(&text, "; seen ", finding.count, " times");
  absl::StrAppend(&text, "; fingerprint ", finding.fingerprint, ".\n");
  if (!finding.replay.empty()) absl::StrAppend(&text, "repeat:  ", finding.replay, "\n");
  return Printable(text);
}

}  // namespace cfgtorture::cli
