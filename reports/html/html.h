// reports/html/html.h: one self-contained page: no script, font or address is fetched; it opens from a mail. Without
// JavaScript it is complete: its one script, inlined, draws charts of what stands in tables.
//
// All text that a run brings (names, titles, paths, stderr of a crashed worker) is untrusted: it passes Text(), Name()
// or ScriptData() of escape.h, and a content security policy forbids all loads, and all scripts but the one whose hash
// it names.
#ifndef CFGTORTURE_REPORTS_HTML_HTML_H_
#define CFGTORTURE_REPORTS_HTML_HTML_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

std::string RenderHtml(const RunResult& result);

// Two results of the same cells: what changed comes first.
std::string RenderHtmlSideBySide(const RunResult& before, const RunResult& after);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HTML_HTML_H_
