#include "ci/gate/baseline.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ci/gate/figures.h"
#include "harness/result/fields.h"
#include "nlohmann/json.hpp"

namespace cfgtorture::ci {
namespace {

constexpr const char* kSchema = "cfgtorture-baseline-1";
constexpr const char* kVerdicts[] = {"found", "clean", "not-exercised", "not-applicable"};  // an undecided one is none

std::string RunText(const BaselineCell& cell) {
  return cell.run.empty() ? "what is not known" : absl::StrCat(cell.executions, " executions, ", cell.run);
}

}  // namespace

static void from_json(const Json& json, BaselineCell& cell) {
  RequireMembers(json, {"verdicts", "figures"});
  const result_fields::ReadField field{json};
  field("run", cell.run);
  field("executions", cell.executions);
  field("verdicts", cell.verdicts);
  field("figures", cell.figures);
  WithinStep("verdicts", [&] {
    for (const auto& [hazard, verdict] : cell.verdicts) {
      if (std::find(std::begin(kVerdicts), std::end(kVerdicts), verdict) != std::end(kVerdicts)) continue;
      WithinStep(hazard, [&, &hazard = hazard] {
        throw Misfit("found, clean, not-exercised or not-applicable", json["verdicts"][hazard]);
      });
    }
  });
  WithinStep("figures", [&] {
    for (const auto& [figure, value] : cell.figures) {
      if (value >= 0) continue;
      WithinStep(figure,
                 [&, &figure = figure] { throw Misfit("a figure that is not negative", json["figures"][figure]); });
    }
  });
}

const BaselineCells* Baseline::Find(const std::string& toolchain, const std::string& plan) const {
  const auto part = toolchains.find(toolchain);
  if (part == toolchains.end()) return nullptr;
  const auto cells = part->second.find(plan);
  return cells == part->second.end() ? nullptr : &cells->second;
}

std::string ToolchainOf(const Environment& environment) {
  return absl::StrCat(environment.compiler, ", ", environment.architecture, ", ", environment.build_type);
}

BaselineCell LookOf(const CellResult& cell) {
  const CellSpec& spec = cell.spec;
  BaselineCell look;
  look.executions = spec.executions > 0 ? spec.executions : cell.executions;
  look.run = absl::StrCat(spec.explorer, ", ", spec.memory);
  // A closed program has its own.
  if (spec.kind == "workload") absl::StrAppend(&look.run, ", ", spec.ops, " rounds, ", spec.threads, " threads");
  if (spec.until_found) look.run += ", until found";
  if (spec.until_any) look.run += ", until anything is found";
  if (spec.first_execution > 0) absl::StrAppend(&look.run, ", from execution ", spec.first_execution);
  if (!spec.options.empty()) absl::StrAppend(&look.run, ", ", spec.options);
  if (!spec.topology.empty()) absl::StrAppend(&look.run, ", devices of ", spec.topology);
  for (const auto& [name, value] : spec.latencies) absl::StrAppend(&look.run, ", ", name, "=", value);
  return look;
}

BaselineCells CellsOf(const RunResult& result) {
  BaselineCells cells;
  for (const CellResult& cell : result.cells) {
    if (cell.spec.engine != "model" || cell.status != "done") continue;
    BaselineCell& kept = cells[cell.spec.id] = LookOf(cell);
    kept.figures = FiguresOf(cell);
    for (const auto& [hazard, outcome] : cell.hazards) {
      if (!outcome.verdict.empty() && outcome.verdict != "undecided") kept.verdicts[hazard] = outcome.verdict;
    }
  }
  return cells;
}

absl::StatusOr<Baseline> ParseBaseline(std::string_view text, std::string_view path) {
  const absl::StatusOr<Json> json = ParseJsonFile(text, path, kSchema);
  if (!json.ok()) return json.status();
  Baseline baseline;
  try {
    RequireMembers(*json, {"toolchains"});
    result_fields::ReadField{*json}("toolchains", baseline.toolchains);
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(std::string(path), ": ", error.what()));
  }
  return baseline;
}

absl::StatusOr<Baseline> LoadBaseline(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  return text.ok() ? ParseBaseline(*text, path) : text.status();
}

