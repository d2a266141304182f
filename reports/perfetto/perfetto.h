// reports/perfetto/perfetto.h: schedules in the Chrome trace event format, which ui.perfetto.dev draws.
//
// A finding is a process. Each CPU has a track: which task is on it, and, nested in that, the interrupts that it takes;
// each context another one: what it holds and has switched off. Slices of a track nest: where locks are dropped out of
// their order, the inner ones are closed and opened again. Waits and sleep cross them, and are async; a wake-up is a
// flow from the waker to what the woken task does next. A step is a microsecond: the model's explore clock has no other
// time.
//
// Source    perfetto.dev/docs: JSON is read as best effort, and what does not nest is dropped (anchors 5).
#ifndef CFGTORTURE_REPORTS_PERFETTO_PERFETTO_H_
#define CFGTORTURE_REPORTS_PERFETTO_PERFETTO_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

// Every finding with a schedule.
std::string RenderPerfetto(const RunResult& result);

// One of them; its schedule may be empty.
std::string RenderPerfetto(const RunResult& result, const Finding& finding);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_PERFETTO_PERFETTO_H_
