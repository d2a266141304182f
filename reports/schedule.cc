#include "reports/schedule.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/result/place.h"
#include "reports/content.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kStepWidth = 9;  // "  ! 123  "
constexpr size_t kLeastWidth = 60;
constexpr size_t kLastColumn = 30;   // what the rightmost column has at least, to write into
constexpr size_t kLeastColumn = 10;  // what the others have: their texts run over empty columns to their right
constexpr size_t kMostColumn = 40;
constexpr size_t kMostOfAnEvent = 4;  // steps that one event of an ordering may stand for
constexpr size_t kMostOfARow = 120;   // letters, where steps are joined
constexpr size_t kSetUp = 8;          // steps of a long set-up that are shown

struct Shown {
  const Step* step;
  const Step* last;  // that was joined to it, takes left out
  size_t column;
  std::string text;
  size_t folded = 0;
};

// The column of each step.
std::vector<size_t> ColumnsOf(const std::vector<Step>& schedule, std::vector<ScheduleGrid::Column>& columns) {
  std::vector<size_t> of;
  of.reserve(schedule.size());
  for (const Step& step : schedule) {
    const bool task = step.context.empty() || step.context == "task";
    const ScheduleGrid::Column own = {absl::StrCat("CPU", step.cpu), task ? step.task : step.context, false};
    auto column = std::find_if(columns.begin(), columns.end(), [&](const ScheduleGrid::Column& other) {
      return other.cpu == own.cpu && other.who == own.who;
    });
    if (column == columns.end()) column = columns.insert(columns.end(), own);
    column->clash |= step.clash;
    of.push_back(static_cast<size_t>(column - columns.begin()));
  }
  return of;
}

bool IsNamed(const Finding& finding, const std::string& lock) {
  if (finding.title.find(lock) != std::string::npos || finding.detail.find(lock) != std::string::npos) return true;
  return std::any_of(finding.accesses.begin(), finding.accesses.end(),
                     [&](const Access& access) { return access.what.find(lock) != std::string::npos; });
}

// The steps that the orderings beneath are about, which the reader would look for in vain. Where one stands for too
// many (one line of one task's, run again and again) the last of them does.
std::vector<size_t> Ordered(const Finding& finding) {
  std::vector<size_t> ordered;
  const auto add = [&](const Access& event) {
    std::vector<size_t> steps, at_its_line;
    for (size_t i = 0; i < finding.schedule.size(); ++i) {
      const Step& step = finding.schedule[i];
      if (step.task != event.task || step.text != event.what) continue;
      steps.push_back(i);
      const bool there = std::any_of(event.stack.begin(), event.stack.end(), [&](const Frame& frame) {
        return frame.file == step.file && frame.line == step.line;
      });
      if (there) at_its_line.push_back(i);
    }
    if (!at_its_line.empty()) steps = std::move(at_its_line);
    if (steps.size() > kMostOfAnEvent) steps.erase(steps.begin(), steps.end() - 1);
    ordered.insert(ordered.end(), steps.begin(), steps.end());
  };
  for (const Ordering& ordering : finding.orderings) {
    add(ordering.before);
    add(ordering.after);
  }
  return ordered;
}

// Is such a step the last one before it but for locks, and of the same column?
bool FollowsAtOnce(const std::vector<Step>& schedule, const std::vector<size_t>& column, size_t at,
                   std::string_view kind) {
  for (size_t i = at; i-- > 0 && column[i] == column[at];) {
    if (schedule[i].kind == kind) return true;
    if (schedule[i].kind != "take" && schedule[i].kind != "drop" && !schedule[i].kind.starts_with("irqs-")) break;
  }
  return false;
}

