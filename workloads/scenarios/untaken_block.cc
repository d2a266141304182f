// workloads/scenarios/untaken_block.cc
//
// Result: buggy convicted (owner: unblocking what is not blocked; transition-access). Fixed: clean.
//
// An error path gives back what it had only tried to take. The block is a flag without an owner, and may be released by
// another context than the one that set it: so the false release goes unnoticed, and opens somebody else's window. He
// finds out, at his own release; by then a user has read a function in reset: here who had failed, and reads on.
//
// History  constructed, from fb51ccbf217c (v3.3), which turned the second blocker's BUG into a wait and a trylock, and
// left a WARN in the release.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

SCENARIO(UntakenBlock, .name = "untaken-block", .summary = "an error path unblocks what it had failed to block",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "owner,transition-access", .tag = Tag::kConstructed, .history = "from fb51ccbf217c (v3.3)") {
  Device& nic = *s.world.Endpoint(0);
  const bool checks = !s.buggy();

  Actor reset("reset_store", -1, [&] { s.caller.reset(nic); });
  Actor user("qemu", -1, [&] {
    const bool locked = s.caller.access_trylock(nic);    // VFIO_DEVICE_RESET
    if (locked || !checks) s.caller.access_unlock(nic);  // "out:"
    uint32_t id;
    s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
}

}  // namespace cfgtorture
