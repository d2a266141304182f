// harness/model/testdata/rounds.h: a program of as many rounds as it is granted.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_ROUNDS_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_ROUNDS_H_

namespace cfgtorture {

// Fails in one round of a thousand: by then an execution is long, and none of its choices can be left out without all
// that follow being others.
void FailsInOneRoundOfAThousand();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_ROUNDS_H_
