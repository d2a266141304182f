#include "harness/cli/selection.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "harness/cli/parse.h"
#include "harness/pci/hardware/bridges.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

// "name:rest" -> name, rest
std::pair<std::string, std::string> Split(const std::string& word) {
  const size_t colon = word.find(':');
  if (colon == std::string::npos) return {word, ""};
  return {word.substr(0, colon), word.substr(colon + 1)};
}

struct ChosenProgram {
  const CatalogueProgram* program;
  std::string argument;
};

absl::Status Choose(const Catalogue& catalogue, const char* option, const char* kind, const std::string& text,
                    std::vector<ChosenProgram>* chosen) {
  if (text.empty()) return absl::OkStatus();
  absl::StatusOr<std::vector<std::string>> names = ParseNames(option, text, NamesOfPrograms(catalogue, kind), true);
  if (!names.ok()) return names.status();
  for (const std::string& word : *names) {
    const auto [name, argument] = Split(word);
    chosen->push_back({catalogue.FindProgram(kind, name), argument});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, uint32_t>> ParseLatencies(const std::string& text) {
  std::map<std::string, uint32_t> latencies;
  std::vector<std::string> known;
  for (const hw::LatencyText& latency : hw::kLatencyTable) known.push_back(latency.name);
  for (const auto word : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(word, absl::MaxSplits('=', 1));
    const auto& [name, value] = parts;
    if (absl::Status status = CheckName("--latency", name, known); !status.ok()) return status;
    absl::StatusOr<uint64_t> count = ParseCount("--latency " + name, value, 0, 1'000'000'000);
    if (!count.ok()) return count.status();
    if (!latencies.emplace(name, static_cast<uint32_t>(*count)).second) {
      return absl::InvalidArgumentError(absl::StrCat("--latency: ", name, " is given twice"));
    }
  }
  return latencies;
}

}  // namespace

bool Contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::vector<Option> OptionsOf(SelectionOptions& options, bool with_scenarios) {
  std::vector<Option> list = {
      {"--strategy", "L", "strategies, comma-separated, or all; name:ticket picks its spin lock", &options.strategy},
      {"--workload", "L", "workloads, or all", &options.workload},
      {"--probe", "L", "probes, or all", &options.probe},
  };
  if (with_scenarios) {
    list.push_back({"--scenario", "L", "scenarios, or all; name:argument where it takes one", &options.scenario});
    list.push_back({"--side", "S", "side of a scenario: buggy or fixed (both)", &options.side});
  }
  list.push_back({"--bridge", "L", "host bridges, or all (the first that the strategy takes)", &options.bridge});
  list.push_back(
      {"--flavour", "L", "voluntary, preempt, rt, or all (those that the program is meant for)", &options.flavour});
  list.push_back({"--spin", "ALGORITHM", "spin algorithm of every spinning lock", &options.spin});
  list.push_back({"--latency", "L", "of the bridge's registers, NAME=N, in ns or polls (cfgtorture list bridges)",
                  &options.latency});
  for (const Option& option : OptionsOf(options.program)) list.push_back(option);
  return list;
}

std::vector<std::string> NamesOfStrategies(const Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const CatalogueStrategy& strategy : catalogue.strategies) names.push_back(strategy.name);
  return names;
}

std::vector<std::string> NamesOfPrograms(const Catalogue& catalogue, const std::string& kind) {
  std::vector<std::string> names;
  for (const CatalogueProgram& program : catalogue.programs) {
    if (kind.empty() || program.kind == kind) names.push_back(program.name);
  }
  return names;
}

std::string IdOf(const CellSpec& spec) {
  std::string id = spec.engine;
  if (!spec.strategy.empty()) absl::StrAppend(&id, "/", spec.strategy);
  if (!spec.spin.empty()) absl::StrAppend(&id, ":", spec.spin);
  absl::StrAppend(&id, "/", spec.program);
  if (!spec.argument.empty()) absl::StrAppend(&id, ":", spec.argument);
  if (!spec.side.empty()) absl::StrAppend(&id, "/", spec.side);
  absl::StrAppend(&id, "/", spec.bridge, "/", spec.flavour);
  return id;
}

bool Takes(const CatalogueStrategy& strategy, const std::string& bridge) {
  return !Contains(strategy.refuses_bridges, bridge);
}

std::string FirstBridge(const Catalogue& catalogue, const CatalogueStrategy& strategy,
                        const std::vector<std::string>& preferred) {
  for (const std::vector<std::string>* list : {&preferred, &catalogue.bridges}) {
    for (const std::string& bridge : *list) {
      if (Takes(strategy, bridge)) return bridge;
    }
  }
  return "";
}

CellResult RefusedCell(const CellSpec& spec, const CatalogueStrategy& strategy, const CatalogueProgram& program) {
  CellResult cell;
  cell.spec = spec;
  cell.spec.id = IdOf(spec);
  cell.reason = absl::StrCat(strategy.name, " refuses bridge ", spec.bridge, ": ", strategy.refuses_reason);
  for (const std::string& hazard : program.hazards) {
    cell.hazards[hazard].verdict = "not-applicable";
    cell.hazards[hazard].reason = cell.reason;
  }
  return cell;
}

absl::Status CheckThreads(const std::vector<CellResult>& cells, const std::string& threads) {
  if (threads.empty() ||
      std::any_of(cells.begin(), cells.end(), [](const CellResult& cell) { return cell.spec.kind == "workload"; })) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("--threads ", threads, ": ", cells.front().spec.program,
                                                 " is no workload and has its own tasks; leave the option out"));
}

