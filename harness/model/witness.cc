#include "harness/model/witness.h"

#include <algorithm>
#include <set>
#include <utility>

#include "harness/explore/random.h"
#include "harness/explore/replayed.h"
#include "harness/model/assert.h"
#include "harness/model/machine.h"

namespace cfgtorture::model {
namespace {

constexpr size_t kPairs = 48;               // whose order is turned round
constexpr size_t kOrderings = 6;            // that are told
constexpr uint64_t kLivelockSteps = 5'000;  // of an attempt at one
constexpr uint64_t kSpareSteps = 10'000;
constexpr uint64_t kLongPoints = 20'000;  // of an execution that is looked for in fewer rounds
constexpr uint64_t kTriesOfLongOnes = 300;
constexpr uint64_t kLooks = 10;  // at half the rounds, as many points as so many executions of all

// Which place in the code a finding is about, whatever the schedule.
std::vector<uint64_t> SitesOf(const Finding& finding) {
  std::vector<uint64_t> sites;
  for (const Access& access : finding.accesses) {
    if (!access.stack.empty()) sites.push_back(access.stack.front().offset);
  }
  std::sort(sites.begin(), sites.end());
  return sites;
}

bool Same(const Finding& a, const Finding& b) {
  if (a.hazard != b.hazard || SitesOf(a) != SitesOf(b)) return false;
  if (!SitesOf(a).empty()) return true;
  // Figures in the title are of the schedule.
  const auto words = [](std::string text) {
    std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
    return text;
  };
  return words(a.title) == words(b.title);
}

// Of executions while it lives.
class StepLimit {
 public:
  explicit StepLimit(uint64_t steps) : before_(machine.step_limit()) { machine.SetStepLimit(steps); }
  ~StepLimit() { machine.SetStepLimit(before_); }
  StepLimit(const StepLimit&) = delete;
  StepLimit& operator=(const StepLimit&) = delete;

 private:
  const uint64_t before_;
};

// What another chooses.
class Listening final : public explore::Explorer {
 public:
  explicit Listening(explore::Explorer& other) : other_(other) {}
  void Begin(uint64_t number) override {
    other_.Begin(number);
    chosen.clear();
  }
  unsigned Choose(uint64_t enabled, unsigned current) override {
    const unsigned answer = other_.Choose(enabled, current);
    chosen.push_back(explore::CodeOf(enabled, current, answer));
    return answer;
  }
  bool End(uint64_t choices) override { return other_.End(choices); }

  std::vector<uint8_t> chosen;

 private:
  explore::Explorer& other_;
};

}  // namespace

static explore::Trial TrialOf(const std::vector<uint8_t>& chosen) {
  const Seen& seen = findings.seen();
  explore::Trial trial;
  trial.found = seen.hit;
  trial.points = machine.steps();
  if (!seen.hit) return trial;
  trial.taken = explore::SegmentsOf(chosen, seen.choices);
  const auto end = chosen.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(seen.choices, chosen.size()));
  const auto is_answer = [](uint8_t code) { return code >= explore::kAnswers && code != explore::kUsualAnswer; };
  trial.cost = {seen.preemptions, static_cast<uint64_t>(std::count(chosen.begin(), end, explore::kClockStep)),
                static_cast<uint64_t>(std::count_if(chosen.begin(), end, is_answer)), trial.taken.size(), seen.steps};
  return trial;
}

void Witness::Run(explore::Explorer& explorer) {
  machine.choice().Use(&explorer);
  findings.Watch(wanted_.keys);
  cell_.run();
  for (unsigned i = 0; i < machine.context_count(); ++i) turns_rounds_ |= machine.at(i).rounds != 0;
}

explore::Trial Witness::Attempt(const explore::Schedule& schedule) {
  guided_.Follow(schedule);
  Run(guided_);
  return TrialOf(guided_.chosen());
}

explore::Trial Witness::Listen(explore::Explorer& explorer) {
  Listening listening(explorer);
  Run(listening);
  machine.choice().Use(nullptr);
  return TrialOf(listening.chosen);
}

// Of an execution of hundreds of rounds no choice can be left out without all that follow being others. What they show
// half as many may show too, under another schedule; and so on.
bool Witness::LookInFewerRounds(explore::Trial& best) {
  const uint32_t all = ops_;
  explore::Trial shortest;
  uint32_t rounds = all;
  for (uint64_t points = kLooks * best.points, seed = 0; rounds > 1; ++seed) {
    ops_ = rounds / 2;
    cell_.resize(ops_, threads_);
    explore::RandomExplorer random(seed);
    explore::Trial trial = Listen(random);
    if (trial.found) {
      rounds = ops_;
      points = kLooks * trial.points;
      shortest = std::move(trial);
    } else if (trial.points >= points) {
      break;
    } else {
      points -= trial.points;
    }
  }
  ops_ = rounds;
  cell_.resize(ops_, threads_);
  if (shortest.found && Recorded(shortest.taken).has_value()) {
    best = std::move(shortest);
    return true;
  }
  ops_ = all;
  cell_.resize(ops_, threads_);
  return false;
}

