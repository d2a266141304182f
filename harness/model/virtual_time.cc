#include "harness/model/virtual_time.h"

#include <cstring>

#include "harness/measure/lock_results.h"
#include "harness/model/costs.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"

namespace cfgtorture::model {

VirtualTime* virtual_time = nullptr;

VirtualTime::VirtualTime()
    : explorer_(*this,
                {.task_ps = kTaskSwitch.ps, .wake_ps = kWake.ps, .entry_ps = kInterrupt.ps, .slice_ps = kSlice.ps}) {}

// ---- time

explore::VirtualTimeExplorer::Place VirtualTime::PlaceOf(unsigned context) const {
  using Level = explore::VirtualTimeExplorer::Level;
  const MachineContext& of = machine.at(context);
  return {of.cpu, of.kind == engine::Context::kTask      ? Level::kTask
                  : of.kind == engine::Context::kSoftirq ? Level::kSoftirq
                                                         : Level::kHardirq};
}
uint64_t VirtualTime::NextDeadlinePs() const { return machine.NextDeadline() * explore::kPsPerNs; }
unsigned VirtualTime::Cpu() const { return machine.context().cpu; }

uint64_t VirtualTime::NowNs() const { return NowPs() / explore::kPsPerNs; }
void VirtualTime::SpendNs(uint64_t ns) { explorer_.Spend(Cpu(), ns * explore::kPsPerNs); }
void VirtualTime::Relaxed() {
  ++Spins();
  explorer_.Spend(Cpu(), kRelax.ps);
}

void VirtualTime::Access(uintptr_t address, size_t size, bool write, bool rmw) {
  constexpr unsigned kLineBits = 6;
  const unsigned cpu = Cpu();
  const uint64_t own = uint64_t{1} << cpu;
  // Makes the places of spin loops count as too many to park on: a spinner spends its time.
  machine.context().read_count = kSpinReads + 1;
  uint64_t cost_ps = rmw ? kRmw.ps : 0;
  for (uintptr_t at = address >> kLineBits; at <= (address + (size == 0 ? 0 : size - 1)) >> kLineBits; ++at) {
    Line& line = lines_[at];
    const bool has = line.sharers == 0 || (write ? line.sharers == own : (line.sharers & own) != 0);
    if (has) {
      cost_ps += kHit.ps;
    } else {
      const uint64_t now_ps = explorer_.NowPs(cpu);
      const uint64_t from_ps = std::max(now_ps, line.free_at_ps);
      line.free_at_ps = from_ps + kTransfer.ps;
      cost_ps += line.free_at_ps - now_ps;
    }
    line.sharers = write ? own : line.sharers | own;
  }
  explorer_.Spend(cpu, cost_ps);
}

// ---- locks

measure::LockTable& VirtualTime::Table() {
  const unsigned context = machine.current();
  std::unique_ptr<measure::LockTable>& table = tables_[context];
  if (table == nullptr) {
    table = std::make_unique<measure::LockTable>();
    threads_[context] = machine.current_task();
  }
  return *table;
}
uint64_t& VirtualTime::Spins() { return spins_[machine.current()]; }

void VirtualTime::LockCreated(observer::LockId id, const void* address, const char* name, observer::WaitType type,
                              int subclass) {
  uint32_t lock_class = 0;
  for (; lock_class < classes_.size(); ++lock_class) {
    const Class& known = classes_[lock_class];
    if (known.subclass == subclass && known.type == type && std::strcmp(known.name, name) == 0) break;
  }
  if (lock_class == classes_.size()) classes_.push_back({name, subclass, type, 0});
  uint32_t& number = numbers_[{address, lock_class}];
  if (number == 0) {
    number = static_cast<uint32_t>(instances_.size());
    records_.push_back(std::make_unique<measure::LockRecord>());
    instances_.push_back({lock_class, static_cast<uint32_t>(++classes_[lock_class].instances), records_.back().get()});
  }
  if (of_id_.size() <= id) of_id_.resize(id + 1);
  of_id_[id] = number;
}

void VirtualTime::LockWait(observer::LockId id) {
  const uint32_t lock = of_id_[id];
  Table().Wait(lock, *instances_[lock].record, Spins(), NowPs());
}

void VirtualTime::LockAcquired(observer::LockId id, observer::How how, uintptr_t pc) {
  const uint32_t lock = of_id_[id];
  const bool shared = how == observer::How::kShared || how == observer::How::kTryShared;
  const bool tried = how == observer::How::kTryExclusive || how == observer::How::kTryShared;
  measure::LockTable& table = Table();
  table.Acquired(lock, shared, tried, {{pc, recorder.ReturnAddress()}}, {threads_[machine.current()], Cpu()},
                 *instances_[lock].record, Spins(), NowPs());
}

void VirtualTime::LockReleased(observer::LockId id) { Table().Released(of_id_[id], NowPs()); }
void VirtualTime::Blocked() { Table().Blocked(); }

std::vector<LockResult> VirtualTime::LockResults() const {
  measure::LockResults results({
      .class_of =
          [this](uint32_t lock_class) {
            const Class& of = classes_[lock_class];
            return measure::LockNames::Class{of.name, of.subclass, of.type, of.instances};
          },
      .lock_of =
          [this](uint32_t lock) {
            return measure::LockNames::Lock{instances_[lock].lock_class, instances_[lock].ordinal};
          },
      .frames_of = [](const uintptr_t* pcs,
                      size_t count) { return recorder.Frames(pcs[0], std::vector<uintptr_t>(pcs + 1, pcs + count)); },
      .ns_per_tick = 1.0 / static_cast<double>(explore::kPsPerNs),
      .rt = machine.flavour() == engine::Flavour::kRt,
  });
  for (unsigned context = 0; context < kMaxContexts; ++context) {
    if (tables_[context] != nullptr) results.Add(threads_[context], *tables_[context]);
  }
  for (uint32_t lock = 1; lock < instances_.size(); ++lock) results.Add(lock, *instances_[lock].record);
  return results.Finish();
}

uint64_t VirtualTime::dropped() const {
  uint64_t dropped = 0;
  for (const auto& table : tables_) dropped += table == nullptr ? 0 : table->dropped();
  return dropped;
}

}  // namespace cfgtorture::model
