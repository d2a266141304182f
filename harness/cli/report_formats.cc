#include "harness/cli/report_formats.h"

#include "reports/html/html.h"
#include "reports/markdown/markdown.h"

namespace cfgtorture::cli {
namespace {

using Files = std::vector<ReportFile>;

Files Html(const RunResult& result) { return {{"report.html", reports::RenderHtml(result)}}; }
Files Markdown(const RunResult& result) { return {{"report.md", reports::RenderMarkdown(result)}}; }

}  // namespace

const std::vector<ReportFormat>& ReportFormats() {
  static const std::vector<ReportFormat> kFormats = {
      {"html", "report.html, one page that needs nothing else", "open it in a browser", Html},
      {"md", "report.md, for a mail or a job summary", "paste it into a mail or a job summary", Markdown},
  };
  return kFormats;
}

}  // namespace cfgtorture::cli