absl::StatusOr<std::vector<CellResult>> Select(const Catalogue& catalogue, const SelectionOptions& options,
                                               const CellSpec& common) {
  std::vector<ChosenProgram> programs;
  for (const auto& [option, kind, text] :
       {std::tuple{"--workload", "workload", &options.workload}, std::tuple{"--probe", "probe", &options.probe},
        std::tuple{"--scenario", "scenario", &options.scenario}}) {
    if (absl::Status status = Choose(catalogue, option, kind, *text, &programs); !status.ok()) return status;
  }
  if (programs.empty()) {
    return absl::InvalidArgumentError("nothing to run: name a --workload, --probe or --scenario (see cfgtorture list)");
  }
  absl::StatusOr<std::map<std::string, uint32_t>> latencies = ParseLatencies(options.latency);
  if (!latencies.ok()) return latencies.status();
  if (!latencies->empty() && common.engine == "model" && common.explorer != "virtual-time") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--latency ", options.latency, ": explored code takes no time; explore --contention, and stress, do"));
  }
  std::vector<std::string> strategies;
  if (!options.strategy.empty()) {
    absl::StatusOr<std::vector<std::string>> names =
        ParseNames("--strategy", options.strategy, NamesOfStrategies(catalogue), true);
    if (!names.ok()) return names.status();
    strategies = *names;
  }
  if (!options.spin.empty()) {
    if (absl::Status status = CheckName("--spin", options.spin, catalogue.spin_algorithms); !status.ok()) return status;
  }
  std::vector<std::string> bridges, flavours;
  if (!options.bridge.empty()) {
    absl::StatusOr<std::vector<std::string>> names = ParseNames("--bridge", options.bridge, catalogue.bridges);
    if (!names.ok()) return names.status();
    bridges = *names;
  }
  if (!options.flavour.empty()) {
    absl::StatusOr<std::vector<std::string>> names =
        ParseNames("--flavour", options.flavour, {"voluntary", "preempt", "rt"});
    if (!names.ok()) return names.status();
    flavours = *names;
  }
  if (!options.side.empty() && options.side != "both") {
    if (absl::Status status = CheckName("--side", options.side, {"buggy", "fixed", "both"}); !status.ok())
      return status;
  }

  const auto any = [&programs](auto&& has) { return std::any_of(programs.begin(), programs.end(), has); };
  if (!strategies.empty() && !any([](const ChosenProgram& chosen) { return chosen.program->needs_strategy; })) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--strategy ", options.strategy, ": ", programs.front().program->name, " takes none; leave the option out"));
  }
  if (!options.side.empty() && options.scenario != "all") {
    for (const ChosenProgram& chosen : programs) {
      if (chosen.program->sides.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--side ", options.side, ": ", chosen.program->name, " has no sides; leave the option out"));
      }
    }
  }

  absl::StatusOr<ChosenValues> values = ParseProgramOptions(options.program, catalogue);
  if (!values.ok()) return values.status();
  std::vector<const CatalogueProgram*> all_programs;
  all_programs.reserve(programs.size());
  for (const ChosenProgram& chosen : programs) all_programs.push_back(chosen.program);
  if (absl::Status status = CheckKnown(catalogue, all_programs, *values); !status.ok()) return status;

  std::vector<CellResult> cells;
  for (const ChosenProgram& chosen : programs) {
    const CatalogueProgram& program = *chosen.program;
    if (program.needs_strategy && strategies.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(program.kind, " ", program.name, " needs a --strategy"));
    }
    absl::StatusOr<std::string> program_options = ValuesFor(catalogue, program, *values);
    if (!program_options.ok()) return program_options.status();
    std::vector<std::string> sides = program.sides;
    if (!options.side.empty() && options.side != "both" && !sides.empty()) {
      if (!Contains(sides, options.side)) {
        return absl::InvalidArgumentError(
            absl::StrCat("--side ", options.side, ": ", program.name, " has ", absl::StrJoin(sides, ", ")));
      }
      sides = {options.side};
    }
    if (sides.empty()) sides = {""};
    const std::vector<std::string> no_strategy = {""};
    for (const std::string& word : program.needs_strategy ? strategies : no_strategy) {
      const auto [name, spin] = Split(word);
      if (!spin.empty()) {
        if (absl::Status status = CheckName("--strategy: spin algorithm", spin, catalogue.spin_algorithms);
            !status.ok()) {
          return status;
        }
      }
      const CatalogueStrategy any;
      const CatalogueStrategy& strategy = name.empty() ? any : *catalogue.FindStrategy(name);
      std::vector<std::string> cell_bridges = bridges;
      if (cell_bridges.empty()) cell_bridges = {FirstBridge(catalogue, strategy, program.bridges)};
      std::vector<std::string> cell_flavours = flavours.empty() ? program.flavours : flavours;
      if (cell_flavours.empty()) cell_flavours = {"preempt"};
      for (const std::string& side : sides) {
        for (const std::string& bridge : cell_bridges) {
          for (const std::string& flavour : cell_flavours) {
            CellSpec spec = common;
            spec.strategy = name;
            spec.spin = spin.empty() ? options.spin : spin;
            spec.program = program.name;
            spec.kind = program.kind;
            spec.argument = chosen.argument;
            spec.options = *program_options;
            spec.side = side;
            spec.bridge = bridge;
            spec.flavour = flavour;
            spec.latencies = *latencies;
            spec.id = IdOf(spec);
            cells.push_back(Takes(strategy, bridge) ? run::PendingCell(spec, program.hazards)
                                                    : RefusedCell(spec, strategy, program));
          }
        }
      }
    }
  }
  return cells;
}

}  // namespace cfgtorture::cli
