// workloads/slot.h: a place for a function whose object comes and goes while others use it.
//
// Hold()/Release() are what kernfs does for an open attribute (an active reference): whoever removes the object first
// lets nobody in any more, then waits until the last reader has left, and only then frees it (facts 5).
#ifndef CFGTORTURE_WORKLOADS_SLOT_H_
#define CFGTORTURE_WORKLOADS_SLOT_H_

#include <atomic>
#include <memory>

#include "harness/kernel/wait_queue.h"
#include "harness/sdk/program.h"

namespace cfgtorture {

class Slot {
 public:
  hw::FunctionId function() const { return function_; }
  Device& object() { return *object_; }  // the owner's: only the owner plugs and unplugs

  void Plug(Setting& s, hw::FunctionId function) {
    function_ = function;
    object_ = s.world.NewDevice(function);
    s.caller.device_add(*object_);
    device_.store(object_.get());
  }

  void Unplug(Setting& s) {
    Device& dev = *object_;
    hw::SurpriseRemove(function_);
    dev.disconnected.store(true);  // the hot-plug thread says so before it takes any lock (facts 5)
    device_.store(nullptr);        // no new reader
    wait_event(drained_, [this] { return users_.load() == 0; });
    s.caller.device_remove(dev);
    object_.reset();
    hw::Reinsert(function_);
  }

  // The object, which stays until Release(); null while there is none. Release() is called either way.
  Device* Hold() {
    users_.fetch_add(1);
    return device_.load();
  }
  void Release() {
    if (users_.fetch_sub(1) == 1 && device_.load() == nullptr) wake_up_all(drained_);
  }

 private:
  hw::FunctionId function_ = hw::kNoFunction;
  std::unique_ptr<Device> object_;
  std::atomic<Device*> device_{nullptr};
  std::atomic<uint32_t> users_{0};
  WaitQueueHead drained_{"kernfs_drain"};
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_WORKLOADS_SLOT_H_
