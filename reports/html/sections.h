// reports/html/sections.h: the parts of the page, one a file. Each appends to `page`.
#ifndef CFGTORTURE_REPORTS_HTML_SECTIONS_H_
#define CFGTORTURE_REPORTS_HTML_SECTIONS_H_

#include <string>
#include <vector>

#include "harness/result/run_result.h"
#include "reports/charts.h"
#include "reports/content.h"

namespace cfgtorture::reports {

// html.cc: up to <body>, with policy and style; the script, and the end.
void BeginPage(std::string& page, const std::string& title);
void EndPage(std::string& page);

// answer.cc
void AppendAnswer(std::string& page, const RunResult& result, const std::vector<FindingGroup>& findings);

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
// Charts that it places are added to `drawn`, for AppendChartData().
void AppendMeasured(std::string& page, const std::vector<CostTable>& tables, std::vector<Chart>& drawn);
void AppendExplored(std::string& page, const RunResult& result);

// contention.cc
void AppendContention(std::string& page, const RunResult& result, std::vector<Chart>& drawn);
// Nothing unless something was measured.
void AppendIrqsOff(std::string& page, const RunResult& result);

// charts.cc
// Places for `charts`, numbered by their places in `drawn`, to which they are added.
void AppendCharts(std::string& page, const std::vector<Chart>& charts, std::vector<Chart>& drawn);
// One place for all of them: charts.js lets the reader choose one by its operation.
void AppendChoice(std::string& page, const std::vector<Chart>& charts, std::vector<Chart>& drawn);
// What they are drawn from.
void AppendChartData(std::string& page, const std::vector<Chart>& drawn);

// gate.cc
// Nothing unless the run is a gate.
void AppendGate(std::string& page, const RunResult& result);

// audit.cc
// Nothing unless the run is an audit.
void AppendAudit(std::string& page, const RunResult& result);

// hazard_pages.cc
// A link to the hazard's page; "" if it has none.
std::string HazardLink(const std::string& hazard);
// The pages that HazardLink() leads to from these.
void AppendHazardPages(std::string& page, const std::vector<FindingGroup>& findings);

// claims.cc
// Nothing unless the run tried claims.
void AppendClaims(std::string& page, const RunResult& result);

// agreement.cc
// Nothing if one engine ran alone.
void AppendAgreement(std::string& page, const RunResult& result);

// findings.cc
void AppendFindings(std::string& page, const std::vector<FindingGroup>& findings);
// Of each, which kind it is of, and whether the page holds it; findings.js draws the others from AppendFindingData().
struct FindingPlace {
  size_t kind = 0;
  bool shown = false;
};
std::vector<FindingPlace> PlaceFindings(const std::vector<FindingGroup>& findings);

// finding_data.cc
void AppendFindingData(std::string& page, const std::vector<FindingGroup>& findings);
std::string PlaceOf(const Frame& frame);          // "locks/mine.cc:7"
std::string SeenText(const FindingGroup& group);  // in which cells, first when, its fingerprint

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HTML_SECTIONS_H_
