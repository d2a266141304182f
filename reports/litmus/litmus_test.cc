// Goal: what a litmus test can say is said as the kernel says it, and what it cannot is refused with the reason. That
// the tests are well formed and hold what they promise is litmus_test.py's.
#include "reports/litmus/litmus.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/result/hazard.h"
#include "reports/hostile_names.h"

namespace cfgtorture::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

Step Row(int cpu, const std::string& task, const std::string& text, const std::string& kind = "",
         const std::string& object = "") {
  return {.number = 1,
          .cpu = cpu,
          .context = task == "hardirq" ? "hardirq" : "task",
          .task = task,
          .text = text,
          .clash = kind == "access" || text.starts_with("! "),
          .kind = kind,
          .object = object};
}
Step Take(int cpu, const std::string& task, const std::string& lock, const char* how = "") {
  return Row(cpu, task, "takes " + lock + how, "take", lock);
}
Step Drop(int cpu, const std::string& task, const std::string& lock) {
  return Row(cpu, task, "drops " + lock, "drop", lock);
}

// "a" reads under A, then "b" writes under B.
Finding Race(const std::string& lock_a = "A->lock", const std::string& lock_b = "B") {
  Finding finding;
  finding.hazard = "data-race";
  finding.fingerprint = "0123456789abcdef";
  finding.title = "data race: write of 8 bytes against read of 8 bytes";
  Access read, write;
  read.what = "read of 8 bytes";
  read.task = "a";
  read.cpu = 1;
  read.context = "task";
  if (!lock_a.empty()) read.locks_held = {lock_a};
  write.what = "write of 8 bytes";
  write.task = "b";
  write.cpu = 2;
  write.context = "task";
  if (!lock_b.empty()) write.locks_held = {lock_b};
  finding.accesses = {write, read};
  finding.schedule = {Take(1, "a", lock_a), Row(1, "a", "plain read, 8 bytes, x", "access"), Drop(1, "a", lock_a),
                      Take(2, "b", lock_b), Row(2, "b", "plain write, 8 bytes, x", "access")};
  return finding;
}

std::string TextOf(const Finding& finding) {
  const Litmus litmus = LitmusOf({}, finding);
  EXPECT_EQ(litmus.why_not, "");
  EXPECT_THAT(litmus.text, testing::StartsWith("C " + litmus.name + "\n"));
  return litmus.text;
}
std::string WhyNotOf(const Finding& finding) {
  const Litmus litmus = LitmusOf({}, finding);
  EXPECT_EQ(litmus.text, "");
  EXPECT_THAT(litmus.why_not, Not(HasSubstr("\n")));
  return litmus.why_not;
}

TEST(Litmus, SaysADataRaceUnderTheLocksThatAreHeld) {
  const std::string text = TextOf(Race());
  EXPECT_THAT(text, HasSubstr(" * Result: DATARACE\n"));
  EXPECT_THAT(text, HasSubstr("\nP0(int *x, spinlock_t *a_lock)\n{\n\tint r0;\n\n\tspin_lock(a_lock);\n\tr0 = *x;\n"
                              "\tspin_unlock(a_lock);\n}\n"));
  EXPECT_THAT(text, HasSubstr("\nP1(int *x, spinlock_t *b)\n{\n\tspin_lock(b);\n\t*x = 2;\n\tspin_unlock(b);\n}\n"));
  EXPECT_THAT(text, HasSubstr("\nexists (0:r0=0)\n")) << "the read came first";
}

TEST(Litmus, SaysWholeWhatRepeatsItOrNamesTheFinding) {
  Finding finding = Race();
  finding.replay = "cfgtorture replay ct1-x --plugin mine.so";
  EXPECT_THAT(TextOf(finding), HasSubstr("ct1-x"));
  finding.replay = "cfgtorture replay ct1-" + std::string(400, 'x');
  EXPECT_THAT(TextOf(finding), Not(HasSubstr("ct1-x")));
  EXPECT_THAT(TextOf(finding), HasSubstr("--finding"));
}

TEST(Litmus, TheProcessesComeInTheOrderOfTheSchedule) {
  Finding finding = Race();
  std::rotate(finding.schedule.begin(), finding.schedule.begin() + 3, finding.schedule.end());
  EXPECT_THAT(TextOf(finding), HasSubstr("exists (1:r0=1)")) << "the write came first, and is read";
  finding.accesses[1].what = "atomic write of 8 bytes";
  EXPECT_THAT(TextOf(finding), HasSubstr("exists (x=2)"));
  EXPECT_THAT(TextOf(finding), HasSubstr("WRITE_ONCE(*x, 2);"));
}

TEST(Litmus, LocksOfOneNameThatBothHoldAreTwoLocks) {
  const std::string text = TextOf(Race("irq_desc", "irq_desc"));
  EXPECT_THAT(text, HasSubstr("spin_lock(irq_desc_of_p0);"));
  EXPECT_THAT(text, HasSubstr("spin_lock(irq_desc_of_p1);"));
  EXPECT_THAT(text, HasSubstr("a lock of its own"));
}

TEST(Litmus, RefusesRacesThatItHasNoWordsFor) {
  Finding finding = Race();
  finding.accesses[0].context = "hardirq";
  EXPECT_THAT(WhyNotOf(finding), HasSubstr("interrupt handler"));
  finding = Race();
  finding.accesses[0].what = "write of 4 bytes";
  EXPECT_THAT(WhyNotOf(finding), HasSubstr("size"));
  finding = Race();
  finding.schedule[0].text += " (shared)";
  EXPECT_THAT(WhyNotOf(finding), HasSubstr("held shared"));
  finding = Race();
  finding.schedule.clear();
  EXPECT_THAT(WhyNotOf(finding), HasSubstr("no schedule"));
  finding = Race();
  finding.accesses.pop_back();
  EXPECT_NE(WhyNotOf(finding), "");
  finding = Race();
  finding.accesses[0].what = "config write of 2 bytes";
  EXPECT_THAT(WhyNotOf(finding), HasSubstr("no access to memory"));
}

