// harness/pci/hardware/machine.h: the worker's side of the emulated machine: build it, put it back, read its monitors.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_MACHINE_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_MACHINE_H_

#include <cstdint>

#include "harness/pci/hardware/hardware.h"
#include "harness/pci/topology/topology.h"
#include "harness/result/hazard.h"

namespace cfgtorture::hw {

// Of the bridges; which bridge has which, the defaults and where they come from: bridges.h. 0 ns in the explore model.
struct Latencies {
  uint32_t port_ns = 0;  // one port access
  uint32_t ecam_ns = 0;  // one ECAM access
  uint32_t window_register_ns = 0;
  uint32_t window_busy_polls = 1;  // status reads that still say busy
  uint32_t mailbox_register_ns = 0;
  uint32_t mailbox_busy_polls = 1;  // status reads that show no completion yet
  uint32_t retry_ns = 0;            // how long the root complex repeats a request that gets Request Retry Status
};

// One hit.
struct MonitorHit {
  Hazard hazard;
  FunctionId function;
  uint16_t reg;            // configuration register, or 0xffff
  Origin origin;           // of the access that fired
  Call call;               // of the access that fired
  Call other_call;         // of the call that it clashed with
  uint32_t other_context;  // of the monitors' numbering; ~0: unknown, and other_call means nothing
  // "bit 10 of 0000:03:00.0 PCI_COMMAND ... " one line. Valid during the callback, or until the next machine is built:
  // no owning string, since a callback that does not return would leak it.
  const char* text;
};

struct MonitorCount {
  uint64_t hits = 0;
  uint64_t opportunities = 0;
};

// Builds the machine of this process. Called once, before any other function of hardware.h.
void BuildMachine(const topology::Topology& topology, const Latencies& latencies);
// Puts every register, window and call stamp back. Cost: what was touched since, not the size of the machine. The
// counts below are kept.
void ResetMachine();

// Since BuildMachine(). Counts are exact in the model and when every task has ended natively.
MonitorCount Monitor(Hazard hazard);
// How many user-origin and kernel-origin hits transition-access had (its two columns in the expected table).
MonitorCount TransitionMonitor(Origin origin);

// Called on every hit, in the context that fired it, if set (model: records the finding). May not return.
using HitCallback = void (*)(const MonitorHit& hit);
void SetHitCallback(HitCallback callback);
// Native: the first hits kept, one a (hazard, call, other call), for findings. Any time after the tasks have ended.
const MonitorHit* StoredHits(int* count);

// Called by CallEnd() with the operation and its duration, if set (native: the histograms).
using OperationCallback = void (*)(Call call);
void SetOperationCallbacks(OperationCallback begin, OperationCallback end);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_MACHINE_H_
