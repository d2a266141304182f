// reports/schedule.h: the steps of a finding as a person reads them: what is of no interest folded, a column for each
// CPU and context.
//
// Folded  locks that one context takes and drops while nobody else runs, and that the finding does not name; where
//         interrupts go off and on; of clock steps in a row all but the last; of a long set-up, before other tasks
//         start, all but its beginning. Their number stands beside the row before them. Nothing that an ordering names.
// Joined  a taking that an ordering names, to what its context did before; tasks started one after the other; waiting
//         and going to sleep for it; a call and what it does to the function that it names.
#ifndef CFGTORTURE_REPORTS_SCHEDULE_H_
#define CFGTORTURE_REPORTS_SCHEDULE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/result/cell.h"

namespace cfgtorture::reports {

struct ScheduleGrid {
  struct Row {
    uint32_t number;
    size_t column;
    std::string text;  // ends with "(+3)" if three are folded behind it
    bool clash;
    size_t step;  // its place in Finding::schedule; those up to the next row's are folded or joined into it
  };
  struct Column {
    std::string cpu;  // "CPU0"
    std::string who;  // "reader", "hardirq"
    bool clash = false;
    std::string name() const { return cpu.empty() ? who : cpu + " " + who; }
  };
  std::vector<Column> columns;
  std::vector<Row> rows;
  size_t folded = 0;    // steps
  size_t left_out = 0;  // rows dropped from the middle, before row `left_out_before`
  size_t left_out_before = 0;
};
// At most so many rows and columns; the columns of what clashes are kept, and those that took part last. The others
// share the last one.
ScheduleGrid MakeGrid(const Finding& finding, size_t max_rows, size_t max_columns = 64);

// For a terminal or a code block: no line is longer than `width`, which is taken to be at least 60. Control characters
// are still in it.
std::string DrawSchedule(const Finding& finding, unsigned width, size_t max_rows);

// Where a step is in the source: "RemoveEntry, harness/kernel/wait_queue.h:88"; "" unknown.
std::string PlaceOf(const Step& step);

// "\"reader\" plain write of 8 bytes (Unlink, harness/kernel/wait_queue.cc:38)".
std::string EventText(const Access& access);
// Two events in each line: "A", "B": A before B, or it does not fail.
struct OrderingText {
  std::string before, after;
};
std::vector<OrderingText> OrderingsOf(const Finding& finding);
// Of a race, why nothing orders the two; else "".
std::string WhyUnordered(const Finding& finding);
// "minimised from 11 preemptions and 26 rows in 214 runs", "" if it was not.
std::string ReductionText(const Finding& finding);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_SCHEDULE_H_