// Which steps are of no interest.
std::vector<bool> Uninteresting(const Finding& finding, const std::vector<size_t>& column) {
  const std::vector<Step>& schedule = finding.schedule;
  std::vector<bool> folded(schedule.size());
  // What one context has set up before it starts the others: its beginning is enough.
  const auto start =
      std::find_if(schedule.begin(), schedule.end(), [](const Step& step) { return step.kind == "start"; });
  const size_t alone = start == schedule.end() ? 0 : static_cast<size_t>(start - schedule.begin());
  for (size_t i = kSetUp; i < alone && alone > 3 * kSetUp; ++i) folded[i] = !schedule[i].clash;
  for (size_t i = 0; i < schedule.size(); ++i) {
    if (schedule[i].clash) continue;
    if (i + 1 < schedule.size() && schedule[i].kind == "clock" && schedule[i + 1].kind == "clock") folded[i] = true;
    if (schedule[i].kind == "irqs-off" || schedule[i].kind == "irqs-on") folded[i] = true;
    // Whoever waits links itself and whoever goes on unlinks itself: told where others act in between.
    if (schedule[i].kind == "link" && FollowsAtOnce(schedule, column, i, "wait")) folded[i] = true;
    if (schedule[i].kind == "unlink" && FollowsAtOnce(schedule, column, i, "wake")) folded[i] = true;
    if (schedule[i].kind != "take" || IsNamed(finding, schedule[i].object)) continue;
    for (size_t k = i + 1; k < schedule.size() && column[k] == column[i] && !schedule[k].clash; ++k) {
      if (schedule[k].kind != "drop" || schedule[k].object != schedule[i].object) continue;
      folded[i] = folded[k] = true;
      break;
    }
  }
  for (const size_t step : Ordered(finding)) folded[step] = false;
  return folded;
}

// What `step` adds to the row of `before`: another task started, going to sleep for what is waited on, what a call does
// to the function that it named ("access_lock 0000:03:00.0", "0000:03:00.0: blocked window opens"). "" if it adds
// nothing.
std::string JoinedText(const Step& before, const Step& step) {
  if (before.clash || step.clash) return "";
  const std::string verb = "starts ";
  if (before.kind == "start" && step.kind == "start" && step.text.starts_with(verb))
    return step.text.substr(verb.size());
  if (before.kind == "wait" && step.kind == "sleep") return step.text;
  const size_t colon = step.text.find(": ");
  if (!before.kind.empty() || !step.kind.empty() || colon == std::string::npos) return "";
  const std::string function = step.text.substr(0, colon);
  const bool same = before.text.ends_with(" " + function) || before.text.starts_with(function + ": ");
  return same ? step.text.substr(colon + 2) : "";
}

// Breaks at spaces where it can; lines after the first are indented by two.
std::vector<std::string> Wrapped(const std::string& text, size_t width) {
  std::vector<std::string> lines;
  std::string rest = text;
  while (rest.size() > width) {
    size_t at = rest.rfind(' ', width);
    if (at == std::string::npos || at <= 2) at = width;
    lines.push_back(rest.substr(0, at));
    rest.erase(0, rest[at] == ' ' ? at + 1 : at);
    rest.insert(0, "  ");
  }
  lines.push_back(rest);
  return lines;
}

}  // namespace

