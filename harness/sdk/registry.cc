// The tables behind registry.h and the one function that the worker calls.
//
// Code that runs once an execution and is not under test is kept out of the instrumentation (CFGT_UNSEEN): looking a
// name up must not cost the model a tenth of its speed.
#include "harness/sdk/registry.h"

#include "harness/kernel/named.h"
#include "harness/kernel/spin/algorithm.h"

#define CFGT_UNSEEN __attribute__((no_sanitize("thread"), noinline))

namespace cfgtorture {
namespace {

constexpr uint32_t kMaxStrategies = 24;
constexpr uint32_t kMaxPrograms = 96;
constexpr uint32_t kMaxMetrics = 16;

struct Start {
  void (*run)(const ProgramParams& params);
  const char* buggy;
  const char* fixed;
};

struct Tables {
  StrategyText strategies[kMaxStrategies];
  Strategy* (*make[kMaxStrategies])(std::byte* storage, size_t bytes);
  uint32_t strategy_count;
  ProgramText programs[kMaxPrograms];
  Start start[kMaxPrograms];
  uint32_t program_count;
  MetricText metrics[kMaxMetrics];
  double values[kMaxMetrics];
  uint32_t metric_count;
  const char* last_program;  // that was run, and where it starts
  const Start* last_start;
};
// Made at the first registration and kept for good: outside the object's own data, which the model puts back between
// executions.
Tables* tables = nullptr;

CFGT_UNSEEN Tables& TablesToFill() {
  if (tables == nullptr) tables = new Tables{};
  return *tables;
}

// What can be asked of every program that has a Stage (program.cc applies the first four, crew.h the others).
constexpr OptionText kPatterns[] = {
    {"delay-wake-callback-us", 0, 0, 10'000'000, "busy time in front of each wake callback (C3)"},
    {"delay-wake-callback-every", 1, 1, 1'000'000'000, "in front of one callback in so many"},
    {"long-hold-us", 0, 0, 10'000'000, "a config access now and then takes so long, with the strategy's locks held"},
    {"long-hold-every", 2000, 1, 1'000'000'000, "one access in so many"},
    {"onoff-us", 0, 0, 100'000'000, "a CPU goes away after so long, for as long, then the next; not CPU 0"},
    {"pause-us", 0, 0, 100'000'000, "sleep between two rounds of a task"},
};

CFGT_UNSEEN bool Same(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) ++a, ++b;
  return *a == *b;
}

// The worker passes the pointers of our own tables where it can: those are looked for first, without a look at the
// text.
template <class Text>
CFGT_UNSEEN int Find(const Text* texts, uint32_t count, const char* name) {
  for (uint32_t i = 0; i < count; ++i) {
    if (texts[i].name == name) return static_cast<int>(i);
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (Same(texts[i].name, name)) return static_cast<int>(i);
  }
  return -1;
}

CFGT_UNSEEN const char* NameOf(Tag tag) {
  switch (tag) {
    case Tag::kNone:
      break;
    case Tag::kHistoric:
      return "historic";
    case Tag::kProposed:
      return "proposed";
    case Tag::kOpen:
      return "open";
    case Tag::kConstructed:
      return "constructed";
  }
  return "";
}

CFGT_UNSEEN const char* SidesOf(const ProgramSpec& spec) {
  return spec.fixed == nullptr ? "" : spec.buggy == nullptr ? "fixed" : "buggy,fixed";
}

// "NAME" or "PREFIX.NAME" at `text`, up to '='? Then what follows it, else null.
CFGT_UNSEEN const char* After(const char* text, const char* prefix, const char* name) {
  if (prefix != nullptr) {
    while (*prefix != '\0' && *text == *prefix) ++text, ++prefix;
    if (*prefix != '\0' || *text++ != '.') return nullptr;
  }
  while (*name != '\0' && *text == *name) ++text, ++name;
  return *name == '\0' && *text == '=' ? text + 1 : nullptr;
}

CFGT_UNSEEN const Start* FindProgram(const char* name) {
  if (tables->last_program == name) return tables->last_start;
  const int found = Find(tables->programs, tables->program_count, name);
  if (found < 0) return nullptr;
  tables->last_program = tables->programs[found].name;
  return tables->last_start = &tables->start[found];
}

CFGT_UNSEEN void Run(const ProgramParams& params) {
  tables->metric_count = 0;
  const Start* start = FindProgram(params.program);
  if (start == nullptr) engine::EndExecution("no such program in this object");
  if (start->fixed == nullptr) return start->run(params);
  ProgramParams with_strategy = params;
  const bool buggy = start->buggy != nullptr && !Same(params.side, "fixed");
  with_strategy.strategy = buggy ? start->buggy : start->fixed;
  start->run(with_strategy);
}

CFGT_UNSEEN uint32_t Metrics(const MetricText** texts, const double** values) {
  *texts = tables->metrics;
  *values = tables->values;
  return tables->metric_count;
}

}  // namespace

CFGT_UNSEEN void HazardList::NotAHazard() { __builtin_trap(); }

CFGT_UNSEEN StrategyRegistration::StrategyRegistration(const StrategySpec& spec) {
  Tables& all = TablesToFill();
  if (all.strategy_count == kMaxStrategies) __builtin_trap();
  all.make[all.strategy_count] = spec.make;
  all.strategies[all.strategy_count++] = {spec.name, spec.summary, spec.refuses_bridges, spec.refuses_reason};
}

CFGT_UNSEEN ProgramRegistration::ProgramRegistration(const ProgramSpec& spec) {
  Tables& all = TablesToFill();
  if (all.program_count == kMaxPrograms) __builtin_trap();
  // What it can show: what it must, unless it says more.
  const HazardList& hazards = spec.hazards.mask() != 0 ? spec.hazards : spec.must_find;
  all.start[all.program_count] = {spec.run, spec.buggy, spec.fixed};
  all.programs[all.program_count++] = {.kind = spec.kind,
                                       .name = spec.name,
                                       .summary = spec.summary,
                                       .sides = SidesOf(spec),
                                       .hazards = hazards.text(),
                                       .flavours = spec.flavours,
                                       .bridges = spec.bridges,
                                       .needs_strategy = spec.needs_strategy,
                                       .hazard_mask = hazards.mask(),
                                       .topology = spec.topology,
                                       .options = spec.options.begin(),
                                       .option_count = spec.options.size(),
                                       .tag = NameOf(spec.tag),
                                       .history = spec.history,
                                       .must_find = spec.must_find.text(),
                                       .may_find = spec.may_find.text(),
                                       .may_find_why = spec.may_find_why};
}

StrategyHolder::StrategyHolder(const char* name) {
  const int found = Find(tables->strategies, tables->strategy_count, name);
  strategy_ = found < 0 ? nullptr : tables->make[found](storage_, sizeof(storage_));
  Name(storage_, "strategy");
}

StrategyHolder::~StrategyHolder() {
  if (static_cast<void*>(strategy_) == static_cast<void*>(storage_)) {
    strategy_->~Strategy();
  } else {
    delete strategy_;
  }
}

CFGT_UNSEEN uint32_t OptionOf(const ProgramParams& params, const char* program, const char* name) {
  const char* const prefix = program == nullptr || Same(params.program, program) ? nullptr : program;
  for (const char* text = params.options; *text != '\0';) {
    if (const char* number = After(text, prefix, name)) {
      uint32_t value = 0;
      for (; *number >= '0' && *number <= '9'; ++number) value = value * 10 + static_cast<uint32_t>(*number - '0');
      return value;
    }
    while (*text != '\0' && *text++ != ',') {
    }
  }
  const OptionText* options = kPatterns;
  uint32_t count = sizeof kPatterns / sizeof kPatterns[0];
  if (program != nullptr) {
    const int found = Find(tables->programs, tables->program_count, program);
    if (found < 0) engine::EndExecution("an option of a program that is not in this object");
    options = tables->programs[found].options;
    count = tables->programs[found].option_count;
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (Same(options[i].name, name)) return options[i].value;
  }
  engine::EndExecution("the program asks for an option that it does not have");
}

CFGT_UNSEEN void AddMetric(const char* name, const char* unit, double value) {
  if (tables->metric_count == kMaxMetrics) return;
  tables->metrics[tables->metric_count] = {name, unit};
  tables->values[tables->metric_count++] = value;
}

}  // namespace cfgtorture

extern "C" CFGT_EXPORT const cfgtorture::Plugin* cfgt_plugin() {
  using namespace cfgtorture;
  TablesToFill();
  static Plugin plugin;
  plugin = Plugin{.abi = kPluginAbi,
                  .strategies = tables->strategies,
                  .strategy_count = tables->strategy_count,
                  .programs = tables->programs,
                  .program_count = tables->program_count,
                  .spin_algorithms = kSpinAlgorithmNames,
                  .spin_algorithm_count = kSpinAlgorithmCount,
                  .run = Run,
                  .metrics = Metrics,
                  .patterns = kPatterns,
                  .pattern_count = sizeof kPatterns / sizeof kPatterns[0]};
  return &plugin;
}
