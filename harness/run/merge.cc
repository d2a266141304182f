#include "harness/run/merge.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/result/died.h"
#include "harness/run/shares.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::run {
namespace {

constexpr size_t kNameLength = 8;

struct Run {
  RunResult result;
  std::string print;  // of all that it holds
  std::string name() const { return print.substr(0, kNameLength); }
};

// The runs of all results, each once, in their order.
std::vector<Run> RunsOf(const std::vector<RunResult>& results, size_t& repeated) {
  std::map<std::tuple<std::string, std::string>, Run> runs;
  const auto add = [&](const RunResult& result) {
    Run run{result, Fingerprint({Serialize(result)})};
    const std::tuple key(result.environment.started_utc, run.print);
    if (!runs.emplace(key, std::move(run)).second) ++repeated;
  };
  for (const RunResult& result : results) {
    if (result.runs.empty()) add(result);
    for (const RunResult& run : result.runs) add(run);
  }
  std::vector<Run> list;
  list.reserve(runs.size());
  for (auto& [key, run] : runs) list.push_back(std::move(run));
  return list;
}

// ---- One cell of several runs

struct Part {
  const Run* run;
  const CellResult* cell;
};

// Figures of virtual time, or an explorer that goes through its schedules in an order of its own: two such cells are
// the same work done twice.
bool IsWhole(const CellResult& cell) { return !MayBeShared(cell.spec) || cell.metrics.contains("modelled_ns"); }

// What must be equal for two cells of one id to be the same experiment.
std::string ExperimentOf(const Part& part) {
  CellSpec spec = part.cell->spec;
  const bool whole = IsWhole(*part.cell);
  if (spec.engine != "model") return part.run->print;
  spec.plugin.clear();  // a path; the build id says what is in it
  if (!whole) spec.seed = 0;
  spec.first_execution = spec.executions = 0;
  spec.time_s = 0;
  spec.until_any = spec.until_found = false;
  const Json json = spec;
  return absl::StrCat(part.run->result.tool.build_id, "\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool Overlap(const CellResult& a, const CellResult& b) {
  const auto of_b = UsedNumbers(b);
  for (const auto& [first, count] : UsedNumbers(a)) {
    for (const auto& [other_first, other_count] : of_b) {
      if (first < other_first + other_count && other_first < first + count) return true;
    }
  }
  return false;
}

bool IsSameWork(const CellResult& a, const CellResult& b) {
  if (IsWhole(a)) return true;
  return a.spec.seed == b.spec.seed && Overlap(a, b);
}

// What a verdict is worth against what is expected: as the part says that has both.
void JudgeAgain(CellResult& cell, const std::vector<Part>& parts) {
  for (auto& [name, outcome] : cell.hazards) {
    outcome.expected.clear();
    outcome.agreement.clear();
    for (const Part& part : parts) {
      const auto known = part.cell->hazards.find(name);
      if (known == part.cell->hazards.end()) continue;
      const HazardOutcome& one = known->second;
      if (outcome.expected.empty()) outcome.expected = one.expected;
      if (outcome.agreement.empty() && one.expected == outcome.expected && one.verdict == outcome.verdict) {
        outcome.agreement = one.agreement;
      }
    }
  }
}

// `parts` are the same experiment, in the order of their runs. Adds lines on what does not count to `notes`.
CellResult SumOf(const std::vector<Part>& parts, std::vector<std::string>& notes) {
  if (parts.size() == 1) return *parts.front().cell;
  // The longest of those that did the same work, an exhausted one first.
  std::vector<Part> by_size = parts;
  std::stable_sort(by_size.begin(), by_size.end(), [](const Part& a, const Part& b) {
    return std::make_tuple(a.cell->exhausted, a.cell->executions) >
           std::make_tuple(b.cell->exhausted, b.cell->executions);
  });
  std::vector<Part> chosen;
  for (const Part& part : by_size) {
    if (part.cell->executions == 0 && !chosen.empty()) continue;  // has nothing to add
    const auto same = std::find_if(chosen.begin(), chosen.end(),
                                   [&](const Part& other) { return IsSameWork(*other.cell, *part.cell); });
    if (same != chosen.end()) {
      notes.push_back(absl::StrCat(part.cell->spec.id, " of run ", part.run->name(), " repeats executions of run ",
                                   same->run->name(), ", which count once"));
      continue;
    }
    chosen.push_back(part);
  }
  // By the runs again, so that the sum does not depend on sizes.
  std::vector<CellResult> shares;
  const bool done =
      std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.cell->status == "done"; });
  const Part* died = nullptr;
  for (const Part& part : parts) {
    if (Died(*part.cell) && died == nullptr) died = &part;
    if (done && part.cell->status != "done" && !Died(*part.cell)) {
      notes.push_back(absl::StrCat(part.cell->spec.id, " of run ", part.run->name(), " was ", part.cell->status, ": ",
                                   part.cell->reason));
    }
    const bool counts =
        std::any_of(chosen.begin(), chosen.end(), [&](const Part& one) { return one.cell == part.cell; });
    if (!counts) continue;
    shares.push_back(*part.cell);
    if (done && !Died(*part.cell)) {  // what it has done counts, though it was to do more
      shares.back().status = "done";
      shares.back().reason.clear();
    }
  }
  if (died != nullptr) {
    // Whatever the others have done: the sum has died, where its first one did.
    for (CellResult& share : shares) {
      share.status = died->cell->status;
      share.reason = absl::StrCat("in run ", died->run->name(), ": ", died->cell->reason);
    }
    const bool counts =
        std::any_of(chosen.begin(), chosen.end(), [&](const Part& one) { return one.cell == died->cell; });
    if (!counts) {  // its findings, the crash itself among them
      CellResult only = *died->cell;
      only.status = shares.front().status;
      only.reason = shares.front().reason;
      only.executions = only.points = only.distinct = 0;
      only.used.clear();
      shares.push_back(std::move(only));
    }
  }
  CellSpec spec = shares.front().spec;
  CellResult sum = shares.size() == 1 ? shares.front() : Together(spec, shares);
  JudgeAgain(sum, parts);
  return sum;
}

