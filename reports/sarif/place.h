// reports/sarif/place.h: which source line a finding is shown at.
//
// The strategy's own file first, then other lock code and a plug-in's; of one file the innermost frame, of a finding
// without one the schedule's step. Where nothing of it was seen, as under a strategy that inherits what went wrong, the
// program's line, if the plug-in is this tree's and its programs so are the reader's. Where none was seen either, as of
// real threads, whose findings have no stacks, the strategy's file alone, since no line of it is this finding's: as
// another finding of the run tells it, else by the rule of CONTRIBUTING.md. A scenario without a strategy has its own
// file in that place. Only where there is no such file what else is known.
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
  std::string seen;      // where there is no line: the place nearest to it that was seen, "FILE:LINE"; "" if none was
  std::string own = "";  // where nothing of the strategy's file was seen, and another's line is shown: that file
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
