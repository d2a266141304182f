// reports/mail/mail.h: each finding as a mail to linux-pci: plain text of 72 columns in the layout of the kernel's own
// checkers, with the schedule in columns and a Fixes: line where the scenario's file names who brought the bug.
//
// Text of a run is untrusted: no control characters, no header but ours.
#ifndef CFGTORTURE_REPORTS_MAIL_MAIL_H_
#define CFGTORTURE_REPORTS_MAIL_MAIL_H_

#include <string>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

struct Mail {
  std::string name;  // of its file: "mail-f1-data-race.txt"
  std::string text;
};

// One a cause, in the order of the report (GroupFindings); the first hundred, and the last of these says of how many.
std::vector<Mail> RenderMails(const RunResult& result);

// What the history of a scenario says in the words of a commit's trailers: "Fixes: cdcb33f98244" of "since
// cdcb33f98244 (v4.11); fixed by 2a7e32d0547f (v5.9)". Empty where it names none.
struct History {
  std::vector<std::string> brought_by;  // "cdcb33f98244 (v4.11)"
  std::vector<std::string> fixed_by;
};
History ParseHistory(const std::string& history);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_MAIL_MAIL_H_
