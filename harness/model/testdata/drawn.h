// harness/model/testdata/drawn.h: a litmus test drawn from the number in program_argument.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_DRAWN_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_DRAWN_H_

namespace cfgtorture {

// Runs it once; its outcome is reported as an assertion, whose text is the outcome.
void Drawn();
// One of locks and waits.
void DrawnWaits();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_DRAWN_H_
