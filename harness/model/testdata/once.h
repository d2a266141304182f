// harness/model/testdata/once.h: litmus tests whose accesses are the kernel's READ_ONCE and WRITE_ONCE: volatile.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_ONCE_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_ONCE_H_

namespace cfgtorture {

void SbOnce();
void SbOnceFences();          // smp_mb() in between
void MpOnce();                // the flag too
void MpOnceReleaseAcquire();  // smp_store_release() and smp_load_acquire() of the flag
void MpOnceIntoAtomic();      // written volatile, read by an atomic load
void CoRrOnce();
void AwaitOnce();
void MpOnceThroughIrqsOff();  // handed to a handler of the CPU that wrote it

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_ONCE_H_
