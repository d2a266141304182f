// workloads/scenarios/rw1c_lost_event.cc
//
// Result: buggy convicted (assertion: an error is gone that nobody has handled). Fixed: clean.
//
// A handler reads a status register, handles what it saw, and clears the register by writing ones. If it writes all
// ones that there can be, and not those that it has read, an error that came in between is cleared with the first and
// never handled. No lock helps: the other party is the hardware.
//
// History  constructed after 203926da2bff (v5.19), which clears MULTI_ERR_COR_RCV and MULTI_ERR_UNCOR_RCV of AER's root
//          status as well; here in Device Status, whose error bits are the same kind. The fixed side writes back what
//          it has read, and looks again.
#include "harness/kernel/observer.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr uint32_t kErrors = PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED;

SCENARIO(Rw1cLostEvent, .name = "rw1c-lost-event", .summary = "an error comes between a handler's read and its clear",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "assertion",
         .tag = Tag::kConstructed, .history = "after 203926da2bff (v5.19)") {
  Device& nic = *s.world.Endpoint(0);
  const auto status = static_cast<Offset>(nic.info().pcie + PCI_EXP_DEVSTA);
  const bool clears_all = s.buggy();
  uint32_t handled = 0;
  const auto handle = [&] {
    uint32_t seen;
    do {
      s.caller.read(nic, status, Size::kWord, &seen);
      seen &= kErrors;
      handled |= seen;
      if (seen != 0) s.caller.write(nic, status, Size::kWord, clears_all ? kErrors : seen);
    } while (seen != 0 && !clears_all);
  };
  {
    Actor device("reports errors", -1, [&] {
      hw::SignalEvent(nic.function, status, PCI_EXP_DEVSTA_CED);
      hw::SignalEvent(nic.function, status, PCI_EXP_DEVSTA_NFED);
    });
    Actor handler("aer_isr", -1, handle);
  }
  handle();  // what came after the handler had looked
  if (handled != kErrors) observer::Violation(Hazard::kAssertion, "an error was cleared that nobody has handled");
}

}  // namespace
}  // namespace cfgtorture
