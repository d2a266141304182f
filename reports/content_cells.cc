// A cell of a verdict table in words.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/content.h"

namespace cfgtorture::reports {

std::string Headline(const VerdictCell& cell) {
  std::string name = cell.verdict == Verdict::kNotApplicable ? "n/a" : NameOf(cell.verdict);
  const bool counts = cell.verdict == Verdict::kFound || cell.verdict == Verdict::kClean;
  if (cell.of.size() < 2 || !counts) return name;
  return absl::StrCat(name, " ", cell.Count(cell.verdict), " of ", cell.Applicable());
}

std::string Difference(const VerdictCell& cell) {
  for (const HazardVerdict& of : cell.of) {
    if (of.agreement != Agreement::kDisagrees) continue;
    return absl::StrCat(Printable(of.name, 40), " is ", NameOf(of.differing), ", expected ",
                        of.expected.empty() ? "absent" : Printable(of.expected, 40));
  }
  return "";
}

std::vector<std::string> FoundHazards(const VerdictCell& cell, size_t max) {
  std::vector<const HazardVerdict*> found;
  for (const HazardVerdict& of : cell.of) {
    if (of.verdict == Verdict::kFound) found.push_back(&of);
  }
  std::stable_sort(found.begin(), found.end(), [](const HazardVerdict* a, const HazardVerdict* b) {
    return std::make_pair(a->beside, b->hits) < std::make_pair(b->beside, a->hits);
  });
  std::vector<std::string> texts;
  for (const HazardVerdict* of : found) {
    if (texts.size() == max) {
      texts.push_back(absl::StrCat(found.size() - max, " more"));
      break;
    }
    texts.push_back(absl::StrCat(Printable(of->name, 40), " ", ShortCount(static_cast<double>(of->hits)), "×"));
  }
  if (cell.answer == Verdict::kClean && cell.Count(Verdict::kClean) == 1) {
    for (const HazardVerdict& of : cell.of) {
      if (of.verdict == Verdict::kClean) texts.push_back(Printable(of.name, 40) + " clean");
    }
  }
  return texts;
}

std::string Figures(const VerdictCell& cell) {
  const auto executions = [&] { return absl::StrCat(ShortCount(static_cast<double>(cell.executions)), " executions"); };
  std::vector<std::string> lines;
  for (const HazardVerdict& of : cell.of) {
    std::string line = absl::StrCat(of.name, ": ", NameOf(of.verdict));
    if (of.verdict == Verdict::kFound) {
      absl::StrAppend(&line, " ", ShortCount(static_cast<double>(of.hits)), "×");
      if (of.fewest_preemptions >= 0) absl::StrAppend(&line, ", fewest preemptions ", of.fewest_preemptions);
      if (of.agreement == Agreement::kUnjudged) line += ", left open by the table";
    } else if (of.verdict == Verdict::kClean && cell.executions > 0) {
      absl::StrAppend(&line, cell.exhausted ? ", exhausted, " : " for ", executions());
      if (!cell.exhausted) absl::StrAppend(&line, " (", ShortCount(static_cast<double>(cell.distinct)), " distinct)");
    }
    const bool shows = of.verdict == Verdict::kFound || of.verdict == Verdict::kClean;
    if (shows && of.agreement == Agreement::kAgrees) line += ", as expected";
    lines.push_back(std::move(line));
  }
  return lines.empty() ? NameOf(cell.verdict) : absl::StrJoin(lines, "; ");
}

}  // namespace cfgtorture::reports
