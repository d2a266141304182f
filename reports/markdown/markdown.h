// reports/markdown/markdown.h: the report as text, for a job summary or a code host: readable unrendered too.
#ifndef CFGTORTURE_REPORTS_MARKDOWN_MARKDOWN_H_
#define CFGTORTURE_REPORTS_MARKDOWN_MARKDOWN_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

std::string RenderMarkdown(const RunResult& result);

// Two results of the same cells: what changed comes first.
std::string RenderMarkdownSideBySide(const RunResult& before, const RunResult& after);

// The table of an audit alone, as a page that can be kept: without tokens, times and machine, so that it changes when
// the code does.
std::string AuditPage(const RunResult& result);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_MARKDOWN_MARKDOWN_H_
