// reports/mail/summary.h: the answer as a person pastes it into a mail: plain text of 72 columns that needs no
// rendering, about 20 kB at most for a whole comparison; everything else is in the page and the result.
#ifndef CFGTORTURE_REPORTS_MAIL_SUMMARY_H_
#define CFGTORTURE_REPORTS_MAIL_SUMMARY_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

std::string RenderSummary(const RunResult& result);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_MAIL_SUMMARY_H_
