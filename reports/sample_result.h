// reports/sample_result.h: a made-up run, for the tests of the renderers and for looking at them. No figure in it is
// real.
#ifndef CFGTORTURE_REPORTS_SAMPLE_RESULT_H_
#define CFGTORTURE_REPORTS_SAMPLE_RESULT_H_

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

RunResult SampleResult();

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_SAMPLE_RESULT_H_
