// reports/sarif/place.h: which source line a finding is shown at.
//
// The strategy's own file first, then other lock code, then the program's, then what else lies in the repository; of
// one file the innermost frame. A finding without a stack, as a deadlock is, is shown in the strategy's file if another
// finding of the run tells it: the file alone, since no line of it is this finding's.
#ifndef CFGTORTURE_REPORTS_SARIF_PLACE_H_
#define CFGTORTURE_REPORTS_SARIF_PLACE_H_

#include <map>
#include <string>
#include <string_view>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

struct SourcePlace {
  std::string file;  // relative to the repository, or absolute; "": nothing is known
  int line = 0;      // 0: not known
  std::string function;
};

bool IsInRepository(std::string_view file);

class SourcePlaces {
 public:
  explicit SourcePlaces(const RunResult& result);
  SourcePlace Of(const CellSpec& spec, const Finding& finding) const;

 private:
  std::map<std::string, std::string> file_of_;  // strategy, or program where there is none
};

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_SARIF_PLACE_H_