std::string Serialize(const Baseline& baseline) {
  const auto quoted = [](const std::string& text) {
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::string text = absl::StrCat("{\n \"schema\": ", quoted(kSchema), ",\n \"toolchains\": {");
  const char* after_toolchain = "\n";
  for (const auto& [toolchain, plans] : baseline.toolchains) {
    absl::StrAppend(&text, after_toolchain, "  ", quoted(toolchain), ": {");
    after_toolchain = ",\n";
    const char* after_plan = "\n";
    for (const auto& [plan, cells] : plans) {
      absl::StrAppend(&text, after_plan, "   ", quoted(plan), ": {");
      after_plan = ",\n";
      const char* after_cell = "\n";
      for (const auto& [id, cell] : cells) {
        absl::StrAppend(&text, after_cell, "    ", quoted(id), ": {");
        if (!cell.run.empty())
          absl::StrAppend(&text, "\"run\": ", quoted(cell.run), ", \"executions\": ", cell.executions, ", ");
        text += "\"verdicts\": {";
        after_cell = ",\n";
        const char* comma = "";
        for (const auto& [hazard, verdict] : cell.verdicts) {
          absl::StrAppend(&text, comma, quoted(hazard), ": ", quoted(verdict));
          comma = ", ";
        }
        text += "}, \"figures\": {";
        comma = "";
        for (const auto& [figure, value] : cell.figures) {
          absl::StrAppend(&text, comma, quoted(figure), ": ", FigureText(value));
          comma = ", ";
        }
        text += "}}";
      }
      text += "\n   }";
    }
    text += "\n  }";
  }
  return text + "\n }\n}\n";
}

std::vector<std::string> Diff(const BaselineCells& before, const BaselineCells& after) {
  std::vector<std::string> lines;
  std::set<std::string> ids;
  for (const BaselineCells* cells : {&before, &after}) {
    for (const auto& [id, cell] : *cells) ids.insert(id);
  }
  for (const std::string& id : ids) {
    const auto was = before.find(id);
    const auto is = after.find(id);
    if (was == before.end() || is == after.end()) {
      lines.push_back(absl::StrCat(was == before.end() ? "+ " : "- ", id));
      continue;
    }
    if (was->second.run != is->second.run || was->second.executions != is->second.executions) {
      lines.push_back(absl::StrCat("  ", id, ": looked for by ", RunText(was->second), " -> ", RunText(is->second)));
    }
    const auto value_of = [](const auto& map, const std::string& key) {
      const auto it = map.find(key);
      return it == map.end() ? nullptr : &it->second;
    };
    std::set<std::string> names;
    for (const BaselineCell* cell : {&was->second, &is->second}) {
      for (const auto& [hazard, verdict] : cell->verdicts) names.insert(hazard);
    }
    for (const std::string& hazard : names) {
      const std::string* a = value_of(was->second.verdicts, hazard);
      const std::string* b = value_of(is->second.verdicts, hazard);
      if (a != nullptr && b != nullptr && *a == *b) continue;
      lines.push_back(
          absl::StrCat("  ", id, ": ", hazard, " ", a == nullptr ? "none" : *a, " -> ", b == nullptr ? "none" : *b));
    }
    names.clear();
    for (const BaselineCell* cell : {&was->second, &is->second}) {
      for (const auto& [figure, value] : cell->figures) names.insert(figure);
    }
    for (const std::string& figure : names) {
      const double* a = value_of(was->second.figures, figure);
      const double* b = value_of(is->second.figures, figure);
      if (a != nullptr && b != nullptr && FigureText(*a) == FigureText(*b)) continue;
      const bool both = a != nullptr && b != nullptr && *a != 0;
      lines.push_back(absl::StrCat("  ", id, ": ", figure, " ", a == nullptr ? "none" : FigureText(*a), " -> ",
                                   b == nullptr ? "none" : FigureText(*b),
                                   both ? absl::StrFormat(" (%+.1f%%)", 100 * (*b / *a - 1)) : ""));
    }
  }
  return lines;
}

}  // namespace cfgtorture::ci
