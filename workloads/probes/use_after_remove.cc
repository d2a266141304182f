// workloads/probes/use_after_remove.cc: a function is removed while a user who holds no reference reads it.
//
// Decides   use-after-remove: the user's call goes through an object that the removal has freed. What protects it is a
//           reference, not a lock of the accesses (facts 5, removal). The memory stays: the monitor watches the calls.
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(UseAfterRemove, .name = "use-after-remove", .summary = "a removal against a user's read without a reference",
      .hazards = "use-after-remove") {
  Device& nic = *s.world.Endpoint(0);
  s.caller.device_add(nic);

  Actor user("reads", -1, [&] {
    uint32_t id;
    for (int i = 0; i < 2; ++i) s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor remover("removes", -1, [&] { s.caller.device_remove(nic); });
}

}  // namespace cfgtorture