void Witness::RunRecorded(const std::function<void()>& run) {
  cell_.record(true);
  run();
  cell_.record(false);
  recorded_points_ -= std::min(recorded_points_, machine.steps());
}

// The finding as this schedule shows it.
std::optional<Finding> Witness::Recorded(const explore::Schedule& schedule) {
  const StepLimit as_replayed(step_limit_);
  guided_.Follow(schedule);
  machine.choice().Use(&guided_);
  findings.Mute(false);
  findings.RecordAgain(wanted_.keys);
  RunRecorded(cell_.run);
  std::vector<BuiltFinding> built = findings.EndRecording();
  findings.Mute(true);
  for (BuiltFinding& candidate : built) {
    if (Same(candidate.finding, wanted_.finding)) return std::move(candidate.finding);
  }
  return std::nullopt;
}

// Whether a simpler schedule may take the place of the best.
bool Witness::Confirm(const explore::Schedule& schedule) {
  if (recorded_points_ != 0) return Recorded(schedule).has_value();
  budget_.tries = 0;
  return false;
}

// Fewer rounds of each task, then fewer tasks.
void Witness::Shrink(explore::Minimised& minimised) {
  const auto confirm = [this](const explore::Schedule& schedule) { return Confirm(schedule); };
  const auto attempt = [this](const explore::Schedule& schedule) { return Attempt(schedule); };
  const auto smaller = [&](uint32_t& size, uint32_t least) {
    const uint32_t before = size;
    for (size = least; size < before && budget_.tries > 0; ++size) {
      cell_.resize(ops_, threads_);
      --budget_.tries;
      ++budget_.tried;
      explore::Trial trial = Attempt(minimised.best.taken);
      if (!trial.found || minimised.best.cost < trial.cost || !confirm(trial.taken)) continue;
      minimised = explore::Minimise(std::move(trial), attempt, confirm, budget_);
      return;
    }
    size = before;
    cell_.resize(ops_, threads_);
  };
  if (turns_rounds_) smaller(ops_, 1);
  if (threads_matter_) smaller(threads_, 1);
}

std::vector<OrderedPair> Witness::Orderings(const explore::Schedule& schedule) {
  // Recorded up to the finding, and muted: nothing is built.
  const auto run = [&](const explore::Schedule& how) {
    explore::Trial trial;
    RunRecorded([&] { trial = Attempt(how); });
    // Another race instead of this one is not the same cause; another dead entry, deadlock or torn pair is.
    return trial.found ||
           (wanted_.finding.hazard != NameOf(Hazard::kDataRace) && findings.muted_hit(wanted_.finding.hazard));
  };
  if (recorded_points_ == 0 || !run(schedule)) return {};
  const std::vector<uint8_t> chosen = guided_.chosen();
  std::vector<OrderedPair> needed;
  for (OrderedPair& pair : PairsOf(recorder, kPairs, cell_.tell)) {
    if (recorded_points_ == 0) break;
    // Said already, by a pair that lies within it.
    const bool implied = std::any_of(needed.begin(), needed.end(), [&](const OrderedPair& other) {
      return !other.old && !pair.old && other.first.context == pair.first.context &&
             other.second.context == pair.second.context && other.first.order >= pair.first.order &&
             other.second.order <= pair.second.order;
    });
    if (implied) continue;
    bool gone = !run(TurnedRound(chosen, pair)) && IsTurnedRound(recorder, pair, cell_.tell);
    // A store may come first, and reach the load after it all the same.
    if (const std::optional<OrderedPair> late = gone || pair.old ? std::nullopt : UnseenIn(recorder, pair, cell_.tell);
        late.has_value()) {
      gone = !run(TurnedRound(guided_.chosen(), *late)) && IsTurnedRound(recorder, *late, cell_.tell);
      if (gone) pair.BecomeArrival();
    }
    if (gone) needed.push_back(std::move(pair));
  }
  std::sort(needed.begin(), needed.end(),
            [](const OrderedPair& a, const OrderedPair& b) { return a.last() < b.last(); });
  // The last ones are about the failure itself.
  if (needed.size() > kOrderings) needed.erase(needed.begin(), needed.end() - static_cast<std::ptrdiff_t>(kOrderings));
  return needed;
}

