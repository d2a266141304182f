// reports/html/html.h: one self-contained page: no script, no font, no address is fetched; it opens from a mail.
//
// All text that a run brings (names, titles, paths, stderr of a crashed worker) is untrusted: it passes Text() or
// Name() of escape.h, and the page forbids itself scripts and loads by a content security policy.
#ifndef CFGTORTURE_REPORTS_HTML_HTML_H_
#define CFGTORTURE_REPORTS_HTML_HTML_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

std::string RenderHtml(const RunResult& result);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HTML_HTML_H_
