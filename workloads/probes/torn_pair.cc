// workloads/probes/torn_pair.cc: two kernel reads of two functions behind one address latch.
//
// Decides   torn-pair: one writes the address, the other writes his, the first one's data comes from the wrong
// function. Bridges   every one with a latch: CF8 (x86, cf8) and the indirect window. ECAM has none: nothing to tear.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(TornPair, .name = "torn-pair", .summary = "two reads of two functions through one address latch",
      .hazards = "torn-pair", .bridges = "x86,cf8,cf8-amd,indirect,slow-mailbox") {
  Device& nic = *s.world.Endpoint(0);
  Device& other = *s.world.Endpoint(1);

  Actor reader("reads function 1", -1, [&] {
    uint32_t id;
    s.caller.read(other, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor writer("writes function 0", -1, [&] { s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_MEMORY); });
}

}  // namespace cfgtorture
