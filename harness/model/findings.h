// harness/model/findings.h: what fired, how often, and which executions are worth running again for a person to read.
//
// Executions run at full speed without keeping anything: a hit is a hazard and a key (where in the code). An unseen key
// makes the cell run that execution once more with the recorder on, which must end the same way and yields the finding.
#ifndef CFGTORTURE_HARNESS_MODEL_FINDINGS_H_
#define CFGTORTURE_HARNESS_MODEL_FINDINGS_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/model/machine.h"
#include "harness/pci/hardware/machine.h"
#include "harness/result/cell.h"
#include "harness/result/hazard.h"

namespace cfgtorture::model {

struct Tally {
  uint64_t hits = 0;
  uint64_t executions = 0;       // in which it fired at least once
  int64_t first_execution = -1;  // counted from the first of this cell
  int64_t last_execution = -1;
  int fewest_preemptions = -1;
  uint64_t opportunities = 0;
};

// A hazard and where in the code; of a race both places, since either may come first.
using Keys = std::array<uint64_t, 2>;

struct BuiltFinding {
  Finding finding;
  Keys keys;
};

// Of a watched finding: had it fired, and what it had taken until then.
struct Seen {
  bool hit = false;
  uint64_t preemptions = 0;  // and interrupts
  uint64_t steps = 0;
  uint64_t choices = 0;
};

class Findings {
 public:
  void BeginExecution(uint64_t number) { execution_ = number; }

  // Something fired. True if the caller must now build the finding and Add() it: the execution is recorded and this
  // key has not been described yet.
  bool Hit(Hazard hazard, uint64_t key);
  // Completes a finding (number, preemptions, schedule with the clashing rows marked, token later) and keeps it.
  // `other_key`: what it would be known by the other way round.
  void Add(Finding finding, Hazard hazard, uint64_t other_key = 0);
  // Those of the recorded execution, until it ends.
  size_t added() const { return built_.size(); }
  Finding& At(size_t index) { return built_[index].finding; }
  void Opportunity(Hazard hazard) { ++tallies_[static_cast<size_t>(hazard)].opportunities; }

  // Keys of this execution that nobody has described yet.
  bool wants_recording() const { return !wanted_.empty(); }
  void BeginRecording();
  // As BeginRecording(), for what has been described before.
  void RecordAgain(const Keys& keys);
  // What the recorded execution yielded.
  std::vector<BuiltFinding> EndRecording();
  std::string NextId() { return absl::StrCat("f", ++count_); }
  bool recording() const { return recording_; }
  // A run that only checks determinism or replays: nothing is counted.
  void Mute(bool muted) { muted_ = muted; }
  // Of muted executions: one that shows this finding is ended there. No key is 0.
  void Watch(const Keys& keys);
  const Seen& seen() const { return seen_; }
  // Has anything of this hazard fired since then?
  bool muted_hit(std::string_view hazard) const;

  Tally& tally(Hazard hazard) { return tallies_[static_cast<size_t>(hazard)]; }
  uint64_t found_mask() const { return found_mask_; }
  uint64_t finding_count() const { return count_; }
  // Executions in which what became this finding fired; at least 1.
  uint64_t CountOf(const std::string& id) const;

 private:
  struct Known {
    uint64_t key = 0;  // hazard and key, described
    uint64_t executions = 0;
    uint64_t last_execution = 0;
    std::string id;  // of its finding
  };

  uint64_t execution_ = 0;
  bool recording_ = false;
  bool muted_ = false;
  uint64_t found_mask_ = 0;
  uint64_t count_ = 0;
  bool IsKnown(uint64_t key) const {
    return std::any_of(known_.begin(), known_.end(), [key](const Known& known) { return known.key == key; });
  }
  std::vector<Known> known_;
  std::vector<uint64_t> wanted_;
  uint64_t hit_ = 0;  // the last one that is described
  Keys watched_{};
  Seen seen_;
  uint64_t muted_mask_ = 0;
  std::vector<BuiltFinding> built_;
  std::array<Tally, kHazardCount> tallies_{};
};

extern Findings findings;

// ---- What the machine and the ABI report ---------------------------------------------------------------------------

void ContextEnded(unsigned context);
// The init task returns, whoever else is there.
void ProgramEnded();
void InterruptBegins(unsigned context, int vector);  // -1: a timer
void InterruptEnds(unsigned context);
void ClockMoved(uint64_t now_ns);
void LivelockFound();  // livelock.cc
// "reader on CPU1 spins, waits for pci_lock; ..." of every task that waits, but for the contexts of `but`; the init
// task that waits for the others left out, unless it is the only one.
std::string WhoWaits(uint64_t but);
void SleptInAtomic();
void EverybodyStuck();                  // before the lost-wakeup judge asks
void StillStuck();                      // after it has asked, and nobody could go on
void EndedAfterAsking(bool completed);  // after it has asked, and the execution ended
// An access at `pc` races or meets freed memory (races().hit_freed()); or meets a dead stack frame of `owner`, where it
// ends the execution if this execution has such a context. The recorder, if on, has logged it last.
[[gnu::cold]] void RaceFound(uintptr_t pc, uintptr_t address, size_t size, bool write);
[[gnu::cold]] void DeadFrame(uintptr_t pc, unsigned owner);
// An access that would kill the worker: null, a poisoned link, the fill of freed memory.
[[noreturn, gnu::cold]] void WildAccess(uintptr_t pc, uintptr_t address, size_t size, bool write);
void BadFree(uintptr_t pc, void* block);
void HardwareHit(const hw::MonitorHit& hit);  // a monitor of the hardware fired

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_FINDINGS_H_
