// harness/native/lock_names.h: which locks the calling thread holds, by name: what the tsan worker keeps of the locks'
// events, for its reports. Thread-private, so that it orders nothing (lock_names.cc).
#ifndef CFGTORTURE_HARNESS_NATIVE_LOCK_NAMES_H_
#define CFGTORTURE_HARNESS_NATIVE_LOCK_NAMES_H_

namespace cfgtorture::native {

// Oldest first; literals of the code under test. 0 in a thread that is no task. Takes no lock, allocates nothing.
unsigned LocksHeldHere(const char** names, unsigned most);

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_LOCK_NAMES_H_
