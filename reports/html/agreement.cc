// Who convicts what another convicts.
#include "reports/agreement.h"

#include "absl/strings/str_cat.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"

namespace cfgtorture::reports {

void AppendAgreement(std::string& page, const RunResult& result) {
  const AgreementMatrix matrix = MakeAgreementMatrix(result);
  if (matrix.rows.empty()) return;
  absl::StrAppend(&page,
                  "<section id=\"agreement\" aria-labelledby=\"agreement-h\"><h2 id=\"agreement-h\">Agreement of "
                  "the engines</h2>\n<p class=\"sub\">",
                  matrix.rows.size(), " questions (strategy, program, hazard) were put to more than one engine; in ",
                  matrix.differ,
                  " one convicts and another, exercised, does not. A row reads: of what this engine convicts where the "
                  "other was exercised, so much the other convicts too.</p>\n");
  std::vector<HeadCell> head = {{"engine"}};
  for (const std::string& engine : matrix.engines) head.push_back({Name(engine), true});
  BeginTable(page, "Agreement of the engines", "plain", head);
  for (size_t row = 0; row < matrix.engines.size(); ++row) {
    absl::StrAppend(&page, "<tr>", RowHead(matrix.engines[row]));
    for (size_t column = 0; column < matrix.engines.size(); ++column) {
      const AgreementMatrix::Share& share = matrix.shares[row][column];
      absl::StrAppend(&page, "<td class=\"n\">",
                      row == column || share.of == 0 ? "–" : absl::StrCat(share.both, " of ", share.of), "</td>");
    }
    page += "</tr>\n";
  }
  EndTable(page);
  absl::StrAppend(&page, "<details><summary>Each question</summary>");
  head = {{"strategy"}, {"program"}, {"hazard"}};
  for (const std::string& engine : matrix.engines) head.push_back({Name(engine)});
  BeginTable(page, "Each question put to several engines", "plain sortable filterable", head);
  for (const AgreementRow& row : matrix.rows) {
    absl::StrAppend(&page, row.differs ? "<tr class=\"odds\">" : "<tr>", RowHead(row.strategy), "<td>",
                    Name(row.program), "</td><td>", Name(row.hazard), "</td>");
    for (const Verdict verdict : row.verdicts) {
      absl::StrAppend(&page, verdict == Verdict::kFound ? "<td class=\"found\"><b>" : "<td>",
                      verdict == Verdict::kNotRun ? "–" : NameOf(verdict),
                      verdict == Verdict::kFound ? "</b></td>" : "</td>");
    }
    page += "</tr>\n";
  }
  EndTable(page);
  page += "</details></section>\n";
}

}  // namespace cfgtorture::reports