// ---- What stands around the cells

template <class T>
T OneOrZero(const std::vector<Run>& runs, T (*of)(const RunResult&)) {
  const T first = of(runs.front().result);
  for (const Run& run : runs) {
    if (of(run.result) != first) return T{};
  }
  return first;
}

std::string Joined(const std::vector<Run>& runs, const std::string& (*of)(const RunResult&)) {
  std::vector<std::string> texts;
  for (const Run& run : runs) {
    const std::string& text = of(run.result);
    if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
  }
  return absl::StrJoin(texts, "; ");
}

template <class T, class Same>
void Unite(std::vector<T>& into, const std::vector<T>& from, Same same) {
  for (const T& one : from) {
    if (std::none_of(into.begin(), into.end(), [&](const T& other) { return same(one, other); })) into.push_back(one);
  }
}

Catalogue CatalogueOf(const std::vector<Run>& runs) {
  Catalogue all;
  all.build_id = Joined(runs, [](const RunResult& run) -> const std::string& { return run.catalogue.build_id; });
  const auto equal = [](const std::string& a, const std::string& b) { return a == b; };
  for (const Run& run : runs) {
    const Catalogue& one = run.result.catalogue;
    all.abi = std::max(all.abi, one.abi);
    Unite(all.strategies, one.strategies,
          [](const CatalogueStrategy& a, const CatalogueStrategy& b) { return a.name == b.name; });
    Unite(all.programs, one.programs,
          [](const CatalogueProgram& a, const CatalogueProgram& b) { return a.name == b.name && a.kind == b.kind; });
    Unite(all.patterns, one.patterns,
          [](const CatalogueOption& a, const CatalogueOption& b) { return a.name == b.name; });
    Unite(all.spin_algorithms, one.spin_algorithms, equal);
    Unite(all.bridges, one.bridges, equal);
    Unite(all.explorers, one.explorers, equal);
    Unite(all.memories, one.memories, equal);
  }
  return all;
}

Environment EnvironmentOf(const std::vector<Run>& runs) {
  Environment all;
  const auto text = [&](std::string Environment::*field) {
    std::vector<std::string> texts;
    for (const Run& run : runs) Unite(texts, {run.result.environment.*field}, std::equal_to<>());
    std::erase(texts, "");
    all.*field = absl::StrJoin(texts, "; ");
  };
  for (std::string Environment::*field : {&Environment::os, &Environment::kernel, &Environment::architecture,
                                          &Environment::cpu_model, &Environment::compiler, &Environment::build_type}) {
    text(field);
  }
  all.cpus = OneOrZero<uint32_t>(runs, [](const RunResult& run) { return run.environment.cpus; });
  all.memory_bytes = OneOrZero<uint64_t>(runs, [](const RunResult& run) { return run.environment.memory_bytes; });
  all.started_utc = runs.front().result.environment.started_utc;  // the earliest
  return all;
}

void Set(Summary& summary, const char* outcome, int exit_status, const std::string& text) {
  summary.outcome = outcome;
  summary.exit_status = exit_status;
  summary.text = text;
}

