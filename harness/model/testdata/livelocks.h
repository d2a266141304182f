// harness/model/testdata/livelocks.h: programs that go round for ever, and others that only take long.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_LIVELOCKS_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_LIVELOCKS_H_

#include "harness/model/testdata/program_list.h"

namespace cfgtorture {

void TwoTryAgain();
void UndoesAndTriesAgain();
void WritesThenReadsForEver();
void LocksForLong();
void AddsForLong();
void HandsOverForLong();

inline constexpr Program kLivelockPrograms[] = {
    {"two-try-again", TwoTryAgain},
    {"undoes-and-tries-again", UndoesAndTriesAgain},
    {"writes-then-reads-for-ever", WritesThenReadsForEver},
    {"locks-for-long", LocksForLong},
    {"adds-for-long", AddsForLong},
    {"hands-over-for-long", HandsOverForLong},
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_LIVELOCKS_H_
