// workloads/scenarios/d3cold_read.cc
//
// Result: buggy convicted (transition-access). Fixed: clean.
//
// sysfs shows a link's speed by a config read. The device may be in D3cold: the read gives all ones, which is decoded
// as data. The config file itself had resumed the device, or kept it from suspending, long before (facts 2.2, who
// waits).
//
// History  fixed by 48991e493507 (v6.18): link attributes hold a runtime reference too.
#include "harness/kernel/mutex.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

struct Pm {
  Device& dev;
  Mutex lock{"dev->power"};  // what orders a suspend against who gets a reference
  int usage = 0;             // guarded by lock
  bool cold = false;         // guarded by lock

  // Powers the device if it is off, and keeps it so. The recovery is the platform's, and over when this returns.
  void get() {
    lock.lock();
    ++usage;
    if (cold) {
      hw::RestorePower(dev.function);
      cold = false;
      msleep(100);
    }
    lock.unlock();
  }
  void put() {
    lock.lock();
    --usage;
    lock.unlock();
  }
  void suspend() {
    lock.lock();
    if (usage == 0) {
      hw::CutPower(dev.function);
      cold = true;
    }
    lock.unlock();
  }
};

// The attribute's read, with a runtime reference around it.
class HoldsReference final : public Strategy {
 public:
  explicit HoldsReference(Pm& pm) : pm_(pm) {}
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    pm_.get();
    const int status = Strategy::read(dev, where, size, value);
    pm_.put();
    return status;
  }

 private:
  Pm& pm_;
};

SCENARIO(D3coldRead, .name = "d3cold-read", .summary = "sysfs reads a link attribute of a device that goes to D3cold",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "transition-access", .tag = Tag::kHistoric, .history = "fixed by 48991e493507 (v6.18)") {
  Pm pm{*s.world.Endpoint(0)};
  HoldsReference after(pm);
  Caller new_kernel(after);
  Caller& kernel = s.buggy() ? s.caller : new_kernel;

  Actor suspend("runtime suspend", -1, [&] { pm.suspend(); });
  Actor sysfs("current_link_speed_show", -1, [&] {
    uint32_t status;
    kernel.read(pm.dev, static_cast<Offset>(pm.dev.info().pcie + PCI_EXP_LNKSTA), Size::kWord, &status);
  });
}

}  // namespace
}  // namespace cfgtorture
