#include "harness/explore/dpor.h"

#include <bit>

namespace cfgtorture::explore {

void DporExplorer::Begin(uint64_t) {
  repeats_ = depth_ != 0;
  replayed_ = 0;
  frozen_ = pruned_ = in_vain_ = false;
  if (repeats_) {
    trace_.BackTo(nodes_[depth_ - 1].mark);
  } else {
    trace_.Begin();
    sleep_.clear();
  }
}

void DporExplorer::StartAnew() {
  ++starts_;
  depth_ = 0;
  from_ = 0;
  pool_.clear();
  trace_.ForgetMisjudged();
}

DporExplorer::Node& DporExplorer::AddNode(unsigned chosen, uint64_t backtrack, bool data) {
  if (++depth_ > nodes_.size()) nodes_.emplace_back();
  Node& node = nodes_[depth_ - 1];
  node.step = static_cast<uint32_t>(trace_.size()) - (data ? 1 : 0);
  node.chosen = chosen;
  node.backtrack = backtrack;
  node.done = 0;
  node.data = data;
  node.answered.clear();
  node.pool = pool_.size();
  node.sleep = sleep_;
  node.mark = trace_.Now();
  return node;
}

unsigned DporExplorer::Step(const Turn& turn) {
  trace_.Arrive(turn);
  const auto first = [](uint64_t mask) { return static_cast<unsigned>(std::countr_zero(mask)); };
  if (frozen_) {
    const unsigned chosen = (turn.enabled & Bit(turn.current)) != 0 ? turn.current : first(turn.enabled);
    trace_.AddStep(turn.enabled, turn.excluded, chosen, kNone);
    return chosen;
  }
  WakeByLastStep();
  const uint64_t awake = turn.enabled & ~Asleep(sleep_);
  if (awake == 0 || in_vain_) {
    pruned_ = true;
    return kPruned;
  }
  const unsigned chosen = turn.current < 64 && (awake & Bit(turn.current)) != 0 ? turn.current : first(awake);
  int number = kNone;
  if ((turn.enabled & (turn.enabled - 1)) != 0) {
    number = static_cast<int>(depth_);
    Node& node = AddNode(chosen, Bit(chosen), false);
    node.enabled = turn.enabled;
    node.excluded = turn.excluded;
  }
  trace_.AddStep(turn.enabled, turn.excluded, chosen, number);
  return chosen;
}

unsigned DporExplorer::Choose(uint64_t enabled, unsigned current) {
  if (!repeats_) {
    const unsigned first = static_cast<unsigned>(std::countr_zero(enabled));
    if (frozen_) return first;
    const bool all = current != kReadsFrom || trace_.LastStoreIsBefore(asked_);
    AddNode(first, all ? enabled : Bit(first), true);
    return first;
  }
  const Node& node = nodes_[replayed_++];
  if (replayed_ == depth_) {  // from here on it is new
    repeats_ = false;
    sleep_ = node.sleep;
    if (!node.data) trace_.AddStep(node.enabled, node.excluded, node.chosen, static_cast<int>(depth_) - 1);
  }
  return node.chosen;
}

void DporExplorer::SpinEnds(uintptr_t site) {
  if (frozen_) return;
  trace_.SpinEnds(site);
  if (depth_ == 0) return;
  const Node& node = nodes_[depth_ - 1];
  in_vain_ = node.done != 0 && trace_.size() == node.step + 1 && trace_.last().erased;
}

// Whoever depends on the step that has just ended may find something new.
void DporExplorer::WakeByLastStep() {
  if (sleep_.empty()) return;
  const unsigned context = trace_.last().context;
  const size_t first = trace_.TurnOf(trace_.size() - 1);
  bool begins = false;
  for (size_t i = first; i < trace_.size(); ++i) begins |= trace_.step(i).begins;
  std::erase_if(sleep_, [&](Sleeper& sleeper) {
    if (sleeper.ends) return true;
    // What was explored is its section without that CPU's other steps in between, or before it; and then what other
    // CPUs do meanwhile may depend on them.
    if ((sleeper.section || begins) && sleeper.context != kClockStep && context != kClockStep &&
        trace_.cpu(sleeper.context) == trace_.cpu(context)) {
      return true;
    }
    for (size_t i = first; i < trace_.size(); ++i) {
      if (Conflict(trace_.touches(i), Touches(sleeper))) return true;
    }
    return false;
  });
}

bool DporExplorer::End(uint64_t) {
  if (trace_.misjudged()) {
    StartAnew();
    return true;
  }
  if (!pruned_) trace_.KeepLastLooks();
  trace_.Order(from_, races_);
  for (const Trace::Race& race : races_) Reverse(race.first, race.second);
  while (depth_ != 0) {
    Node& node = nodes_[depth_ - 1];
    Retire(node);
    const uint64_t left = node.backtrack & ~node.done & (node.data ? ~uint64_t{0} : ~Asleep(node.sleep));
    if (left != 0) {
      node.chosen = static_cast<unsigned>(std::countr_zero(left));
      from_ = node.step;
      return true;
    }
    pool_.resize(node.pool);
    --depth_;
  }
  return false;
}

// What was chosen at the last node has been explored: it sleeps while others go first. Not if it read a polled place in
// vain, because then it has not moved.
void DporExplorer::Retire(Node& node) {
  node.done |= Bit(node.chosen);
  const Trace::Step& step = trace_.step(node.step);
  if (node.data) {
    if (step.node == kNone) return;
    const std::span<const Touch> touches = trace_.touches(node.step);
    std::vector<Touch>& answered = nodes_[static_cast<size_t>(step.node)].answered;
    answered.insert(answered.end(), touches.begin(), touches.end());
    return;
  }
  const size_t after = trace_.AfterTurnOf(node.step);
  if (step.erased && after == node.step + 1 && node.answered.empty()) return;
  Sleeper sleeper{static_cast<uint8_t>(node.chosen), false, false, static_cast<uint32_t>(pool_.size()), 0};
  for (size_t i = node.step; i < after; ++i) {
    const std::span<const Touch> touches = trace_.touches(i);
    pool_.insert(pool_.end(), touches.begin(), touches.end());
    sleeper.ends |= trace_.step(i).ends;
  }
  pool_.insert(pool_.end(), node.answered.begin(), node.answered.end());
  node.answered.clear();
  sleeper.end = static_cast<uint32_t>(pool_.size());
  sleeper.section = trace_.held(node.chosen);
  for (size_t i = after; i < trace_.size(); ++i) {
    if (trace_.step(i).context != node.chosen) continue;
    sleeper.section = trace_.step(i).held;
    break;
  }
  node.sleep.push_back(sleeper);
}

// Nothing can be added to the choice before the step.
bool DporExplorer::Settled(size_t at) const {
  const Trace::Step& step = trace_.step(at);
  if (step.node == kNone) return true;
  const Node& node = nodes_[static_cast<size_t>(step.node)];
  return (step.enabled & ~(node.backtrack | Asleep(node.sleep))) == 0;
}

void DporExplorer::Reverse(size_t first, size_t second) {
  const unsigned last = trace_.step(second).context;
  for (size_t at = first;;) {
    at = trace_.TurnOf(at);
    if (trace_.step(at).excluded == 0 && Settled(at)) return;
    const Trace::Reversed reversed = trace_.Reverse(at, second);
    if (reversed.excluded != kNone) {  // back to where it was not
      const unsigned who = static_cast<unsigned>(reversed.excluded);
      do {
        if (at == 0 || trace_.step(--at).context == who) return;
      } while ((trace_.step(at).excluded & Bit(who)) != 0);
      continue;
    }
    if (Settled(at)) return;
    const Trace::Step& step = trace_.step(at);
    Node& node = nodes_[static_cast<size_t>(step.node)];
    if ((reversed.initials & (node.backtrack | Asleep(node.sleep))) != 0) return;
    const uint64_t able = reversed.initials & step.enabled;
    node.backtrack |= (able & Bit(last)) != 0 ? Bit(last) : able & (~able + 1);
    return;
  }
}

}  // namespace cfgtorture::explore
