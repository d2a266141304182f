// harness/explore/explorer.h: what runs next. An explorer answers three questions; one algorithm a file.
//
// `enabled` is a mask of what may take the next step: contexts (tasks, one hardirq and one softirq a CPU) by number,
// and kClockStep, the step of the explore clock to its next deadline. It has at least two bits when Choose() is called.
// Where memory is weaker than sequentially consistent there are other questions, told by `current`, and then the bits
// are no contexts:
//   kReadsFrom  which store a load reads: bit n is the n-th before the newest (c11); bit 0 is always set
//   kDrains     which store buffer's oldest store reaches memory now: bit 1 + CPU; bit 0, if set: none does (tso)
#ifndef CFGTORTURE_HARNESS_EXPLORE_EXPLORER_H_
#define CFGTORTURE_HARNESS_EXPLORE_EXPLORER_H_

#include <cstdint>

namespace cfgtorture::explore {

class StepExplorer;

inline constexpr unsigned kClockStep = 63;
inline constexpr unsigned kReadsFrom = 64;
inline constexpr unsigned kDrains = 65;

class Explorer {
 public:
  virtual ~Explorer() = default;
  // Execution `number` begins; numbers need not be consecutive, and the same number means the same choices.
  virtual void Begin(uint64_t number) = 0;
  // One of the bits of `enabled`. `current` is what ran last and need not be enabled, or what is asked.
  virtual unsigned Choose(uint64_t enabled, unsigned current) = 0;
  // There is no choice: `enabled` has one bit. For who keeps account of what has run.
  virtual void Only(uint64_t /*enabled*/, unsigned /*current*/) {}
  // The execution ended after `choices` choices. False: nothing is left to explore.
  virtual bool End(uint64_t choices) = 0;
  // Itself, if it wants to know each step; else null.
  virtual StepExplorer* AsStepExplorer() { return nullptr; }
};

// ---- Explorers that want to know what each step did
// ------------------------------------------------------------------

inline constexpr unsigned kPruned = 64;  // from Step(): this execution is not worth going on with

// Where a step begins. `enabled` may have a single bit.
struct Turn {
  uint64_t enabled;
  uint64_t excluded;  // whom another context keeps off their CPU, ready or not: interrupts or preemption are off there
  unsigned current;
  bool held;      // `current` is in the middle of such a section
  uint64_t next;  // the object that `current` touches next; 0: none, or not known
};

// Something that another step can see. Memory is named by its address; what belongs to the machine by a small number.
struct Touch {
  uint64_t object;
  uint64_t before;  // its value before this step; of memory, or of an object that somebody waits for
  uint32_t size;    // bytes
  bool write;
  bool waits;           // could not have been while `before` was zero
  bool stores = false;  // of memory: a store that loads may read, though it may change nothing
};

class StepExplorer : public Explorer {
 public:
  StepExplorer* AsStepExplorer() final { return this; }
  // `context` exists from now on, and runs on `cpu`.
  virtual void Context(unsigned context, unsigned cpu) = 0;
  // A bit of turn.enabled, or kPruned.
  virtual unsigned Step(const Turn& turn) = 0;
  // Of the step that began last.
  virtual void Touched(const Touch& touch) = 0;
  // The running context has learned a value that no Touch tells: of a plain access, of a clock.
  virtual void Learned(uint64_t value) = 0;
  // The running context has ended an iteration of the spin loop at `site` and will look again.
  virtual void SpinEnds(uintptr_t site) = 0;
  // The next question of kReadsFrom is about this place.
  virtual void Asks(uint64_t /*object*/) {}
  // The step that goes on now is the program's last, though `enabled` could go on: they never will.
  virtual void Ends(uint64_t /*enabled*/) {}
  // From here on a judge asks questions: what follows is no part of the program's behaviour.
  virtual void Freeze() = 0;
  // The execution still repeats the one before, of which it knows each step: it is asked Choose() where there is a
  // choice, and told nothing, until an answer of Choose() has ended that.
  virtual bool Repeats() const { return false; }
  // Choose() is asked for what memory does alone: kReadsFrom, kDrains.
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_EXPLORER_H_
