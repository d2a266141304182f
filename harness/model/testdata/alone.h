// harness/model/testdata/alone.h: init alone, before anybody else is there and after all have ended (machine.h).
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_ALONE_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_ALONE_H_

namespace cfgtorture {

void AloneUseAfterFree();
void AloneSpinsForEver();
void DeadFrameAfterTheEnd();
void RaceWithOneNotJoined();
void ReadsAfterTheEnd();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_ALONE_H_
