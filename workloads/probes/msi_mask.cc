// workloads/probes/msi_mask.cc: two vectors of one function, each masked by a handler that holds its own descriptor's
// lock.
//
// Decides   data-race on the cached mask, which all vectors share, and with it a vector that stays unmasked: the
//           assertion (77e89afc25f3, facts 3.3, 8.1 multi-msi-mask).
// Bridges   none in particular.
#include "harness/kernel/observer.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(MsiMask, .name = "msi-mask", .summary = "two vectors of one function, masked at the same time",
      .hazards = "data-race") {
  Device& nic = *s.world.Endpoint(0);
  RawSpinlock first_desc{"irq_desc"};
  RawSpinlock second_desc{"irq_desc"};
  const auto mask = [&](RawSpinlock& desc_lock, unsigned vector) {
    const unsigned long flags = desc_lock.lock_irqsave();
    s.caller.msi_mask(nic, vector, true);
    desc_lock.unlock_irqrestore(flags);
  };
  {
    Actor first("masks vector 0", -1, [&] { mask(first_desc, 0); });
    Actor second("masks vector 1", -1, [&] { mask(second_desc, 1); });
  }
  if ((nic.msi_mask & 3) != 3) observer::Violation(Hazard::kAssertion, "a masked vector is not masked");
}

}  // namespace cfgtorture