// What they are about is drawn too, or the schedule would lack what decides it.
void Witness::AddOrderings(const explore::Schedule& schedule, Finding& finding) {
  std::set<uint64_t> orders;
  for (const OrderedPair& pair : Orderings(schedule)) {
    finding.orderings.push_back({pair.before, pair.after});
    orders.insert({pair.first.order, pair.second.order});
  }
  if (orders.empty()) return;
  recorder.Draw(std::move(orders));
  recorder.KeepPlaces(true);
  std::optional<Finding> drawn = Recorded(schedule);
  recorder.KeepPlaces(false);
  recorder.Draw({});
  if (drawn.has_value()) finding.schedule = std::move(drawn->schedule);
}

// Runs the schedule that has shown it, muted, up to where it shows.
explore::Trial Witness::Begin(const BuiltFinding& found, const std::vector<uint32_t>& ranks) {
  step_limit_ = machine.step_limit();
  wanted_ = found;
  turns_rounds_ = false;
  recorded_points_ = kRecordedPoints;
  findings.Mute(true);
  recorder.KeepPlaces(false);
  explore::ReplayedExplorer replayed(ranks);
  return Listen(replayed);
}

// A schedule that goes astray is no use, and need not be followed for ever; nor need a livelock, before it is
// confirmed.
uint64_t Witness::FarEnough(const explore::Trial& first) const {
  const bool livelock = wanted_.finding.hazard == NameOf(Hazard::kLivelock);
  return std::min(step_limit_, livelock ? kLivelockSteps : 4 * first.cost.points + kSpareSteps);
}

void Witness::End(explore::Explorer* before) {
  recorder.KeepPlaces(true);
  findings.Watch({});
  findings.Mute(false);
  machine.choice().Use(before);
}

void Witness::Explain(BuiltFinding& found, const std::vector<uint32_t>& ranks) {
  explore::Explorer* const before = machine.choice().other();
  const explore::Trial first = Begin(found, ranks);
  if (first.found) {
    const StepLimit limit(FarEnough(first));
    AddOrderings(first.taken, found.finding);
  }
  End(before);
}

std::optional<Witnessed> Witness::Simplify(const BuiltFinding& found, const std::vector<uint32_t>& ranks) {
  explore::Explorer* const before = machine.choice().other();
  const uint32_t ops = ops_, threads = threads_;
  budget_ = {kTries, std::min(kPoints, cell_points_), 0};
  uint64_t points = budget_.points;
  if (points == 0) budget_.tries = 0;

  explore::Trial first = Begin(found, ranks);
  std::optional<Witnessed> witnessed;
  if (first.found && ((turns_rounds_ && first.points > kLongPoints && LookInFewerRounds(first)) ||
                      Recorded(first.taken).has_value())) {
    const uint64_t far_enough = FarEnough(first);
    const uint64_t longest = std::min(first.points, far_enough);
    budget_.points = std::min(cell_points_, std::max(budget_.points, kTriesOfLongOnes * longest));
    points = budget_.points;
    const auto attempt = [this](const explore::Schedule& schedule) { return Attempt(schedule); };
    const auto confirm = [this](const explore::Schedule& schedule) { return Confirm(schedule); };
    explore::Minimised minimised;
    {
      const StepLimit limit(far_enough);
      minimised = explore::Minimise(std::move(first), attempt, confirm, budget_);
      Shrink(minimised);
    }

    witnessed.emplace();
    machine.choice().Record(&witnessed->ranks);
    recorder.KeepPlaces(true);
    std::optional<Finding> finding = Recorded(minimised.best.taken);
    recorder.KeepPlaces(false);
    machine.choice().Record(nullptr);
    CFGT_ASSERT(finding.has_value());
    witnessed->trace_hash = recorder.hash();
    witnessed->finding = *std::move(finding);
    witnessed->ops = ops_;
    witnessed->threads = threads_;
    witnessed->finding.reduction = {budget_.tried,
                                    minimised.complete,
                                    found.finding.preemptions,
                                    found.finding.schedule.size(),
                                    witnessed->finding.schedule.size(),
                                    ops_,
                                    threads_};
    const StepLimit limit(far_enough);
    AddOrderings(minimised.best.taken, witnessed->finding);
  }
  cell_points_ -= points - budget_.points;
  ops_ = ops;
  threads_ = threads;
  cell_.resize(ops, threads);
  End(before);
  return witnessed;
}

}  // namespace cfgtorture::model
