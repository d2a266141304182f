// reports/mail/mail.h: each finding as a mail to linux-pci: plain text of 72 columns in the layout of the kernel's own
// checkers, with the schedule in columns and a Fixes: line where the scenario's file names the commit that brought the
// bug, with its subject.
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

// One a cause, at most a hundred (Choose()). Last, where there is more than one finding, "mails.txt": which mail each
// has or how to ask for one.
std::vector<Mail> RenderMails(const RunResult& result);

// What the history of a scenario says of commits: "since cdcb33f98244 (v4.11, "its subject"); fixed by 2a7e32d0547f".
// Empty where it names none.
struct Commit {
  std::string id, release, subject;
  std::string Text() const;  // "cdcb33f98244 (v4.11)"
};
struct History {
  std::vector<Commit> brought_by, fixed_by;
};
History ParseHistory(const std::string& history);

// Words in lines of at most `width`, but for a word that is longer; lines after the first begin with `indent`.
std::string Paragraph(const std::string& text, const std::string& indent = "");
// Its words up to `most` bytes, and none that leads on; then "...".
std::string Shortened(const std::string& text, size_t most);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_MAIL_MAIL_H_