Control ControlOf(const std::vector<Run>& runs) {
  Control all;
  bool first = true;
  for (const Run& run : runs) {
    const Control& one = run.result.summary.control;
    if (one.strategy.empty() || (!first && one.strategy != all.strategy)) continue;
    all.strategy = one.strategy;
    Unite(all.must_find, one.must_find, std::equal_to<>());
    if (first) all.missing = one.missing;
    // One run that convicts it of a hazard is enough.
    std::erase_if(all.missing, [&](const std::string& hazard) {
      return std::find(one.missing.begin(), one.missing.end(), hazard) == one.missing.end();
    });
    first = false;
  }
  return all;
}

// From the cells, and from what the runs say that no cell does: a worker that died is a finding unless it was to die.
void Judge(Summary& summary, const std::vector<Run>& runs) {
  std::map<int, std::string> worst;  // rank, the first run's words
  for (const Run& run : runs) {
    const Summary& one = run.result.summary;
    const std::string words = absl::StrCat("run ", run.name(), ": ", one.text);
    if (one.outcome == "failed") worst.emplace(0, words);
    // Verdicts that differed may not do so in the sum; what --expect asked for stands in no cell.
    if (one.outcome == "differs" && one.disagreements.empty()) worst.emplace(1, words);
    if (one.outcome == "found") worst.emplace(2, words);
    if (one.outcome == "regressed") worst.emplace(4, words);
    for (const char* open : {"undecided", "moved", "interrupted", "incomplete"}) {
      if (one.outcome == open) worst.emplace(3, words);
    }
  }
  const std::string of = absl::StrCat(" (", runs.size(), runs.size() == 1 ? " run" : " runs", ", merged)");
  if (worst.contains(0)) {
    Set(summary, "failed", 3, worst[0] + of);
  } else if (!summary.control.missing.empty()) {
    Set(summary, "failed", 3,
        absl::StrCat("the control ", summary.control.strategy, " was not convicted of ",
                     absl::StrJoin(summary.control.missing, ", "), of));
  } else if (!summary.disagreements.empty()) {
    const Disagreement& first = summary.disagreements.front();
    Set(summary, "differs", 1,
        absl::StrCat(summary.disagreements.size(), " verdicts not as expected; first ", first.cell, ": ", first.hazard,
                     " is ", first.verdict, ", expected ", first.expected, of));
  } else if (worst.contains(1)) {
    Set(summary, "differs", 1, worst[1] + of);
  } else if (worst.contains(4)) {
    Set(summary, "regressed", 1, worst[4] + of);
  } else if (worst.contains(2)) {
    Set(summary, "found", 1, worst[2] + of);
  } else if (worst.contains(3)) {
    Set(summary, "undecided", 4, worst[3] + of);
  } else {
    Set(summary, "holds", 0, "every run holds" + of);
  }
}

std::string Line(const Run& run) {
  const RunResult& result = run.result;
  return absl::StrCat("merged from run ", run.name(), ": ", result.environment.started_utc, ", ",
                      result.environment.cpu_model, ", ", result.environment.cpus, " CPUs, ", result.environment.kernel,
                      ", build ", result.tool.build_id, ", seed ", result.seed, ", ", result.summary.outcome, ": ",
                      CommandLine(result.command));
}

}  // namespace

std::string NameOfRun(const RunResult& run) { return Fingerprint({Serialize(run)}).substr(0, kNameLength); }

