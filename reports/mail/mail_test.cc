// Goal: a mail that one could send: 72 columns, a subject that is one, the commits that the scenario names, and nothing
// that a hostile name could make of it.
#include "reports/mail/mail.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Step At(uint32_t number, const std::string& task, const std::string& text, const std::string& kind = "") {
  Step step;
  step.number = number;
  step.cpu = task == "init" ? 0 : task == "reader" ? 1 : 2;
  step.context = "task";
  step.task = task;
  step.text = text;
  step.kind = kind;
  return step;
}

RunResult OneFinding() {
  RunResult result;
  result.tool = {"0.1.0", "abcdef"};
  CatalogueProgram program;
  program.kind = "scenario";
  program.name = "cfg-wait-corruption";
  program.summary = "a waiter leaves a walker on its dead entry";
  program.history = "since cdcb33f98244 (v4.11); fixed by 2a7e32d0547f (v5.9)";
  result.catalogue.programs = {program};
  CellResult cell;
  cell.spec.kind = "scenario";
  cell.spec.program = "cfg-wait-corruption";
  cell.spec.side = "buggy";
  Finding finding;
  finding.hazard = "data-race";
  finding.title =
      "data race: write of 8 bytes against read of 8 bytes, stack of task \"reader\" in Unlink "
      "(harness/kernel/wait_queue.cc:38) and wake_up_all (harness/kernel/wait_queue.cc:110)";
  finding.detail = "No happens-before orders the two.";
  finding.fingerprint = "0123456789abcdef";
  finding.preemptions = 1;
  finding.replay = "cfgtorture replay ct1-" + std::string(200, 'x');
  Access write{"write of 8 bytes", "stack of task \"reader\"", "reader", 1, "task", {"pci_lock"}, {}};
  write.stack = {{"m.so", 16, "Unlink", "harness/kernel/wait_queue.cc", 38}};
  Access read = write;
  read.what = "read of 8 bytes";
  read.task = "unblock own";
  read.stack[0].function = "wake_up_all";
  finding.accesses = {write, read};
  finding.schedule = {At(0, "init", "access_lock 0000:03:00.0"), At(0, "init", "starts \"reader\"", "start"),
                      At(1, "reader", "user_read 0000:03:00.0"), At(2, "unblock own", "walks the queue")};
  finding.schedule.back().clash = true;
  cell.findings = {finding};
  result.cells = {cell};
  return result;
}

void ExpectColumns(const std::string& text, size_t most) {
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    EXPECT_LE(end - begin, most) << text.substr(begin, end - begin);
  }
}

TEST(Mail, IsOfSeventyTwoColumnsWithSubjectScheduleAndTrailer) {
  const std::vector<Mail> mails = RenderMails(OneFinding());
  ASSERT_THAT(mails, SizeIs(1));
  EXPECT_EQ(mails[0].name, "mail-f1-data-race.txt");
  const std::string& text = mails[0].text;
  ExpectColumns(text, 72);
  EXPECT_TRUE(
      text.starts_with("To: linux-pci@vger.kernel.org\nCc: linux-kernel@vger.kernel.org\n"
                       "Subject: PCI: data-race: write of 8 bytes against "))
      << text;
  EXPECT_THAT(text, HasSubstr("\nBUG: cfgtorture: data-race in Unlink / wake_up_all\n"));
  EXPECT_THAT(text, HasSubstr("  before: access_lock 0000:03:00.0\n"));
  EXPECT_THAT(text, HasSubstr("         reader"));
  EXPECT_THAT(text, Not(HasSubstr("starts \"reader\""))) << "two columns: who only sets up has none";
  EXPECT_THAT(text, HasSubstr("\nFixed upstream by 2a7e32d0547f (v5.9).\n"));
}

TEST(Mail, HasTheKernelsTrailerWhereTheSubjectIsKnownAndElseSaysHowToWriteIt) {
  RunResult result = OneFinding();
  std::string text = RenderMails(result)[0].text;
  EXPECT_THAT(text, Not(HasSubstr("\nFixes: "))) << "no tag without a subject: " << text;
  EXPECT_THAT(text, HasSubstr("Brought by commit cdcb33f98244 (v4.11)"));
  EXPECT_THAT(text, HasSubstr("\n  git log -1 --abbrev=12 --format='Fixes: %h (\"%s\")' cdcb33f98244\n"));
  result.catalogue.programs[0].history =
      "since cdcb33f98244 (v4.11, \"PCI: Avoid possible deadlock on pci_lock and p->pi_lock\"); fixed by 2a7e32d0547f";
  text = RenderMails(result)[0].text;
  EXPECT_TRUE(text.ends_with("\n\nFixes: cdcb33f98244 (\"PCI: Avoid possible deadlock on pci_lock and p->pi_lock\")\n"))
      << "one line, however long: " << text;
  EXPECT_THAT(text, Not(HasSubstr("git log")));
}

TEST(Mail, ASubjectThatIsCutDoesNotLeadOn) {
  EXPECT_EQ(Shortened("read of 8 bytes against write of 8 bytes", 26), "read of 8 bytes against ...");
  EXPECT_EQ(Shortened("one two, and of the rest", 19), "one two ...");
  EXPECT_EQ(Shortened("short", 5), "short");
}

TEST(Mail, ItsCommandCanBePasted) {
  const RunResult result = OneFinding();
  std::string text = RenderMails(result)[0].text;
  for (size_t at; (at = text.find("\\\n")) != std::string::npos;) text.erase(at, 2);  // as a shell does
  EXPECT_THAT(text, HasSubstr("\n" + result.cells[0].findings[0].replay + "\n"));
}

