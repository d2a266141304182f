// reports/audit_rows.h: what a row of an audit says, before it has a format.
#ifndef CFGTORTURE_REPORTS_AUDIT_ROWS_H_
#define CFGTORTURE_REPORTS_AUDIT_ROWS_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

std::string AuditPlace(const AuditRow& row);  // "harness/kernel/spin/mcs.h:24"
std::string AuditTried(const AuditRow& row);  // "acquire load → relaxed", "lock pci_lock left out"
std::string AuditAnswer(
    const AuditRow& row);  // "data-race: 1 preemption, execution 12 of mcs", "40,000 executions of 2 programs: ..."
// What all rows stand under: memory model, explorer, bound.
std::string AuditBound(const RunResult& result);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_AUDIT_ROWS_H_
