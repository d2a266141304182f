#include "harness/cli/finding_text.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "harness/result/printable.h"
#include "harness/run/environment.h"
#include "reports/hazard_pages.h"
#include "reports/kernel_layout.h"
#include "reports/schedule.h"

namespace cfgtorture::cli {
namespace {

constexpr size_t kMostRows = 120;  // of a schedule; the rest is cut out of its middle

// Indents every line after the first.
std::string Indented(const std::string& text, const char* indent) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += indent;
  }
  return result;
}

// Of a page of the tree, where it was installed; as the tree names it if it was not.
std::string PageThatIsThere(const std::string& page) {
  if (page.empty()) return "";
  std::error_code error;
  const std::filesystem::path installed =
      std::filesystem::path(run::OwnFolder()).parent_path() / "share/cfgtorture" / page;
  if (std::filesystem::exists(installed, error)) return installed.string();
  return std::filesystem::exists(std::filesystem::path(CFGT_SOURCE_DIR) / page, error) ? page : "";
}

}  // namespace

std::string FindingText(const CellSpec& spec, const Finding& finding, unsigned width) {
  std::string text = absl::StrCat("finding  ", finding.hazard, ": ", PrintableLine(finding.title), "\n");
  if (!finding.detail.empty()) absl::StrAppend(&text, "  ", Indented(finding.detail, "  "), "\n");
  text += reports::KernelLayout(finding, width);
  if (const std::string why = reports::WhyUnordered(finding); !why.empty()) absl::StrAppend(&text, "  ", why, "\n");
  text += reports::DrawSchedule(finding, width, kMostRows);
  const std::vector<reports::OrderingText> orderings = reports::OrderingsOf(finding);
  if (!orderings.empty()) text += "fails only if\n";
  for (const reports::OrderingText& ordering : orderings) {
    absl::StrAppend(&text, "  ", ordering.before, "\n    before ", ordering.after, "\n");
  }
  absl::StrAppend(&text, "fails under  ", PrintableLine(spec.strategy.empty() ? spec.program : spec.strategy));
  if (!spec.side.empty()) absl::StrAppend(&text, " (", PrintableLine(spec.side), ")");
  if (finding.preemptions >= 0) {
    absl::StrAppend(&text, "; ", finding.preemptions, " preemption", finding.preemptions == 1 ? "" : "s",
                    finding.reduction.complete ? " (no simpler schedule by a single change)" : "");
  }
  if (const std::string reduction = reports::ReductionText(finding); !reduction.empty()) {
    absl::StrAppend(&text, "; ", reduction);
  }
  if (finding.count > 1) absl::StrAppend(&text, "; seen ", finding.count, " times");
  absl::StrAppend(&text, "; fingerprint ", finding.fingerprint, ".\n");
  if (!finding.replay.empty()) absl::StrAppend(&text, "repeat:  ", PrintableLine(finding.replay), "\n");
  const std::string about = PageThatIsThere(reports::HazardPagePath(finding.hazard));
  if (!about.empty()) absl::StrAppend(&text, "about:   ", about, "\n");
  return PrintableText(text);
}

}  // namespace cfgtorture::cli
