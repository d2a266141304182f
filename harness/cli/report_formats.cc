#include "harness/cli/report_formats.h"

#include <utility>

#include "reports/html/html.h"
#include "reports/mail/mail.h"
#include "reports/markdown/markdown.h"

namespace cfgtorture::cli {
namespace {

using Files = std::vector<ReportFile>;

Files Html(const RunResult& result) { return {{"report.html", reports::RenderHtml(result)}}; }
Files Markdown(const RunResult& result) { return {{"report.md", reports::RenderMarkdown(result)}}; }
Files Mails(const RunResult& result) {
  Files files;
  for (reports::Mail& mail : reports::RenderMails(result)) files.push_back({mail.name, std::move(mail.text)});
  return files;
}

}  // namespace

const std::vector<ReportFormat>& ReportFormats() {
  static const std::vector<ReportFormat> kFormats = {
      {"html", "report.html, one page that needs nothing else", "open it in a browser", Html},
      {"md", "report.md, for a mail or a job summary", "paste it into a mail or a job summary", Markdown},
      {"mail", "mail-fN-HAZARD.txt, a mail to linux-pci for each finding", "read it, sign it, send it", Mails},
  };
  return kFormats;
}

}  // namespace cfgtorture::cli