ScheduleGrid MakeGrid(const Finding& finding, size_t max_rows, size_t max_columns) {
  ScheduleGrid grid;
  const std::vector<size_t> column = ColumnsOf(finding.schedule, grid.columns);
  const std::vector<bool> folded = Uninteresting(finding, column);
  const std::vector<size_t> ordered = Ordered(finding);
  std::vector<Shown> shown;
  size_t pending = 0;  // folded before the first row of all
  for (size_t i = 0; i < finding.schedule.size(); ++i) {
    const Step& step = finding.schedule[i];
    if (folded[i]) {
      ++grid.folded;
      ++(shown.empty() ? pending : shown.back().folded);
      continue;
    }
    const bool goes_on = !shown.empty() && shown.back().column == column[i];
    if (const std::string joined = goes_on ? JoinedText(*shown.back().last, step) : ""; !joined.empty()) {
      absl::StrAppend(&shown.back().text, ", ", joined);
      shown.back().last = &step;
      continue;
    }
    // Nor does what an ordering names, or what follows from what was drawn: a schedule is to be read at a glance.
    const bool follows = step.kind == "sleep" || step.kind == "unlink" || step.kind == "end" ||
                         (step.kind.empty() && (step.text.find(" <- ") != std::string::npos ||
                                                step.text.find(" -> ") != std::string::npos)) ||
                         std::find(ordered.begin(), ordered.end(), i) != ordered.end();
    if (goes_on && follows && !step.clash && !shown.back().step->clash &&
        shown.back().text.size() + step.text.size() < kMostOfARow) {
      absl::StrAppend(&shown.back().text, ", ", step.text);
      if (step.kind != "take") shown.back().last = &step;
      continue;
    }
    shown.push_back({&step, &step, column[i], step.text, std::exchange(pending, 0)});
  }

  // Columns that are too many share the last one, in the order in which they last took part.
  if (grid.columns.size() > max_columns && max_columns > 1) {
    std::vector<size_t> last(grid.columns.size());
    for (size_t i = 0; i < shown.size(); ++i) last[shown[i].column] = i + 1;
    std::vector<size_t> by_interest(grid.columns.size());
    for (size_t i = 0; i < by_interest.size(); ++i) by_interest[i] = i;
    std::stable_sort(by_interest.begin(), by_interest.end(), [&](size_t a, size_t b) {
      if (grid.columns[a].clash != grid.columns[b].clash) return static_cast<bool>(grid.columns[a].clash);
      return last[a] > last[b];
    });
    by_interest.resize(max_columns - 1);
    std::sort(by_interest.begin(), by_interest.end());
    std::vector<ScheduleGrid::Column> kept;
    std::vector<size_t> moved_to(grid.columns.size(), by_interest.size());
    for (size_t i = 0; i < by_interest.size(); ++i) {
      moved_to[by_interest[i]] = i;
      kept.push_back(grid.columns[by_interest[i]]);
    }
    for (Shown& row : shown) {
      if (moved_to[row.column] == by_interest.size()) {
        row.text = absl::StrCat(grid.columns[row.column].name(), ": ", row.text);
      }
      row.column = moved_to[row.column];
    }
    kept.push_back({"", "others", false});
    grid.columns = std::move(kept);
  }

  // Kept: the last rows, up to the end, and a few from the start; what clashes lies near the end.
  const size_t total = shown.size();
  const size_t head = total > max_rows ? max_rows / 4 : total;
  const size_t tail = total > max_rows ? max_rows - head : 0;
  grid.left_out = total - head - tail;
  grid.left_out_before = head;
  for (size_t i = 0; i < total; ++i) {
    if (i >= head && i < total - tail) continue;
    Shown& row = shown[i];
    if (row.step->clash && row.text.starts_with("! ")) row.text.erase(0, 2);  // the row is marked already
    if (row.folded > 0) absl::StrAppend(&row.text, " (+", row.folded, ")");
    grid.rows.push_back({row.step->number, row.column, std::move(row.text), row.step->clash,
                         static_cast<size_t>(row.step - finding.schedule.data())});
  }
  return grid;
}

