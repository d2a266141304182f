#include "harness/cli/report_formats.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/cli/finding_text.h"
#include "harness/result/causes.h"
#include "harness/result/printable.h"
#include "reports/benchmark/benchmark.h"
#include "reports/html/html.h"
#include "reports/junit/junit.h"
#include "reports/litmus/litmus.h"
#include "reports/mail/mail.h"
#include "reports/mail/summary.h"
#include "reports/markdown/markdown.h"
#include "reports/perfetto/perfetto.h"
#include "reports/sarif/sarif.h"

namespace cfgtorture::cli {
namespace {

using Files = std::vector<ReportFile>;

constexpr size_t kLongestName = 120;

Files Html(const RunResult& result) { return {{"report.html", reports::RenderHtml(result)}}; }
Files Markdown(const RunResult& result) { return {{"report.md", reports::RenderMarkdown(result)}}; }
Files SummaryText(const RunResult& result) { return {{"summary.txt", reports::RenderSummary(result)}}; }
Files Sarif(const RunResult& result) { return {{"report.sarif", reports::RenderSarif(result)}}; }
Files Junit(const RunResult& result) { return {{"junit.xml", reports::RenderJunit(result)}}; }
Files Benchmark(const RunResult& result) { return {{"benchmark.json", reports::RenderBenchmark(result)}}; }

Files Perfetto(const RunResult& result) {
  Files files;
  std::set<std::string> names;
  for (const Cause& cause : CausesOf(result)) {
    const Finding& finding = *cause.finding;
    if (finding.schedule.empty()) continue;
    const CellSpec& spec = cause.cell->spec;
    // What it is, where it is from, and what makes it one of its kind.
    const std::string name = absl::StrCat(finding.hazard, "+", spec.strategy.empty() ? spec.program : spec.strategy,
                                          "+", finding.fingerprint);
    std::string file = SafeName(name) + ".perfetto.json";
    for (int i = 2; !names.insert(file).second; ++i) file = absl::StrCat(SafeName(name), "_", i, ".perfetto.json");
    files.push_back({file, reports::RenderPerfetto(result, finding)});
  }
  return files;
}

// A file a finding that can be said, and one line each of what cannot.
Files Litmus(const RunResult& result) {
  Files files;
  std::set<std::string> names;
  std::string index;
  for (const Cause& cause : CausesOf(result)) {
    const reports::Litmus litmus = reports::LitmusOf(cause.cell->spec, *cause.finding);
    if (litmus.text.empty()) {
      absl::StrAppend(&index, litmus.name, ": no litmus test: ", PrintableLine(litmus.why_not), "\n");
      continue;
    }
    const std::string file = litmus.name + ".litmus";
    if (!names.insert(file).second) continue;  // one fingerprint is one cause
    absl::StrAppend(&index, litmus.name, ": ", file, "\n");
    files.push_back({file, litmus.text});
  }
  if (!index.empty()) files.push_back({"litmus.txt", index});
  return files;
}

Files HtmlSideBySide(const RunResult& a, const RunResult& b) {
  return {{"report.html", reports::RenderHtmlSideBySide(a, b)}};
}
Files MarkdownSideBySide(const RunResult& a, const RunResult& b) {
  return {{"report.md", reports::RenderMarkdownSideBySide(a, b)}};
}

Files Mails(const RunResult& result) {
  Files files;
  for (reports::Mail& mail : reports::RenderMails(result)) files.push_back({mail.name, std::move(mail.text)});
  return files;
}

}  // namespace

std::string SafeName(const std::string& name) {
  std::string safe;
  for (const char c : name.substr(0, kLongestName)) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '+';
    safe += plain ? c : '_';
  }
  return safe;
}

const std::vector<ReportFormat>& ReportFormats() {
  static const std::vector<ReportFormat> kFormats = {
      {"html", "report.html, one page that needs nothing else", "open it in a browser", Html, HtmlSideBySide},
      {"md", "report.md, for a job summary or a code host", "append it to $GITHUB_STEP_SUMMARY, or attach it", Markdown,
       MarkdownSideBySide},
      {"text", "summary.txt, the answer in 72 columns: what one pastes into a mail", "paste it into a mail",
       SummaryText},
      {"mail", "mail-fN-HAZARD.txt, a mail to linux-pci for a finding, and mails.txt, which says who has one",
       "read it, sign it, send it", Mails, nullptr, true},
      {"sarif", "report.sarif, SARIF 2.1.0 with each schedule as a code flow, for a code host's scanning tab",
       "upload it, as github/codeql-action/upload-sarif does", Sarif},
      {"junit", "junit.xml, a case a cell, for the test tab of a CI system",
       "name it to the CI system as a test report", Junit},
      {"perfetto", "a trace a finding", "open it in ui.perfetto.dev", Perfetto, nullptr, true},
      {"benchmark", "benchmark.json, what was measured, as Google Benchmark writes it",
       "compare.py benchmarks BEFORE AFTER, of one machine and day", Benchmark},
      {"litmus", "a litmus test a finding that can be said as one, and litmus.txt, which says why the others cannot",
       "in tools/memory-model of a kernel tree: herd7 -conf linux-kernel.cfg FILE", Litmus, nullptr, true},
  };
  return kFormats;
}

}  // namespace cfgtorture::cli
