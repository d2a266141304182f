// harness/native/races.h: what libtsan reported, or nothing in a worker without it.
#ifndef CFGTORTURE_HARNESS_NATIVE_RACES_H_
#define CFGTORTURE_HARNESS_NATIVE_RACES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace cfgtorture::native {

struct RaceAccess {
  bool is_write = false;
  bool is_atomic = false;
  int size = 0;
  uintptr_t address = 0;
  std::string thread;              // "reader", "CPU1 hardirq"
  std::vector<uintptr_t> stack;    // PCs, innermost first; inlined frames are one
  std::vector<std::string> locks;  // held then, of the access that was being made; of the other nobody knows any more
};

struct RaceReport {
  std::string kind;  // libtsan's: "data-race", "heap-use-after-free", ...
  std::vector<RaceAccess> accesses;
};

// Only reports with a frame in [text_begin, text_end) count: the harness around the code under test orders nothing, and
// its own accesses prove nothing. Once, before the code runs.
void WatchRacesIn(uintptr_t text_begin, uintptr_t text_end);
// Reports so far, and a copy of those kept. Any thread; takes no lock that a task could want.
uint64_t RacesReported();
std::vector<RaceReport> KeptRaces();

// ---- Accesses that the code under test reported (access_count.cc)
// ----------------------------------------------------

// Counts every access that the object which contains address `code` reports from now on. Once, before its code runs.
void CountAccessesOf(uintptr_t code);
// Adds the calling thread's count to the total: at the end of a task.
void FlushAccessCount();
// The total of all that was flushed.
uint64_t AccessesSeen();

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_RACES_H_
