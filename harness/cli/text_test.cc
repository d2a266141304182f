// Goal: what a person sees: tables as wide as the terminal, a schedule in columns, nothing that drives the terminal.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/cli/explored.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/table.h"
#include "harness/result/printable.h"

namespace cfgtorture::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(FindingText, ShowsAccessesWithPlaceAndLocksAndHowToRepeat) {
  Finding finding;
  finding.hazard = "data-race";
  finding.title = "race \x1b[31m";
  finding.fingerprint = "0123456789abcdef";
  finding.preemptions = 1;
  finding.replay = "cfgtorture replay ct1-x";
  finding.accesses.push_back({"write of 8 bytes",
                              "stack of task reader + 0x40",
                              "reader",
                              1,
                              "task",
                              {"pci_lock"},
                              {{"m.so", 16, "list_del", "harness/kernel/list.h", 12}, {"/x/m.so", 32, "", "", 0}}});
  CellSpec spec;
  spec.strategy = "mine";
  const std::string text = FindingText(spec, finding, 80);
  EXPECT_THAT(text, HasSubstr("BUG: cfgtorture: data-race in list_del\n"));
  EXPECT_THAT(text, HasSubstr("write to stack of task reader + 0x40 of 8 bytes by task reader on cpu 1:\n"));
  EXPECT_THAT(text, HasSubstr(" list_del (harness/kernel/list.h:12)\n ? (m.so+0x20)\n 1 lock held: pci_lock\n"));
  EXPECT_THAT(text, HasSubstr("fails under  mine; 1 preemption"));
  EXPECT_THAT(text, HasSubstr("repeat:  cfgtorture replay ct1-x"));
  EXPECT_THAT(text, HasSubstr("\nabout:   reports/hazards/data-race.md\n"));
  finding.hazard = "no-such-hazard";
  EXPECT_THAT(FindingText(spec, finding, 80), Not(HasSubstr("about:")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ExploredLines, SaysHowManySchedulesThereAreAndHowSure) {
  CellResult cell;
  cell.distinct = 1000;
  cell.self_checks = 12;
  cell.tree = {10000, 20, 1};
  EXPECT_THAT(ExploredLines(cell),
              HasSubstr("1000 distinct of about 1.0e6, 0.095 % (Knuth's estimate of 10000 probes, 95 %"));
  EXPECT_THAT(ExploredLines(cell), HasSubstr("12 executions run again, all identical"));
  cell.tree.variation = 90;
  EXPECT_THAT(ExploredLines(cell), HasSubstr("of at least about 1.0e6"));
  EXPECT_THAT(ExploredLines(cell), HasSubstr("too low rather than too high"));
  cell.tree = {10000, 5, 0.1};  // fewer than were seen
  EXPECT_THAT(ExploredLines(cell), HasSubstr("of about 1000, 100 %"));
  cell.exhausted = true;
  EXPECT_THAT(ExploredLines(cell), Not(HasSubstr("about"))) << "then it is known";
}

TEST(PowerOfTwo, KnowsNoBound) {
  EXPECT_EQ(PowerOfTwo(10), "1024");
  EXPECT_EQ(PowerOfTwo(40), "1.1e12");
  EXPECT_EQ(PowerOfTwo(5000), "1.4e1505");
}

CellResult CellAt(const std::string& strategy, const std::string& program, const std::string& verdict,
                  const std::string& agreement) {
  CellResult cell;
  cell.spec.strategy = strategy;
  cell.spec.program = program;
  cell.spec.kind = "probe";
  cell.status = "done";
  cell.hazards["torn-pair"] = {
      .verdict = verdict, .agreement = agreement, .fewest_preemptions = verdict == "found" ? 2 : -1};
  return cell;
}

TEST(VerdictTables, SaysWhatAProbeFoundBesideWhatItAsks) {
  RunResult result;
  result.cells = {CellAt("mine", "torn", "clean", "agrees"), CellAt("ours", "torn", "clean", "agrees")};
  result.cells[0].spec.engine = result.cells[1].spec.engine = "model";
  result.cells[0].hazards["lost-wakeup"] = {.verdict = "found", .expected = "may-be-found"};
  const std::string text = VerdictTables(result, {80, true});
  EXPECT_THAT(text, HasSubstr("mine      clean +FOUND\n")) << "and not in green";
  EXPECT_THAT(text, HasSubstr("\x1b[32mclean"));
}

TEST(VerdictTables, MarksWhatIsNotAsExpected) {
  RunResult result;
  result.cells = {CellAt("null", "torn", "found", "agrees"), CellAt("rwsem", "torn", "found", "disagrees"),
                  CellAt("mine", "torn", "clean", ""), CellAt("ours", "torn", "undecided", "undecided")};
  const std::string text = VerdictTables(result, {80, false});
  EXPECT_THAT(text, HasSubstr("null      FOUND (2)\n"));
  EXPECT_THAT(text, HasSubstr("rwsem     ! FOUND (2)\n"));
  EXPECT_THAT(text, HasSubstr("mine      clean\n"));
  EXPECT_THAT(text, HasSubstr("ours      ? undecided\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(VerdictTables(result, {80, true}), HasSubstr("\x1b[31;1m! FOUND (2)"));
}

TEST(VerdictTables, FitTheTerminal) {
  RunResult result;
  for (int i = 0; i < 30; ++i)
    result.cells.push_back(CellAt("a-strategy", "probe-" + std::to_string(i), "clean", "agrees"));
  for (const unsigned width : {40u, 80u, 200u}) {
    const std::string text = VerdictTables(result, {width, false});
    for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
      end = text.find('\n', begin);
      EXPECT_LE(end - begin, std::max(width, 53u)) << "53: the legend; " << text.substr(begin, end - begin);
    }
    EXPECT_THAT(text, HasSubstr("probe-29"));
  }
}

// A plug-in's names are anybody's: a terminal would obey them, a CI system too.
TEST(VerdictTables, NamesOfAPlugInStayText) {
  RunResult result;
  result.cells = {CellAt("::error::mine", "a\x1b[31mb", "clean", ""),
                  CellAt("two\n::error::mine", "##[error]c", "clean", "")};
  for (CellResult& cell : result.cells) {
    cell.spec.id = cell.spec.strategy;
    cell.reason = cell.spec.program;
    cell.operations = {{cell.spec.strategy, 1, 1, 1, 1, 1, {}}};
    cell.metrics[cell.spec.strategy] = 1;
  }
  const std::string tables = VerdictTables(result, {80, false});
  EXPECT_EQ(tables, PrintableText(tables));
  EXPECT_THAT(tables, HasSubstr("\n\\x3a:error::mine      clean"));
  EXPECT_THAT(tables, HasSubstr("\ntwo\\x0a::error::mine"));
  EXPECT_THAT(tables, HasSubstr("a\\x1b[31mb"));
  const std::string lines = CellLines(result);
  EXPECT_EQ(lines, PrintableText(lines));
  EXPECT_THAT(lines, Not(HasSubstr("two\n")));
}

TEST(VerdictTables, ACrashIsNoVerdict) {
  RunResult result;
  result.cells = {CellAt("null", "torn", "clean", "agrees")};
  result.cells[0].status = "crashed";
  EXPECT_THAT(VerdictTables(result, {}), HasSubstr("CRASH"));
}

TEST(Worst, IsWhatMattersMost) {
  EXPECT_EQ(Worst({"clean", "not-applicable"}), "clean");
  EXPECT_EQ(Worst({"clean", "not-exercised"}), "not-exercised");
  EXPECT_EQ(Worst({"clean", "found", "undecided"}), "found");
  EXPECT_EQ(Worst({}), "");
}

}  // namespace
}  // namespace cfgtorture::cli
