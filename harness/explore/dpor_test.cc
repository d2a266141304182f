// Random programs of a toy machine, all their schedules by dfs.h, and what dpor.h makes of them.
#include "harness/explore/dpor.h"

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "harness/explore/dfs.h"

namespace cfgtorture::explore {
namespace {

struct Op {
  enum Kind { kRead, kWrite, kWait, kPost } kind;  // kWait is enabled once kPost has been done to its object
  uint64_t object;
  bool section = false;  // goes on with the section of the op before it: nobody else of its CPU in between
  // Of a kWait: no scheduling point before it, as in JoinTasks() and Park(). If it need not wait, it belongs to the
  // step of the op before it.
  bool in_step = false;
};
struct ToyContext {
  unsigned cpu;
  std::vector<Op> ops;
  bool ends = false;  // the program, when it ends itself
};
using Program = std::vector<ToyContext>;  // contexts 1, 2, ...

std::string Text(const Program& program) {
  std::string text;
  for (const ToyContext& context : program) {
    absl::StrAppend(&text, "CPU", context.cpu, ":");
    for (const Op& op : context.ops)
      absl::StrAppend(&text, op.section ? "_" : op.in_step ? "+" : " ", std::string(1, "RWwp"[op.kind]), op.object);
    absl::StrAppend(&text, context.ends ? " end\n" : "\n");
  }
  return text;
}

// One execution. `choose` is asked at each step for one of turn.enabled. `ends` is told who could have gone on at the
// program's end. Returns which write each read has read, as text; null: it was cut short.
template <typename Choose, typename Touched, typename Ends>
std::optional<std::string> Run(const Program& program, Choose&& choose, Touched&& touched, Ends&& ends) {
  std::vector<size_t> at(program.size() + 1, 0);
  std::set<uint64_t> posted;
  std::map<uint64_t, std::string> last_write;
  std::set<std::string> reads;
  const auto outcome = [&] {
    std::string text = absl::StrJoin(reads, " ");
    for (const auto& [object, write] : last_write) absl::StrAppend(&text, " ", object, "=", write);
    return text;
  };
  unsigned current = 0;
  for (;;) {
    uint64_t ready = 0, excluded = 0;
    for (unsigned c = 1; c <= program.size(); ++c) {
      const ToyContext& context = program[c - 1];
      if (at[c] == context.ops.size()) continue;
      const Op& op = context.ops[at[c]];
      if (op.kind != Op::kWait || posted.contains(op.object)) ready |= uint64_t{1} << c;
      for (unsigned other = 1; other <= program.size(); ++other) {
        const ToyContext& their = program[other - 1];
        if (other != c && their.cpu == context.cpu && at[other] < their.ops.size() && their.ops[at[other]].section) {
          excluded |= uint64_t{1} << c;
        }
      }
    }
    const uint64_t enabled = ready & ~excluded;
    if (current != 0 && program[current - 1].ends && at[current] == program[current - 1].ops.size()) {
      ends(enabled);
      return outcome();
    }
    if (enabled == 0) return outcome();
    const bool held =
        current != 0 && at[current] < program[current - 1].ops.size() && program[current - 1].ops[at[current]].section;
    const unsigned chosen = choose(Turn{enabled, excluded, current, held, 0});
    if (chosen == kPruned) return std::nullopt;
    const std::vector<Op>& ops = program[chosen - 1].ops;
    do {
      const Op& op = ops[at[chosen]];
      const std::string name = absl::StrCat(chosen, ".", at[chosen]++);
      const uint64_t before = posted.contains(op.object) || op.kind != Op::kPost ? 1 : 0;
      if (op.kind == Op::kPost) posted.insert(op.object);
      if (op.kind == Op::kWrite) last_write[op.object] = name;
      if (op.kind == Op::kRead) reads.insert(absl::StrCat(name, "<", last_write[op.object]));
      touched(Touch{op.object, before, 1, op.kind == Op::kWrite || op.kind == Op::kPost, op.kind == Op::kWait});
    } while (at[chosen] != ops.size() && ops[at[chosen]].in_step && posted.contains(ops[at[chosen]].object));
    current = chosen;
  }
}

struct Explored {
  std::set<uint64_t> traces;
  std::set<std::string> outcomes;
  uint64_t executions = 0, pruned = 0;
};

Explored ByDfs(const Program& program) {
  Explored all;
  DfsExplorer dfs(UINT32_MAX);
  Trace trace;
  std::vector<Trace::Race> races;
  do {
    dfs.Begin(0);
    trace.Begin();
    for (unsigned c = 1; c <= program.size(); ++c) trace.AddContext(c, program[c - 1].cpu);
    all.outcomes.insert(*Run(
        program,
        [&](const Turn& turn) {
          const bool single = (turn.enabled & (turn.enabled - 1)) == 0;
          const unsigned chosen =
              single ? static_cast<unsigned>(std::countr_zero(turn.enabled)) : dfs.Choose(turn.enabled, turn.current);
          trace.Arrive(turn);
          trace.AddStep(turn.enabled, turn.excluded, chosen, kNone);
          return chosen;
        },
        [&](const Touch& touch) { trace.AddTouch(touch); }, [&](uint64_t enabled) { trace.Ends(enabled); }));
    trace.Order(0, races);
    all.traces.insert(trace.Hash());
  } while (dfs.End(0));
  return all;
}

Explored ByDpor(const Program& program) {
  Explored result;
  DporExplorer dpor;
  for (bool more = true; more;) {
    dpor.Begin(0);
    if (!dpor.Repeats()) {
      for (unsigned c = 1; c <= program.size(); ++c) dpor.Context(c, program[c - 1].cpu);
    }
    const auto choose = [&](const Turn& turn) {
      if (!dpor.Repeats()) return dpor.Step(turn);
      const bool choice = (turn.enabled & (turn.enabled - 1)) != 0;
      return choice ? dpor.Choose(turn.enabled, turn.current) : static_cast<unsigned>(std::countr_zero(turn.enabled));
    };
    const std::optional<std::string> outcome = Run(
        program, choose,
        [&](const Touch& touch) {
          if (!dpor.Repeats()) dpor.Touched(touch);
        },
        [&](uint64_t enabled) { dpor.Ends(enabled); });
    more = dpor.End(0);
    ++(outcome.has_value() ? result.executions : result.pruned);
    if (!outcome.has_value()) continue;
    result.traces.insert(dpor.trace().Hash());
    result.outcomes.insert(*outcome);
  }
  return result;
}

TEST(Dpor, RunsOneExecutionForEachOrderOfWrites) {
  const Program program = {{1, {{Op::kWrite, 10}, {Op::kWrite, 10}}},
                           {2, {{Op::kWrite, 10}, {Op::kWrite, 10}}},
                           {3, {{Op::kWrite, 10}, {Op::kWrite, 10}}}};
  EXPECT_EQ(ByDpor(program).executions, 90u);  // 6! / (2!)^3
}

TEST(Dpor, DoesNotReorderWhatIsIndependent) {
  const Program program = {{1, {{Op::kWrite, 10}, {Op::kRead, 13}}},
                           {2, {{Op::kWrite, 11}, {Op::kRead, 13}}},
                           {3, {{Op::kWrite, 12}, {Op::kRead, 13}}}};
  EXPECT_EQ(ByDpor(program).executions, 1u);
}

TEST(Dpor, LetsAnExcludedContextInWhereTheSectionBegan) {
  // The second is a handler on the CPU of the first: before its section, or after it, never inside.
  const Program program = {{1, {{Op::kWrite, 10}, {Op::kWrite, 11, true}, {Op::kWrite, 12, true}}},
                           {1, {{Op::kRead, 12}}}};
  const Explored result = ByDpor(program);
  EXPECT_EQ(result.executions, 2u);
  EXPECT_EQ(result.traces, ByDfs(program).traces);
}

TEST(Dpor, BeginsASectionBeforeEachStepOfItsCpu) {
  // Nothing in common but the CPU. Should the section wait for something, it matters what it keeps from going on.
  const ToyContext task = {1, {{Op::kWrite, 10}, {Op::kWrite, 11}}};
  EXPECT_EQ(ByDpor({task, {1, {{Op::kWrite, 12}, {Op::kWrite, 13, true}}}}).executions, 3u);
  EXPECT_EQ(ByDpor({task, {2, {{Op::kWrite, 12}, {Op::kWrite, 13, true}}}}).executions, 1u);
  EXPECT_EQ(ByDpor({task, {1, {{Op::kWrite, 12}, {Op::kWrite, 13}}}}).executions, 1u);
}

TEST(Dpor, WaitsAreNoRaces) {
  const Program program = {{1, {{Op::kPost, 10}}}, {2, {{Op::kWait, 10}, {Op::kWrite, 11}}}};
  EXPECT_EQ(ByDpor(program).executions, 1u);
}

TEST(Dpor, LetsRunBeforeTheEndWhoCouldStillRunThen) {
  // The program ends before the second has run, after its first step, or after both.
  const Program program = {{1, {{Op::kWrite, 10}, {Op::kRead, 12}}, /*ends=*/true},
                           {2, {{Op::kWrite, 11}, {Op::kWrite, 13}}}};
  const Explored result = ByDpor(program);
  EXPECT_EQ(result.executions, 3u);
  EXPECT_EQ(result.traces, ByDfs(program).traces);
}

TEST(Dpor, AWaitOrdersNothingThatItsStepDidBefore) {
  // Init writes twice and joins the reader. Where the reader has ended, the join is part of the last write's step; and
  // yet the write may come before what the reader did.
  const Program program = {{1, {{Op::kWrite, 10}, {Op::kWrite, 11}, {Op::kWait, 20, false, true}}},
                           {2, {{Op::kRead, 10}, {Op::kRead, 11}, {Op::kWrite, 12}, {Op::kPost, 20}}}};
  EXPECT_EQ(ByDpor(program).outcomes, ByDfs(program).outcomes);
}

unsigned ProgramCount() {
  const char* const programs = std::getenv("CFGT_PROGRAMS");
  return programs == nullptr ? 400 : static_cast<unsigned>(std::atoi(programs));
}

// Repeat with --gtest_filter=Dpor.FindsEveryOutcomeOfWaitsWithoutAPoint, as below.
TEST(Dpor, FindsEveryOutcomeOfWaitsWithoutAPoint) {
  uint64_t executions = 0, outcomes = 0;
  for (unsigned seed = 0; seed < ProgramCount(); ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    Program program;
    for (unsigned c = 0; c < 3; ++c) {
      ToyContext context{1 + below(3), {}};
      for (unsigned i = 0; i < 2; ++i) {
        Op op{below(2) == 0 ? Op::kRead : Op::kWrite, 10 + below(2)};
        op.section = i != 0 && context.ops.back().kind != Op::kWait && below(4) == 0;  // nobody sleeps in one
        context.ops.push_back(op);
        if (below(3) == 0) context.ops.push_back({Op::kWait, 20 + (c + 1 + below(2)) % 3, false, true});
      }
      context.ops.push_back({Op::kPost, 20 + c});
      program.push_back(std::move(context));
    }
    program[0].ends = below(4) == 0;
    const Explored all = ByDfs(program), found = ByDpor(program);
    ASSERT_EQ(found.outcomes, all.outcomes) << "seed " << seed << "\n" << Text(program);
    executions += found.executions;
    outcomes += all.outcomes.size();
  }
  EXPECT_LE(executions, 3 * outcomes) << "far more executions than outcomes";
}

// Repeat with --gtest_filter=Dpor.FindsEveryTraceThatDfsFinds; the seed of a program is in the message. CFGT_PROGRAMS
// in the environment says how many programs, 400 unless given: after a change of trace.cc or dpor.cc, thousands.
TEST(Dpor, FindsEveryTraceThatDfsFinds) {
  uint64_t executions = 0, pruned = 0, traces = 0;
  for (unsigned seed = 0; seed < ProgramCount(); ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    Program program;
    for (unsigned c = 0; c < 3; ++c) {
      ToyContext context{1 + below(2), {}};
      const unsigned length = 2 + below(2);
      for (unsigned i = 0; i < length; ++i) {
        const unsigned kind = below(8);
        Op op{kind < 3 ? Op::kRead : kind < 6 ? Op::kWrite : kind < 7 ? Op::kPost : Op::kWait, 10 + below(3)};
        if (op.kind == Op::kPost || op.kind == Op::kWait) op.object += 10;
        op.section = i != 0 && op.kind != Op::kWait && below(3) == 0;
        context.ops.push_back(op);
      }
      program.push_back(std::move(context));
    }
    program[0].ends = below(4) == 0;
    const std::set<uint64_t> all = ByDfs(program).traces;
    const Explored found = ByDpor(program);
    ASSERT_EQ(found.traces, all) << "seed " << seed << "\n" << Text(program);
    executions += found.executions;
    pruned += found.pruned;
    traces += all.size();
  }
  EXPECT_LE(executions, traces + traces / 10) << "more than one execution a trace; " << pruned << " pruned";
}

}  // namespace
}  // namespace cfgtorture::explore