TEST(Mail, HasNoTrailerWhereTheScenarioNamesNobody) {
  RunResult result = OneFinding();
  result.catalogue.programs[0].history = "fixed by 2a7e32d0547f (v5.9)";
  EXPECT_THAT(RenderMails(result)[0].text, Not(HasSubstr("\nFixes:")));
  result.cells[0].spec.side = "fixed";
  EXPECT_THAT(RenderMails(result)[0].text, Not(HasSubstr("Fixed upstream")));
  result.catalogue.programs.clear();
  EXPECT_THAT(RenderMails(result)[0].text, Not(HasSubstr("Fixed upstream")));
}

TEST(Mail, HostileNamesMakeNoHeaderAndNoControlCharacter) {
  RunResult result = OneFinding();
  Finding& finding = result.cells[0].findings[0];
  const std::string evil = "x\r\nBcc: all@example.org\r\n\x1b[31m\x07" + std::string(10000, 'w') + "\xff\xe2\x80\xae";
  finding.title = finding.detail = finding.hazard = evil;
  finding.accesses[0].task = finding.accesses[0].what = finding.accesses[0].stack[0].function = evil;
  finding.schedule[2].text = finding.schedule[2].task = evil;
  result.cells[0].spec.program = evil;
  const std::vector<Mail> mails = RenderMails(result);
  ASSERT_THAT(mails, SizeIs(1));
  EXPECT_EQ(mails[0].text.find("\nBcc:"), std::string::npos) << mails[0].text.substr(0, 500);
  ExpectColumns(mails[0].text, 72);
  EXPECT_TRUE(std::none_of(mails[0].text.begin(), mails[0].text.end(),
                           [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\n') || c == 0x7f; }));
  EXPECT_EQ(mails[0].text.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_TRUE(std::all_of(mails[0].name.begin(), mails[0].name.end(),
                          [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.'; }));
}

TEST(Mail, OfTooManyFindingsSaysSo) {
  RunResult result = OneFinding();
  for (int i = 0; i < 150; ++i) {
    Finding finding = result.cells[0].findings[0];
    finding.fingerprint = "0123456789abc" + std::to_string(100 + i);
    result.cells[0].findings.push_back(finding);
  }
  const std::vector<Mail> mails = RenderMails(result);
  ASSERT_THAT(mails, SizeIs(101));
  EXPECT_EQ(mails.back().name, "mails.txt");
  const std::string& index = mails.back().text;
  ExpectColumns(index, 72);
  EXPECT_THAT(index, HasSubstr("100 of 151 findings: "));
  EXPECT_THAT(index, HasSubstr("--finding FINGERPRINT --format mail"));
  EXPECT_THAT(index, HasSubstr("mail-f1-data-race.txt\n  buggy, cfg-wait-corruption, data-race: "));
  size_t asked_for = 0;
  for (size_t at = 0; (at = index.find("\n--finding 0123456789abc", at)) != std::string::npos; ++at) ++asked_for;
  EXPECT_EQ(asked_for, 51u) << "each that has none";
}

TEST(Mail, TheRareHazardOfTheLastStrategyIsAmongThem) {
  RunResult result = OneFinding();
  result.cells.push_back(result.cells[0]);
  for (int i = 0; i < 150; ++i) {
    Finding finding = result.cells[0].findings[0];
    finding.fingerprint = "0123456789abc" + std::to_string(100 + i);
    result.cells[0].findings.push_back(finding);
  }
  result.cells[1].spec.side = "zzz";
  result.cells[1].findings[0].hazard = "dead-entry";
  result.cells[1].findings[0].fingerprint = "d";
  const std::vector<Mail> mails = RenderMails(result);
  EXPECT_TRUE(
      std::any_of(mails.begin(), mails.end(), [](const Mail& mail) { return mail.name.ends_with("-dead-entry.txt"); }));
}

TEST(ParseHistory, KnowsWhoBroughtAndWhoFixed) {
  const auto texts = [](const std::vector<Commit>& commits) {
    std::vector<std::string> all;
    for (const Commit& commit : commits) all.push_back(commit.Text());
    return all;
  };
  EXPECT_THAT(texts(ParseHistory("since cdcb33f98244 (v4.11); fixed by 2a7e32d0547f (v5.9)").brought_by),
              ElementsAre("cdcb33f98244 (v4.11)"));
  EXPECT_THAT(texts(ParseHistory("since cdcb33f98244 (v4.11, \"a b\"); fixed by 2a7e32d0547f (v5.9)").fixed_by),
              ElementsAre("2a7e32d0547f (v5.9)"));
  EXPECT_EQ(ParseHistory("since cdcb33f98244 (v4.11, \"a: b, c\")").brought_by.at(0).subject, "a: b, c");
  EXPECT_EQ(ParseHistory("since cdcb33f98244 (v4.11, \"a: b, c\")").brought_by.at(0).release, "v4.11");
  EXPECT_THAT(texts(ParseHistory("fixed by 61cf16d8bd38 and 890ed578df82 (v3.14)").fixed_by),
              ElementsAre("61cf16d8bd38", "890ed578df82 (v3.14)"));
  EXPECT_THAT(texts(ParseHistory("CVE-2024-26810, fixed by 810cd4bb5345 (v6.9)").fixed_by),
              ElementsAre("810cd4bb5345 (v6.9)"));
  const History constructed = ParseHistory("control; a checker's own fault, c9d52fb313d3 (v6.10)");
  EXPECT_THAT(constructed.brought_by, IsEmpty());
  EXPECT_THAT(constructed.fixed_by, IsEmpty());
  EXPECT_THAT(ParseHistory("").fixed_by, IsEmpty());
  EXPECT_THAT(ParseHistory("since deadbeef; since").brought_by, IsEmpty()) << "too short for a commit";
}

}  // namespace
}  // namespace cfgtorture::reports
