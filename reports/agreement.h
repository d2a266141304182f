// reports/agreement.h: which engine convicts what, where several were asked the same.
#ifndef CFGTORTURE_REPORTS_AGREEMENT_H_
#define CFGTORTURE_REPORTS_AGREEMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/result/run_result.h"
#include "reports/content.h"

namespace cfgtorture::reports {

// A hazard of a strategy (or a side) in a program, over its bridges.
struct AgreementRow {
  std::string strategy, program, hazard;
  std::vector<Verdict> verdicts;  // by engine; kNotRun where it was not asked
  bool differs = false;           // one convicts, another was exercised and does not
};

struct AgreementMatrix {
  struct Share {
    uint64_t both = 0;  // convicted by the row's engine and by the column's
    uint64_t of = 0;    // convicted by the row's engine, where the column's was exercised
  };
  std::vector<std::string> engines;        // in the order of the run
  std::vector<std::vector<Share>> shares;  // [row][column]
  std::vector<AgreementRow> rows;          // that two or more engines were asked, those that differ first
  size_t differ = 0;
};
// Empty rows if only one engine ran.
AgreementMatrix MakeAgreementMatrix(const RunResult& result);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_AGREEMENT_H_
