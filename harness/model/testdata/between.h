// harness/model/testdata/between.h: closed programs of which something shows only if another comes in between
// (litmus_test.py).
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_BETWEEN_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_BETWEEN_H_

#include "harness/model/testdata/program_list.h"

namespace cfgtorture {

void EitherFlag();
void Differ();
void Nested();
void Leak();
void VoluntarySpin();
void RelaxBetween();
void LookThenDisable();
void Clock();
void Raise();
void Freed();
void Tries();

inline constexpr Program kBetween[] = {
    {"either-flag", EitherFlag},
    {"differ", Differ},
    {"nested", Nested},
    {"leak", Leak},
    {"voluntary-spin", VoluntarySpin},
    {"relax-between", RelaxBetween},
    {"look-then-disable", LookThenDisable},
    {"clock", Clock},
    {"raise", Raise},
    {"freed", Freed},
    {"tries", Tries},
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_BETWEEN_H_
