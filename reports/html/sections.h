// reports/html/sections.h: the parts of the page, one a file. Each appends to `page`.
#ifndef CFGTORTURE_REPORTS_HTML_SECTIONS_H_
#define CFGTORTURE_REPORTS_HTML_SECTIONS_H_

#include <string>
#include <vector>

#include "harness/result/run_result.h"
#include "reports/content.h"

namespace cfgtorture::reports {

// verdicts.cc
void AppendLegend(std::string& page);
// The table; a found cell links to its first finding.
void AppendVerdictTable(std::string& page, const VerdictTable& table, const std::vector<FindingGroup>& findings,
                        const std::string& label);
// Each column that speaks of several hazards, taken apart; folded.
void AppendHazards(std::string& page, const VerdictTable& table, const std::vector<FindingGroup>& findings);
// What the rows and columns are.
void AppendKey(std::string& page, const VerdictTable& table);
// Every hazard of every cell with strength, opportunities and reason.
void AppendEveryCell(std::string& page, const RunResult& result);

// cost.cc
void AppendMeasured(std::string& page, const std::vector<CostTable>& tables);
void AppendExplored(std::string& page, const RunResult& result);

// findings.cc
void AppendFindings(std::string& page, const std::vector<FindingGroup>& findings);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HTML_SECTIONS_H_
