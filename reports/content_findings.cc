// What a finding is told with: groups of one kind, who and where, the schedule as a grid.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/result/hazard.h"
#include "reports/content.h"

namespace cfgtorture::reports {
namespace {

// A finding of the model has a token. Real threads cannot be made to repeat, but the same load likely shows it again.
std::string RepeatOf(const RunResult& result, const CellSpec& spec, const Finding& finding) {
  if (!finding.replay.empty() || EvidenceOf(spec) == Evidence::kExplored) return finding.replay;
  std::vector<std::string> words = {"cfgtorture", "stress", "--engine", spec.engine};
  if (!spec.strategy.empty()) words.insert(words.end(), {"--strategy", spec.strategy, "--bridge", spec.bridge});
  words.insert(words.end(), {"--" + spec.kind, spec.program, "--flavour", spec.flavour});
  if (!spec.side.empty()) words.insert(words.end(), {"--side", spec.side});
  words.insert(words.end(), {"--threads", absl::StrCat(spec.threads), "--seed", absl::StrCat(result.seed)});
  for (size_t i = 0; i + 1 < result.command.size(); ++i) {
    if (result.command[i] == "--plugin") words.insert(words.end(), {"--plugin", result.command[i + 1]});
  }
  return CommandLine(words);
}

}  // namespace

std::vector<FindingGroup> GroupFindings(const RunResult& result) {
  // The simplest schedule is the one to read.
  const auto cost = [](const Finding& f) {
    return std::make_tuple(f.schedule.empty(), f.preemptions < 0 ? std::numeric_limits<int>::max() : f.preemptions,
                           f.schedule.size());
  };
  std::vector<FindingGroup> groups;
  std::map<std::pair<std::string, std::string>, size_t> known;
  // Of kinds: by strategy, probes before workloads, what a program is about before what it also showed, explored before
  // watched before measured, then as they come.
  std::map<std::string, std::tuple<size_t, bool, bool, Evidence, size_t>> order;
  std::map<std::string, size_t> strategies;
  std::set<std::string> kinds_at_odds;
  for (const CellResult& cell : result.cells) {
    const CellSpec& spec = cell.spec;
    const size_t strategy = strategies.emplace(RowName(spec), strategies.size()).first->second;
    for (const Finding& finding : cell.findings) {
      const bool disagrees = AgreementOf(cell, finding.hazard) == Agreement::kDisagrees;
      const bool beside = IsBeside(result, cell, finding.hazard);
      const std::string kind =
          absl::StrJoin({RowName(spec), spec.engine, spec.kind, spec.program, spec.flavour, finding.hazard}, "\n");
      order.emplace(kind, std::make_tuple(strategy, spec.kind == "workload", beside, EvidenceOf(spec), order.size()));
      if (disagrees) kinds_at_odds.insert(kind);
      const auto [it, is_new] = known.emplace(
          std::make_pair(kind, finding.fingerprint.empty() ? finding.title : finding.fingerprint), groups.size());
      if (is_new) {
        groups.push_back({"", kind, &finding, {&cell}, finding.count, disagrees, RepeatOf(result, spec, finding)});
        continue;
      }
      FindingGroup& group = groups[it->second];
      group.count += finding.count;
      group.disagrees |= disagrees;
      if (group.cells.back() != &cell) group.cells.push_back(&cell);
      if (cost(finding) < cost(*group.finding)) {
        group.finding = &finding;
        group.repeat = RepeatOf(result, spec, finding);
      }
    }
  }
  const auto rank = [&](const FindingGroup& group) {
    return std::make_tuple(kinds_at_odds.count(group.kind) == 0, order.at(group.kind), !group.disagrees,
                           cost(*group.finding));
  };
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const FindingGroup& a, const FindingGroup& b) { return rank(a) < rank(b); });
  for (size_t i = 0; i < groups.size(); ++i) groups[i].anchor = absl::StrCat("f", i + 1);
  return groups;
}