std::string DrawSchedule(const Finding& finding, unsigned width, size_t max_rows) {
  if (finding.schedule.empty()) return "";
  const size_t room = std::max<size_t>(width, kLeastWidth) - kStepWidth;
  const ScheduleGrid grid = MakeGrid(finding, max_rows, 1 + (room - kLastColumn) / kLeastColumn);
  const size_t count = grid.columns.size();
  const size_t column = count > 1 ? std::min((room - kLastColumn) / (count - 1), kMostColumn) : 0;
  const auto left = [&](size_t index) { return kStepWidth + index * column; };
  const auto at = [](std::string& line, size_t place, const std::string& text) {
    line.resize(std::max(line.size(), place), ' ');
    line += text;
  };

  std::string cpus = " step", names;
  bool named = false;
  for (size_t i = 0; i < count; ++i) {
    at(cpus, left(i), grid.columns[i].cpu);
    std::string who = grid.columns[i].who;
    const size_t most = i + 1 == count ? room - i * column : column - 1;
    if (who.size() > most) who = who.substr(0, most - 1) + "~";
    named |= !who.empty();
    at(names, left(i), who);
  }
  std::string text = cpus + "\n";
  if (named) absl::StrAppend(&text, names, "\n");
  for (size_t i = 0; i < grid.rows.size(); ++i) {
    if (grid.left_out > 0 && i == grid.left_out_before) {
      absl::StrAppend(&text, std::string(kStepWidth, ' '), "... ", grid.left_out, " steps ...\n");
    }
    const ScheduleGrid::Row& row = grid.rows[i];
    const std::string number = std::to_string(row.number);
    std::string line = absl::StrCat("  ", row.clash ? "!" : " ",
                                    std::string(number.size() < 4 ? 4 - number.size() : 0, ' '), number, "  ");
    for (const std::string& part : Wrapped(row.text, room - row.column * column)) {
      at(line, left(row.column), part);
      absl::StrAppend(&text, line, "\n");
      line.clear();
    }
  }
  if (grid.folded > 0) {
    absl::StrAppend(&text, std::string(kStepWidth, ' '),
                    "(+N): N steps not drawn, of locks that nobody else wanted, clock and set-up\n");
  }
  return text;
}

std::string PlaceOf(const Step& step) {
  if (step.file.empty()) return step.function;
  return absl::StrCat(step.function, step.function.empty() ? "" : ", ", step.file,
                      step.line > 0 ? absl::StrCat(":", step.line) : "");
}

std::string EventText(const Access& access) {
  std::string text = access.task.empty() ? "" : absl::StrCat("\"", access.task, "\"");
  if (access.context == "hardirq" || access.context == "softirq") text = access.context;
  if (!text.empty()) absl::StrAppend(&text, " on CPU", access.cpu, ": ");
  absl::StrAppend(&text, access.what, access.location.empty() ? "" : ", ", access.location);
  // Where the code under test says so, not where a library does it; of a lock, not where its own word does.
  const bool lock = access.what.starts_with("takes ") || access.what.starts_with("drops ");
  const Frame* shown = nullptr;
  for (const Frame& frame : access.stack) {
    if (frame.file.empty() || IsLibrarys(frame.file)) continue;
    if (shown == nullptr) shown = &frame;
    if (lock && IsKernelWords(frame.file)) continue;
    if (lock) shown = &frame;
    break;
  }
  if (shown != nullptr) absl::StrAppend(&text, " (", shown->function, ", ", shown->file, ":", shown->line, ")");
  return text;
}

std::vector<OrderingText> OrderingsOf(const Finding& finding) {
  std::vector<OrderingText> texts;
  texts.reserve(finding.orderings.size());
  for (const Ordering& ordering : finding.orderings) {
    texts.push_back({EventText(ordering.before), EventText(ordering.after)});
  }
  return texts;
}

std::string WhyUnordered(const Finding& finding) {
  if (finding.unordered.empty() || finding.last_ordered.empty()) return finding.unordered;
  return absl::StrCat(finding.unordered, " That release: ", EventText(finding.last_ordered[0]), ".");
}

std::string ReductionText(const Finding& finding) {
  const Reduction& reduction = finding.reduction;
  if (reduction.runs == 0) return "";
  std::string text =
      absl::StrCat("minimised from ", reduction.preemptions_before, " preemption",
                   reduction.preemptions_before == 1 ? "" : "s", " and ", reduction.rows_before, " steps to ",
                   finding.preemptions, " and ", reduction.rows, " in ", reduction.runs, " runs");
  if (!reduction.complete) absl::StrAppend(&text, ", where its budget ended");
  return text;
}

}  // namespace cfgtorture::reports
