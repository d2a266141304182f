// harness/model/testdata/explained.h: programs of which a person asks why, where, and what had to come first.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_EXPLAINED_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_EXPLAINED_H_

namespace cfgtorture {

void JoinsItself();
void SpinsAbBa();               // by locks of its own, which no judge hears of
void ParksWithPreemptionOff();  // by no word of the kernel
void BothReadZero();            // where a load may miss a store
void LastWriteDecides();        // fails only if a read comes between two writes, and another after both
void ReadsWhatItHasNotWritten();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_EXPLAINED_H_
