#include "harness/measure/lock_stat.h"

namespace cfgtorture::measure {
namespace {

void TakeOver(LockRecord& record, bool shared, const LockSite& site, const LockOwner& owner) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  if (!shared) {
    record.sequence.store(record.sequence.load(kRelaxed) + 1, kRelaxed);
    const bool again = record.thread.load(kRelaxed) == owner.thread + 1 && record.shared.load(kRelaxed) == 0;
    const uint64_t run = again ? record.run.load(kRelaxed) + 1 : 1;
    record.run.store(run, kRelaxed);
    if (run > record.longest_run.load(kRelaxed)) record.longest_run.store(run, kRelaxed);
  }
  record.thread.store(owner.thread + 1, kRelaxed);
  record.cpu.store(owner.cpu, kRelaxed);
  record.shared.store(shared ? 1 : 0, kRelaxed);
  for (size_t i = 0; i < site.pcs.size(); ++i) record.site[i].store(site.pcs[i], kRelaxed);
}

}  // namespace

void LockTable::Acquired(uint32_t lock, bool shared, bool tried, const LockSite& site, const LockOwner& owner,
                         LockRecord& record, uint64_t spins, uint64_t now) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Row* row = RowOf(lock, shared, site);
  const uint32_t last = record.thread.load(kRelaxed);
  const bool last_shared = record.shared.load(kRelaxed) != 0;
  const bool writes = !(shared && last_shared);  // the record
  const bool bounced = writes && last != 0 && record.cpu.load(kRelaxed) != owner.cpu;
  if (row != nullptr) {
    ++row->figures.acquisitions;
    if (bounced) ++row->figures.acquisition_bounces;
  }
  if (!tried && waits_count_ != 0 && --waits_count_ < kMaxWaits) {
    const OpenWait& wait = waits_[waits_count_];
    if (wait.blocked || wait.spins != spins) {
      const uint64_t waited = now > wait.since ? now - wait.since : 0;
      if (row != nullptr) {
        row->figures.wait.Add(waited);
        if (bounced) ++row->figures.contention_bounces;
        const uint64_t by_others = record.sequence.load(kRelaxed) - wait.sequence;
        row->figures.longest_wait_acquisitions = std::max(row->figures.longest_wait_acquisitions, by_others);
      }
      if (last != 0) {
        const LockSite holder = {{record.site[0].load(kRelaxed), record.site[1].load(kRelaxed)}};
        if (Pair* pair = PairOf(lock, last - 1, last_shared, holder); pair != nullptr) pair->wait.Add(waited);
      }
    }
  }
  if (writes) TakeOver(record, shared, site, owner);
  if (held_count_ < kMaxHeld) held_[held_count_] = {lock, row, now};
  ++held_count_;
}

void LockTable::Released(uint32_t lock, uint64_t now) {
  for (uint32_t i = std::min(held_count_, kMaxHeld); i-- > 0;) {
    if (held_[i].lock != lock) continue;
    if (held_[i].row != nullptr) held_[i].row->figures.hold.Add(now > held_[i].since ? now - held_[i].since : 0);
    for (; i + 1 < std::min(held_count_, kMaxHeld); ++i) held_[i] = held_[i + 1];
    --held_count_;
    return;
  }
  // Held by nobody here: deeper than we look, or released by another context than acquired it.
  if (held_count_ > kMaxHeld) --held_count_;
}

LockTable::Row* LockTable::RowOf(uint32_t lock, bool shared, const LockSite& site) {
  size_t index = Hash(lock, shared, site);
  for (size_t probe = 0; probe < kMaxProbes; ++probe, ++index) {
    Row& row = rows_[index % kRows];
    if (row.lock == 0) {
      row.lock = lock;
      row.shared = shared;
      row.site = site;
      return &row;
    }
    if (row.lock == lock && row.shared == shared && row.site == site) return &row;
  }
  ++dropped_;
  return nullptr;
}

LockTable::Pair* LockTable::PairOf(uint32_t lock, uint32_t thread, bool shared, const LockSite& holder) {
  size_t index = Hash(lock, shared, holder) + thread;
  for (size_t probe = 0; probe < kMaxProbes; ++probe, ++index) {
    Pair& pair = pairs_[index % kPairs];
    if (pair.lock == 0) {
      pair.lock = lock;
      pair.thread = thread;
      pair.shared = shared;
      pair.holder = holder;
      return &pair;
    }
    if (pair.lock == lock && pair.thread == thread && pair.shared == shared && pair.holder == holder) return &pair;
  }
  return nullptr;
}

}  // namespace cfgtorture::measure
