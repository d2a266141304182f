// harness/run/progress.h: one line on stderr that says how far a run is.
//
// At most once a second on a terminal, where it is rewritten in place; every 15 s elsewhere; never within the first two
// seconds, so that short runs stay silent.
#ifndef CFGTORTURE_HARNESS_RUN_PROGRESS_H_
#define CFGTORTURE_HARNESS_RUN_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <string>

namespace cfgtorture::run {

struct ProgressFigures {
  uint64_t done = 0, total = 0;  // cells
  uint64_t findings = 0;
  double executions_per_s = 0;  // of what runs now
  double new_share = -1;        // of their schedules, 0 to 1; -1: unknown
  double left_s = -1;           // -1: unknown
  std::string running;          // a cell that runs now
};

class ProgressLine {
 public:
  // `stream` null: silent. `width` 0: as wide as the terminal.
  ProgressLine(std::FILE* stream, bool is_terminal, unsigned width = 0);
  ~ProgressLine();  // wipes the line

  // Cheap if it is not yet time. `now_s` counts from the start of the run.
  bool Due(double now_s) const;
  void Show(double now_s, const ProgressFigures& figures);

 private:
  void Wipe();

  std::FILE* stream_;
  bool terminal_;
  unsigned width_;
  double last_s_ = 0;
  bool shown_ = false;
};

// "1.3 M", "812", "45 k": at most four characters before the unit.
std::string Short(double figure);
// "3 s", "2 min 10 s", "1 h 5 min"
std::string ShortTime(double seconds);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_PROGRESS_H_