RunResult MergeResults(const std::vector<RunResult>& results, MergeCounts* counts) {
  MergeCounts unused;
  MergeCounts& count = counts != nullptr ? *counts : unused;
  const std::vector<Run> runs = RunsOf(results, count.repeated_runs);
  count.runs = runs.size();

  std::vector<std::string> ids;  // in order
  std::map<std::string, std::vector<Part>> by_id;
  for (const Run& run : runs) {
    for (const CellResult& cell : run.result.cells) {
      std::vector<Part>& parts = by_id[cell.spec.id];
      if (parts.empty()) ids.push_back(cell.spec.id);
      parts.push_back({&run, &cell});
    }
  }

  RunResult all;
  std::vector<std::string> notes;
  std::map<std::pair<const Run*, std::string>, std::string> renamed;   // ids
  std::map<std::pair<std::string, std::string>, std::string> reasons;  // of the table: merged id and hazard
  for (const std::string& id : ids) {
    std::vector<std::string> experiments;  // in the order of their first run
    std::map<std::string, std::vector<Part>> groups;
    for (const Part& part : by_id[id]) {
      std::vector<Part>& group = groups[ExperimentOf(part)];
      if (group.empty()) experiments.push_back(ExperimentOf(part));
      group.push_back(part);
    }
    std::set<std::string> names;
    for (const std::string& experiment : experiments) {
      const std::vector<Part>& parts = groups[experiment];
      CellResult sum = SumOf(parts, notes);
      if (groups.size() > 1) {
        const Part& first = parts.front();
        const std::string& build = first.run->result.tool.build_id;
        std::string suffix = sum.spec.engine == "model" && !build.empty() ? build : first.run->name();
        if (!names.insert(suffix).second) {  // one build, other settings
          suffix = absl::StrCat(suffix, "-", Fingerprint({experiment}).substr(0, kNameLength));
          names.insert(suffix);
        }
        sum.spec.id = absl::StrCat(id, "@", suffix);
        ++count.apart;
      }
      if (parts.size() > 1) ++count.added_up;
      if (Died(sum)) ++count.died;
      for (const Part& part : parts) {
        renamed[{part.run, id}] = sum.spec.id;
        for (const Disagreement& one : part.run->result.summary.disagreements) {
          if (one.cell == id) reasons.emplace(std::make_pair(sum.spec.id, one.hazard), one.reason);
        }
      }
      for (const auto& [hazard, outcome] : sum.hazards) {
        if (outcome.agreement != "disagrees") continue;
        all.summary.disagreements.push_back(
            {sum.spec.id, hazard, outcome.verdict, outcome.expected, reasons[{sum.spec.id, hazard}]});
      }
      all.cells.push_back(std::move(sum));
    }
  }

  all.tool = {Joined(runs, [](const RunResult& run) -> const std::string& { return run.tool.version; }),
              Joined(runs, [](const RunResult& run) -> const std::string& { return run.tool.build_id; })};
  all.environment = EnvironmentOf(runs);
  all.command = {"cfgtorture", "merge"};
  all.seed = OneOrZero<uint64_t>(runs, [](const RunResult& run) { return run.seed; });
  all.catalogue = CatalogueOf(runs);
  std::set<std::string> audited;
  for (const Run& run : runs) {
    const auto rename = [&](std::vector<std::string>& cells) {
      for (std::string& cell : cells) {
        const auto known = renamed.find({&run, cell});
        if (known != renamed.end()) cell = known->second;
      }
    };
    for (const AuditRow& row : run.result.audit) {
      const std::string what =
          absl::StrJoin({row.kind, row.what, row.instead, row.file, row.function, row.verdict, row.reason, row.token,
                         absl::StrCat(row.line), absl::StrCat(row.executions)},
                        "\n");
      if (audited.insert(what).second) all.audit.push_back(row);
    }
    for (GateRow row : run.result.gate) {
      const auto known = renamed.find({&run, row.cell});
      if (known != renamed.end()) row.cell = known->second;
      if (runs.size() > 1) row.text = absl::StrCat("run ", run.name(), ": ", row.text);
      all.gate.push_back(std::move(row));
    }
    for (ClaimResult claim : run.result.claims) {
      rename(claim.cells);
      for (ClaimFigure& figure : claim.figures) rename(figure.cells);
      if (runs.size() > 1) claim.because = absl::StrCat("run ", run.name(), ": ", claim.because);
      all.claims.push_back(std::move(claim));
    }
  }

  Summary& summary = all.summary;
  for (const CellResult& cell : all.cells) {
    ++summary.cells[cell.status];
    summary.findings += cell.findings.size();
  }
  summary.control = ControlOf(runs);
  std::vector<std::string> missing;
  for (const Run& run : runs) {
    summary.wall_s += run.result.summary.wall_s;
    summary.left_out.push_back(Line(run));
    const size_t absent = static_cast<size_t>(std::count_if(ids.begin(), ids.end(), [&](const std::string& id) {
      return !renamed.contains({&run, id});
    }));
    if (absent == 0) continue;
    const auto first = std::find_if(ids.begin(), ids.end(), [&](const std::string& id) {
      return !renamed.contains({&run, id});
    });
    missing.push_back(absl::StrCat("run ", run.name(), " has no cell ", *first,
                                   absent > 1 ? absl::StrCat(", nor ", absent - 1, " more that others have") : ""));
  }
  Unite(summary.left_out, missing, std::equal_to<>());
  Unite(summary.left_out, notes, std::equal_to<>());
  for (const Run& run : runs) Unite(summary.left_out, run.result.summary.left_out, std::equal_to<>());
  Judge(summary, runs);
  all.runs.reserve(runs.size());
  for (const Run& run : runs) all.runs.push_back(run.result);
  return all;
}

}  // namespace cfgtorture::run
