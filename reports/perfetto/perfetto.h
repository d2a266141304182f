// reports/perfetto/perfetto.h: schedules in the Chrome trace event format, which ui.perfetto.dev draws.
//
// A finding is a process; each CPU and context has two tracks: when it runs, and what it holds, waits for and has
// switched off. Slices of a track nest: where locks are dropped out of their order, the inner ones are closed and
// opened again. A step is a microsecond: the model's explore clock has no other time.
#ifndef CFGTORTURE_REPORTS_PERFETTO_PERFETTO_H_
#define CFGTORTURE_REPORTS_PERFETTO_PERFETTO_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

// Every finding with a schedule.
std::string RenderPerfetto(const RunResult& result);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_PERFETTO_PERFETTO_H_
