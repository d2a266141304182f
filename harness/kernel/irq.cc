#include "harness/kernel/irq.h"

#include <atomic>
#include <cstdint>

#include "harness/kernel/raw_spinlock.h"
#include "harness/kernel/task.h"
#include "harness/kernel/time.h"

namespace cfgtorture {
namespace {

// The thread of a handler under rt: irq_thread() of kernel/irq/manage.c, v6.12.
struct IrqThread {
  IrqThread(int vector_in, IrqHandler handler_in, void* data_in)
      : vector(vector_in), handler(handler_in), data(data_in) {}
  const int vector;
  const IrqHandler handler;
  void* const data;
  std::atomic<TaskStruct*> task{nullptr};  // null until it has begun; then it looks before it sleeps
  std::atomic<bool> pending{false};
  std::atomic<bool> stop{false};
  engine::TaskId id = 0;

  void Run() {
    task.store(current(), std::memory_order_seq_cst);
    for (;;) {
      set_current_state(TaskState::kInterruptible);
      if (pending.exchange(false, std::memory_order_seq_cst)) {
        __set_current_state(TaskState::kRunning);
        handler(vector, data);
      } else if (stop.load(std::memory_order_seq_cst)) {
        __set_current_state(TaskState::kRunning);
        return;
      } else {
        schedule();
      }
    }
  }
  // Of whoever has stored what it is to see: the thread's state and this look are either side of a full barrier.
  void Wake() {
    if (TaskStruct* const sleeper = task.load(std::memory_order_seq_cst); sleeper != nullptr) wake_up_process(*sleeper);
  }
};

struct IrqDesc {
  IrqDesc(const char* name, int vector_in) : vector(vector_in), lock(name) {}
  const int vector;
  RawSpinlock lock;
  IrqHandler handler = nullptr;  // guarded by lock, as are data and thread
  void* data = nullptr;
  IrqThread* thread = nullptr;
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
  IrqThread* const thread = desc->thread;
  if (handler != nullptr) desc->running.fetch_add(1, std::memory_order_relaxed);
  desc->lock.unlock();
  if (handler == nullptr) return;
  if (thread != nullptr) {
    thread->pending.store(true, std::memory_order_seq_cst);
    thread->Wake();
  } else {
    handler(vector, data);
  }
  desc->running.fetch_sub(1, std::memory_order_release);
}

}  // namespace

void MakeIrqTable() {
  while (made != nullptr) {  // by an earlier program of this process
    IrqDesc* const desc = made;
    Slot(desc->vector).store(nullptr, std::memory_order_relaxed);
    made = desc->older;
    delete desc;
  }
  engine::SetIrqEntry(HandleIrq);
}

void request_irq(int vector, const char* name, IrqHandler handler, void* data, IrqFlags flags_of_it) {
  IrqDesc* desc = Slot(vector).load(std::memory_order_acquire);
  if (desc == nullptr) {
    desc = new IrqDesc("irq_desc->lock", vector);
    desc->older = made;
    made = desc;
    Slot(vector).store(desc, std::memory_order_release);
  }
  IrqThread* thread = nullptr;
  if (flags_of_it == IrqFlags::kThreadable && engine::CurrentFlavour() == engine::Flavour::kRt) {
    thread = new IrqThread(vector, handler, data);
    thread->id = kthread_run(
        name, -1, [](void* self) { static_cast<IrqThread*>(self)->Run(); }, thread);
  }
  const unsigned long flags = desc->lock.lock_irqsave();
  desc->handler = handler;
  desc->data = data;
  desc->thread = thread;
  desc->lock.unlock_irqrestore(flags);
}

void free_irq(int vector) {
  might_sleep();
  IrqDesc& desc = *Slot(vector).load(std::memory_order_acquire);
  const unsigned long flags = desc.lock.lock_irqsave();
  desc.handler = nullptr;
  IrqThread* const thread = desc.thread;
  desc.thread = nullptr;
  desc.lock.unlock_irqrestore(flags);
  // synchronize_irq()
  smp_cond_load_acquire(desc.running, [](uint32_t running) { return running == 0; });
  if (thread == nullptr) return;
  thread->stop.store(true, std::memory_order_seq_cst);
  thread->Wake();
  kthread_join(thread->id);
  delete thread;
}

void raise_irq(int cpu, int vector) { engine::RaiseIrq(cpu, vector); }

}  // namespace cfgtorture
