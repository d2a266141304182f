#include "harness/kernel/irq.h"

#include <atomic>
#include <cstdint>

#include "harness/kernel/raw_spinlock.h"
#include "harness/kernel/time.h"

namespace cfgtorture {
namespace {

struct IrqDesc {
  explicit IrqDesc(const char* name) : lock(name) {}
  RawSpinlock lock;
  IrqHandler handler = nullptr;  // guarded by lock, as is data
  void* data = nullptr;
  std::atomic<uint32_t> running{0};
  IrqDesc* older = nullptr;  // of all that were made
};

// A descriptor, once made for a vector, stays: an interrupt in flight may still find it. Made anew for every program.
// Never written plainly: nothing but the word itself orders a handler on another CPU after StartKernel().
constinit std::atomic<IrqDesc*> irq_table[kIrqVectors] = {};
constinit IrqDesc* made = nullptr;  // the init task's: programs request interrupts while they set up

std::atomic<IrqDesc*>& Slot(int vector) { return irq_table[vector & (kIrqVectors - 1)]; }

void HandleIrq(int vector) {
  IrqDesc* desc = Slot(vector).load(std::memory_order_acquire);
  if (desc == nullptr) return;  // spurious: nobody has asked for it
  desc->lock.lock();
  const IrqHandler handler = desc->handler;
  void* const data = desc->data;
  if (handler != nullptr) desc->running.fetch_add(1, std::memory_order_relaxed);
  desc->lock.unlock();
  if (handler == nullptr) return;
  handler(vector, data);
  desc->running.fetch_sub(1, std::memory_order_release);
}

}  // namespace

void MakeIrqTable() {
  if (made != nullptr) {  // by an earlier program of this process
    for (std::atomic<IrqDesc*>& slot : irq_table) slot.store(nullptr, std::memory_order_relaxed);
  }
  while (made != nullptr) {
    IrqDesc* const desc = made;
    made = desc->older;
    delete desc;
  }
  engine::SetIrqEntry(HandleIrq);
}

void request_irq(int vector, const char*, IrqHandler handler, void* data) {
  IrqDesc* desc = Slot(vector).load(std::memory_order_acquire);
  if (desc == nullptr) {
    desc = new IrqDesc("irq_desc->lock");
    desc->older = made;
    made = desc;
    Slot(vector).store(desc, std::memory_order_release);
  }
  const unsigned long flags = desc->lock.lock_irqsave();
  desc->handler = handler;
  desc->data = data;
  desc->lock.unlock_irqrestore(flags);
}

void free_irq(int vector) {
  might_sleep();
  IrqDesc& desc = *Slot(vector).load(std::memory_order_acquire);
  const unsigned long flags = desc.lock.lock_irqsave();
  desc.handler = nullptr;
  desc.lock.unlock_irqrestore(flags);
  // synchronize_irq()
  smp_cond_load_acquire(desc.running, [](uint32_t running) { return running == 0; });
}

void raise_irq(int cpu, int vector) { engine::RaiseIrq(cpu, vector); }

}  // namespace cfgtorture
