// The native and checked workers have no libtsan.
#include "harness/native/races.h"

namespace cfgtorture::native {

void WatchRacesIn(uintptr_t, uintptr_t) {}
uint64_t RacesReported() { return 0; }
std::vector<RaceReport> KeptRaces() { return {}; }
uint64_t AccessesSeen() { return 0; }
void CountAccessesOf(uintptr_t) {}
void FlushAccessCount() {}

}  // namespace cfgtorture::native
