#include "reports/mail/mail.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/content.h"
#include "reports/hazard_pages.h"
#include "reports/kernel_layout.h"
#include "reports/schedule.h"

namespace cfgtorture::reports {
namespace {

constexpr unsigned kColumns = 72;
constexpr size_t kMostMails = 100;
constexpr size_t kMostRows = 60;
constexpr size_t kMostTitle = 400;    // of what a run says in one place
constexpr size_t kMostSubject = 110;  // two lines

bool IsCommit(std::string_view word) {
  return word.size() >= 12 && word.size() <= 40 &&
         std::all_of(word.begin(), word.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Of a run: one line, no control characters, not long.
void Tame(std::string& text) { text = Printable(text, kMostTitle); }
void Tame(Access& access) {
  for (std::string* text : {&access.what, &access.location, &access.task, &access.context}) Tame(*text);
  for (std::string& lock : access.locks_held) Tame(lock);
}
void Tame(LockLine& lock) {
  for (std::string* text : {&lock.name, &lock.instance, &lock.usage, &lock.wait_type, &lock.how}) Tame(*text);
  Tame(lock.taken);
}
Finding Tamed(Finding finding) {
  std::replace(finding.detail.begin(), finding.detail.end(), '\n', ' ');
  finding.detail = Printable(finding.detail);
  finding.unordered = Printable(finding.unordered);
  for (std::string* text : {&finding.hazard, &finding.title, &finding.value_changed}) Tame(*text);
  for (auto* accesses : {&finding.accesses, &finding.waiting, &finding.last_ordered}) {
    for (Access& access : *accesses) Tame(access);
  }
  for (Ordering& ordering : finding.orderings) {
    Tame(ordering.before);
    Tame(ordering.after);
  }
  for (Step& step : finding.schedule) {
    for (std::string* text : {&step.context, &step.task, &step.text, &step.object, &step.function, &step.file})
      Tame(*text);
  }
  for (LockReport& report : finding.lock_report) {
    for (std::string* text : {&report.heading, &report.context, &report.level, &report.holder}) Tame(*text);
    for (auto* locks : {&report.wanted, &report.held}) {
      for (LockLine& lock : *locks) Tame(lock);
    }
    for (LockEdge& edge : report.chain) {
      Tame(edge.held);
      Tame(edge.wanted);
    }
    for (Access& use : report.irq_uses) Tame(use);
  }
  ForEachStack(finding, [](std::vector<Frame>& stack) {
    for (Frame& frame : stack) {
      for (std::string* text : {&frame.module, &frame.function, &frame.file}) Tame(*text);
    }
  });
  return finding;
}

// A command that can be pasted: a shell joins what a backslash at the end of a line has parted.
std::string PastableCommand(const std::string& command) {
  std::string text, rest = command;
  while (rest.size() > kColumns) {
    absl::StrAppend(&text, rest.substr(0, kColumns - 1), "\\\n");
    rest.erase(0, kColumns - 1);
  }
  return absl::StrCat(text, rest, "\n");
}

std::string Subject(const std::string& text) {
  std::string line = absl::StrCat("Subject: ", text), folded;
  while (line.size() > kColumns) {
    size_t at = line.rfind(' ', kColumns);
    if (at == std::string::npos || at < 10) at = kColumns;
    absl::StrAppend(&folded, line.substr(0, at), "\n");
    line = absl::StrCat(" ", line.substr(line[at] == ' ' ? at + 1 : at));
  }
  return folded + line + "\n";
}

// Of the set-up what it did, in a line; the rest is left to be drawn.
Finding WithoutSetUp(const Finding& finding, std::string& set_up) {
  Finding drawn = finding;
  if (drawn.schedule.empty()) return drawn;
  const std::string init = drawn.schedule.front().task;
  std::vector<std::string> done;
  const bool clash = std::any_of(drawn.schedule.begin(), drawn.schedule.end(),
                                 [&](const Step& step) { return step.clash && step.task == init; });
  const bool starts = std::any_of(drawn.schedule.begin(), drawn.schedule.end(),
                                  [&](const Step& step) { return step.kind == "start" && step.task == init; });
  if (clash || !starts) return drawn;
  bool before = true;
  for (const Step& step : finding.schedule) {
    before = before && step.kind != "start";
    if (!before || !step.kind.empty() || step.task != init || done.size() == 6) continue;
    done.push_back(step.text);
  }
  set_up = absl::StrJoin(done, "; ");
  std::erase_if(drawn.schedule, [&](const Step& step) { return step.task == init && step.kind != "clock"; });
  return drawn;
}

const CatalogueProgram* ProgramOf(const RunResult& result, const CellSpec& spec) {
  return result.catalogue.FindProgram(spec.kind, spec.program);
}

// "waitqueue-v4.11 under the workload mixed", "the scenario cfg-wait-corruption (what it is about)".
std::string WhatRan(const RunResult& result, const CellSpec& spec) {
  std::string text;
  if (!spec.strategy.empty()) absl::StrAppend(&text, spec.strategy, " under ");
  absl::StrAppend(&text, "the ", spec.kind.empty() ? "program" : spec.kind, " ", spec.program);
  if (!spec.side.empty()) absl::StrAppend(&text, ", its ", spec.side, " side");
  if (const CatalogueProgram* program = ProgramOf(result, spec)) absl::StrAppend(&text, " (", program->summary, ")");
  return text;
}

std::string HowSeen(const RunResult& result, const FindingGroup& group) {
  const CellSpec& spec = group.cells.front()->spec;
  std::string text;
  if (EvidenceOf(spec) == Evidence::kExplored) {
    text = absl::StrCat("It was found by a model, which runs the code under schedules of its choice (memory model ",
                        spec.memory, ", flavour ", spec.flavour, "). ");
    absl::StrAppend(
        &text, group.finding->reduction.complete ? "The schedule is minimal: no single change makes it simpler. " : "");
    text += "The code stands for the kernel's and is not the kernel's; what it shows is that the order is possible.";
  } else {
    text = absl::StrCat("It was seen on real threads (", spec.engine, ", flavour ", spec.flavour, ", ", group.count,
                        group.count == 1 ? " time" : " times",
                        "). The code stands for the kernel's and is not the kernel's.");
  }
  absl::StrAppend(&text, " cfgtorture ", result.tool.version, ", build ", result.tool.build_id, ".");
  return Printable(text, 4 * kMostTitle);
}

std::string MailText(const RunResult& result, const FindingGroup& group) {
  const Finding finding = Tamed(*group.finding);
  const CellSpec& spec = group.cells.front()->spec;
  const CatalogueProgram* program = ProgramOf(result, spec);
  const History history = program != nullptr && spec.side != "fixed" ? ParseHistory(program->history) : History{};

  std::string text = "To: linux-pci@vger.kernel.org\nCc: linux-kernel@vger.kernel.org\n";
  absl::StrAppend(
      &text, Subject(absl::StrCat("PCI: ", finding.hazard, ": ", Shortened(HeadlineOf(finding), kMostSubject))), "\n");
  absl::StrAppend(&text, Paragraph(absl::StrCat("Hi, below is a finding of the kind ", finding.hazard, ", in ",
                                                Printable(WhatRan(result, spec), 2 * kMostTitle), ".")));
  if (!finding.detail.empty()) {
    text += '\n';
    text += Paragraph(finding.detail);
  }
  absl::StrAppend(&text, "\n", KernelLayout(finding, kColumns));
  if (const std::string why = WhyUnordered(finding); !why.empty()) absl::StrAppend(&text, "\n", Paragraph(why));

  std::string set_up;
  const Finding drawn = WithoutSetUp(finding, set_up);
  if (!drawn.schedule.empty()) {
    std::string head = "How it goes";
    if (finding.preemptions >= 0) {
      absl::StrAppend(&head, ", with ", finding.preemptions, finding.preemptions == 1 ? " preemption" : " preemptions",
                      " or interrupts");
    }
    absl::StrAppend(&text, "\n", Paragraph(head + " (\"!\" marks what clashes):"), "\n");
    if (!set_up.empty()) absl::StrAppend(&text, Folded(absl::StrCat("  before: ", set_up), kColumns), "\n");
    text += DrawSchedule(drawn, kColumns, kMostRows);
  }
  const std::vector<OrderingText> orderings = OrderingsOf(finding);
  if (!orderings.empty()) text += "\nIt fails only if\n";
  for (const OrderingText& ordering : orderings) {
    text += Folded(absl::StrCat("  ", ordering.before, "\n    before ", ordering.after, "\n"), kColumns);
  }

  absl::StrAppend(&text, "\n", Paragraph(HowSeen(result, group)));
  std::string trailers;
  for (const Commit& commit : history.brought_by) {
    if (!commit.subject.empty()) {
      absl::StrAppend(&trailers, trailers.empty() ? "\n" : "", "Fixes: ", commit.id, " (\"", commit.subject, "\")\n");
      continue;
    }
    absl::StrAppend(&text, "\n",
                    Paragraph(absl::StrCat("Brought by commit ", commit.Text(), "; in a tree that has it,")),
                    "  git log -1 --abbrev=12 --format='Fixes: %h (\"%s\")' ", commit.id, "\n", "writes its line.\n");
  }
  for (const Commit& commit : history.fixed_by) {
    absl::StrAppend(&text, "\n", Paragraph(absl::StrCat("Fixed upstream by ", commit.Text(), ".")));
  }
  if (!group.repeat.empty())
    absl::StrAppend(&text, "\nTo repeat it:\n\n", PastableCommand(Printable(group.repeat, std::string::npos)));
  if (const std::string page = HazardPagePath(finding.hazard); !page.empty()) {
    absl::StrAppend(&text, "\nAbout ", finding.hazard, ": ", page, "\n");
  }
  // A trailer is one line, however long.
  return PrintableText(Folded(Printable(text, std::string::npos, /*lines=*/true), kColumns) +
                       Printable(trailers, 4000, true));
}

// A file's name: what may stand in one everywhere.
std::string FileName(const FindingGroup& group) {
  std::string name = absl::StrCat("mail-", group.anchor, "-", group.finding->hazard);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '-';
  }
  return name.substr(0, 60) + ".txt";
}

}  // namespace

History ParseHistory(const std::string& history) {
  History parsed;
  std::vector<Commit>* list = nullptr;
  std::vector<std::string> words;
  for (size_t begin = 0; begin < history.size();) {
    const size_t end = std::min(history.find(' ', begin), history.size());
    words.push_back(history.substr(begin, end - begin));
    begin = end + 1;
  }
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string before = i > 0 ? words[i - 1] : "", earlier = i > 1 ? words[i - 2] : "";
    std::string word = words[i];
    const bool ends = !word.empty() && (word.back() == ';' || word.back() == ',');
    if (ends) word.pop_back();
    if (IsCommit(word)) {
      if (before == "since" || (before == "by" && (earlier == "introduced" || earlier == "brought"))) {
        list = &parsed.brought_by;
      } else if (before == "by" && (earlier == "fixed" || earlier == "ended")) {
        list = &parsed.fixed_by;
      } else if (before != "and") {  // "fixed by A and B"
        list = nullptr;
      }
      if (list != nullptr) {
        list->push_back({word, "", ""});
        if (ends || i + 1 == words.size() || !words[i + 1].starts_with("(")) continue;
        const size_t open = history.find('(', history.find(word));
        const std::string inner = history.substr(open + 1, history.find(')', open) - open - 1);
        const size_t quote = inner.find('"');
        list->back().release = inner.substr(0, inner.find(','));
        if (quote != std::string::npos) list->back().subject = inner.substr(quote + 1, inner.rfind('"') - quote - 1);
      }
    }
  }
  return parsed;
}

std::string Commit::Text() const { return release.empty() ? id : absl::StrCat(id, " (", release, ")"); }

std::string Paragraph(const std::string& text, const std::string& indent) {
  const size_t first = std::min(text.find_first_not_of(' '), text.size());
  std::string folded, line = text.substr(0, first);  // the first line's own indent
  bool has_word = false;
  for (size_t begin = first; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (has_word && line.size() + 1 + word.size() > kColumns) {
      absl::StrAppend(&folded, line, "\n");
      line = indent;
      has_word = false;
    }
    absl::StrAppend(&line, has_word ? " " : "", word);
    has_word = true;
  }
  return folded + line + "\n";
}

std::string Shortened(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  std::string cut = text.substr(0, std::min(text.rfind(' ', most), most));
  for (size_t at; (at = cut.rfind(' ')) != std::string::npos && cut.size() - at <= 4;) cut.resize(at);  // "of", "and"
  while (cut.ends_with(',') || cut.ends_with(';') || cut.ends_with(':')) cut.pop_back();
  return cut + " ...";
}

std::vector<Mail> RenderMails(const RunResult& result) {
  std::vector<Mail> mails;
  const std::vector<FindingGroup> groups = GroupFindings(result);
  const std::vector<bool> chosen = Choose(groups, kMostMails, kMostMails);
  std::string index = Paragraph(groups.size() > mails.size() ? ChoiceText(groups, chosen) : "");
  std::map<std::string, std::string> told;  // by fingerprint: its mail
  for (size_t i = 0; i < groups.size(); ++i) {
    if (!chosen[i]) continue;
    mails.push_back({FileName(groups[i]), MailText(result, groups[i])});
    told[groups[i].finding->fingerprint] = mails.back().name;
  }
  if (groups.size() < 2) return mails;
  index += "Those without a mail get one by\n  cfgtorture report RESULT --finding FINGERPRINT --format mail\n\n";
  for (const FindingGroup& group : groups) {
    const Finding& finding = *group.finding;
    const auto it = told.find(finding.fingerprint);
    if (it != told.end() && it->second.empty()) continue;  // a cause is told once
    absl::StrAppend(
        &index, it == told.end() ? absl::StrCat("--finding ", Printable(finding.fingerprint, 40)) : it->second, "\n",
        Paragraph(absl::StrCat("  ", Printable(RowName(group.cells.front()->spec), 64), ", ",
                               Printable(group.cells.front()->spec.program, 64), ", ", Printable(finding.hazard, 64),
                               ": ", Shortened(Printable(HeadlineOf(finding)), 160)),
                  "  "));
    told[finding.fingerprint].clear();
  }
  mails.push_back({"mails.txt", PrintableText(Folded(index, kColumns))});
  return mails;
}

}  // namespace cfgtorture::reports