// The helper of "a" sets bit 1 of what it has read; in between "b" sets bit 7, by a write of its own or a helper too.
Finding LostUpdate(bool other_reads, const std::string& who = "b") {
  Finding finding;
  finding.hazard = "lost-update";
  finding.fingerprint = "0123456789abcdef";
  finding.title = "bit 7 is lost";
  finding.schedule = {
      Row(1, "a", "capability_update 0000:03:00.0"),
      Take(1, "a", "cap_lock"),
      Take(1, "a", "pci_lock"),
      Row(1, "a", "CF8 <- 0x800300b0"),
      Row(1, "a", "read PCI_EXP_LNKCTL -> 0x00120040"),
      Drop(1, "a", "pci_lock"),
      Row(2, who, "write 0000:03:00.0"),
      Take(2, who, "idle"),
      Drop(2, who, "idle"),
      Take(2, who, "pci_lock"),
      Row(2, who, "write PCI_EXP_LNKCTL <- 0x00c0"),
      Drop(2, who, "pci_lock"),
      Row(2, who, "ends", "end"),
      Take(1, "a", "pci_lock"),
      Row(1, "a", "write PCI_EXP_LNKCTL <- 0x0042"),
      Row(1, "a", "! lost-update: bit 7"),
  };
  if (other_reads) finding.schedule.insert(finding.schedule.begin() + 10, Row(2, who, "read PCI_EXP_LNKCTL -> 0x0040"));
  return finding;
}

TEST(Litmus, SaysALostUpdateWithTheRegisterAsAVariable) {
  const std::string text = TextOf(LostUpdate(true));
  EXPECT_THAT(text, HasSubstr(" * Result: Sometimes\n"));
  EXPECT_THAT(text, HasSubstr("a register of a device")) << "it says what it leaves out";
  EXPECT_THAT(text, HasSubstr("\n{\n\tpci_exp_lnkctl=64;\n}\n"));
  EXPECT_THAT(text, HasSubstr("\tspin_lock(cap_lock);\n\tspin_lock(pci_lock);\n\tr0 = READ_ONCE(*pci_exp_lnkctl);\n"
                              "\tspin_unlock(pci_lock);\n\tspin_lock(pci_lock);\n"
                              "\tWRITE_ONCE(*pci_exp_lnkctl, r0 | 2);\n\tspin_unlock(pci_lock);\n"
                              "\tspin_unlock(cap_lock);\n"));
  EXPECT_THAT(text, HasSubstr("WRITE_ONCE(*pci_exp_lnkctl, r0 | 128);")) << "the other one is a helper too";
  EXPECT_THAT(text, HasSubstr("exists (0:r0=64 /\\ pci_exp_lnkctl=66)"));
  EXPECT_THAT(text, Not(HasSubstr("idle"))) << "a lock that guards nothing of it";
  EXPECT_THAT(TextOf(LostUpdate(false)), HasSubstr("WRITE_ONCE(*pci_exp_lnkctl, 192);"));
}

TEST(Litmus, RefusesLostUpdatesThatItHasNoWordsFor) {
  EXPECT_THAT(WhyNotOf(LostUpdate(false, "hardirq")), HasSubstr("interrupt handler"));
  Finding finding = LostUpdate(false);
  finding.schedule[6].text = "write 0000:03:00.1";  // another function's register of that name
  EXPECT_THAT(WhyNotOf(finding), HasSubstr("no other task"));
  finding = LostUpdate(false);
  finding.schedule[2].text += " (shared)";
  EXPECT_THAT(WhyNotOf(finding), HasSubstr("held shared"));
  finding = LostUpdate(false);
  finding.schedule.erase(finding.schedule.begin(), finding.schedule.begin() + 5);
  EXPECT_THAT(WhyNotOf(finding), HasSubstr("not both"));
  finding.schedule.clear();
  EXPECT_NE(WhyNotOf(finding), "");
}

TEST(Litmus, SaysOfEveryOtherHazardWhyNot) {
  for (const HazardText& hazard : kHazards) {
    if (hazard.hazard == Hazard::kDataRace || hazard.hazard == Hazard::kLostUpdate) continue;
    Finding finding;
    finding.hazard = std::string(hazard.name);
    EXPECT_NE(WhyNotOf(finding), "") << hazard.name;
  }
}

TEST(Litmus, HostileNamesStayInTheComment) {
  for (const std::string& name : HostileNames()) {
    Finding finding = Race(name, name + "2");
    finding.title = name;
    finding.replay = name;
    finding.accesses[0].location = name;
    const Litmus litmus = LitmusOf({.strategy = name}, finding);
    const size_t begin = litmus.text.find("(*"), end = litmus.text.find("*)");
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(litmus.text.find("(*", begin + 2), std::string::npos) << litmus.text;
    EXPECT_EQ(litmus.text.find("*)", end + 2), std::string::npos) << litmus.text;
    EXPECT_EQ(litmus.text.find('"'), std::string::npos);
    EXPECT_EQ(litmus.name.find('/'), std::string::npos) << "it names a file";
    for (const char c : litmus.text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  }
}

}  // namespace
}  // namespace cfgtorture::reports
