// harness/model/costs.h: what things cost in virtual time (design 8, the clock "scale"; facts 9). Every figure is
// *assumed* for one machine or *measured* on it, from where is said here, and none is adjusted to any result: use
// ratios.
#ifndef CFGTORTURE_HARNESS_MODEL_COSTS_H_
#define CFGTORTURE_HARNESS_MODEL_COSTS_H_

#include <cstdint>

namespace cfgtorture::model {

struct Cost {
  const char* name;
  uint64_t ps;
  const char* basis;
};

// A line is had by a CPU that wrote it last, or by all that have read it since.
inline constexpr Cost kHit = {"an access to a line that the CPU has", 1500, "assumed: facts 9, unverified"};
inline constexpr Cost kRmw = {"an atomic read-modify-write, besides", 5000,
                              "assumed: facts 9 (5-7 ns, x86); 5.4 ns measured on an AMD EPYC"};
inline constexpr Cost kTransfer = {"a line from another CPU, one at a time", 51'000,
                                   "assumed: facts 9, Xeon 8375C (Ice Lake), one socket, core-to-core-latency"};
inline constexpr Cost kRelax = {"cpu_relax()", 18'000, "assumed: 17.9 ns measured on an AMD EPYC (PAUSE)"};
inline constexpr Cost kTaskSwitch = {"another task on a CPU", 1'070'000, "assumed: facts 9, a thread switch, i7-11th"};
inline constexpr Cost kWake = {"an idle CPU that gets work", 2'000'000,
                               "assumed: facts 9, 2-5 us, same socket, awake (unverified)"};
inline constexpr Cost kInterrupt = {"entry into an interrupt and exit", 600'000,
                                    "assumed: facts 9, 0.3-1 us (unverified)"};
inline constexpr Cost kSlice = {"a task's turn on a CPU that others want", 3'000'000'000,
                                "assumed: the base slice of EEVDF (Linux 6.6)"};
// Registers cost what the table of bridges says (pci/hardware/bridges.h).

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_COSTS_H_