std::vector<bool> Choose(const std::vector<FindingGroup>& findings, size_t max, size_t of_a_kind) {
  const auto strategy_of = [](const FindingGroup& group) { return RowName(group.cells.front()->spec); };
  std::map<std::string, std::set<std::string>> who_shows;  // by hazard
  for (const FindingGroup& group : findings) who_shows[group.finding->hazard].insert(strategy_of(group));
  // Of a strategy: the first of each hazard before the others, rare hazards before frequent ones, the first of a kind
  // before the second. Where it then stands in that list is the turn in which it is shown.
  using Place = std::tuple<bool, size_t, size_t, size_t>;
  std::map<std::string, std::vector<Place>> of_strategy;
  std::set<std::pair<std::string, std::string>> pairs;
  std::map<std::string, size_t> kinds;
  std::set<std::string> hazards;
  std::vector<bool> first_of_hazard;
  for (size_t i = 0; i < findings.size(); ++i) {
    const std::string &hazard = findings[i].finding->hazard, strategy = strategy_of(findings[i]);
    const bool first = pairs.emplace(strategy, hazard).second;
    const size_t of_kind = kinds[findings[i].kind]++;
    of_strategy[strategy].emplace_back(!first, of_kind, who_shows[hazard].size(), i);
    first_of_hazard.push_back(hazards.insert(hazard).second);
  }
  std::vector<std::tuple<bool, bool, bool, size_t, size_t>> order;
  for (auto& [strategy, places] : of_strategy) {
    std::sort(places.begin(), places.end());
    for (size_t turn = 0; turn < places.size(); ++turn) {
      const auto& [again, of_kind, frequency, i] = places[turn];
      order.emplace_back(!findings[i].disagrees, !first_of_hazard[i], again, turn, i);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<bool> chosen(findings.size());
  std::map<std::string, size_t> shown_of_kind;
  std::set<std::string> causes;
  size_t shown = 0;
  for (const auto& place : order) {
    const FindingGroup& group = findings[std::get<4>(place)];
    if (shown == max) break;
    if (shown_of_kind[group.kind] == of_a_kind) continue;
    if (!group.finding->fingerprint.empty() && !causes.insert(group.finding->fingerprint).second) continue;
    chosen[std::get<4>(place)] = true;
    ++shown_of_kind[group.kind];
    ++shown;
  }
  return chosen;
}

std::string ChoiceText(const std::vector<FindingGroup>& findings, const std::vector<bool>& chosen) {
  std::map<std::string, size_t> left;
  for (size_t i = 0; i < findings.size(); ++i) {
    if (!chosen[i]) ++left[findings[i].finding->hazard];
  }
  if (left.empty()) return "";
  return absl::StrCat(std::count(chosen.begin(), chosen.end(), true), " of ", findings.size(),
                      " findings: of each strategy and hazard the simplest, then more of each in turn, one of a cause. "
                      "Not shown: ",
                      absl::StrJoin(left, ", ", [](std::string* out, const auto& hazard) {
                        absl::StrAppend(out, Printable(hazard.first, 40), " ", hazard.second);
                      }));
}

std::string HeadlineOf(const Finding& finding) {
  std::string hazard = finding.hazard;
  std::replace(hazard.begin(), hazard.end(), '-', ' ');
  std::vector<std::string> leads = {hazard + ": "};
  if (!finding.accesses.empty()) {
    const Access& access = finding.accesses.front();
    leads.push_back(absl::StrCat(access.what, " of ", access.location, ": "));
  }
  for (const std::string& lead : leads) {
    if (finding.title.rfind(lead, 0) == 0) return finding.title.substr(lead.size());
  }
  return finding.title;
}

std::vector<Frame> FramesOf(const Access& access) {
  std::vector<Frame> frames;
  for (const Frame& frame : access.stack) {
    const bool repeats = !frames.empty() && frames.back().function == frame.function &&
                         frames.back().module == frame.module && frames.back().offset == frame.offset;
    if (!repeats) frames.push_back(frame);
  }
  return frames;
}

std::string WhoOf(const Access& access) {
  if (access.task.empty()) return "";
  // Interrupts are tasks of the engines: "hardirq", "CPU2 hardirq".
  for (const std::string interrupt : {"hardirq", "softirq"}) {
    const size_t at = access.task.rfind(interrupt);
    if (at != std::string::npos && at + interrupt.size() == access.task.size()) {
      return absl::StrCat(interrupt, " on CPU ", access.cpu);
    }
  }
  std::string who = absl::StrCat("task ", access.task);
  if (!access.context.empty() && access.context != "task") who = absl::StrCat(access.context, ", ", who);
  return absl::StrCat(who, " on CPU ", access.cpu);
}

std::string LocksOf(const Access& access, Evidence evidence) {
  if (!access.locks_held.empty()) return absl::StrJoin(access.locks_held, ", ");
  return evidence == Evidence::kExplored ? "none" : "not recorded";
}

}  // namespace cfgtorture::reports
