#include "harness/cli/test_lines.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "harness/cli/outcome.h"
#include "harness/cli/program_options.h"

namespace cfgtorture::cli {
namespace {

struct Parameter {
  const char* name;
  std::function<std::string(const CellSpec&)> value;
};

std::string Seconds(double seconds) { return absl::StrCat(seconds, seconds == 0 ? "" : "s"); }

}  // namespace

std::string TestParameters(const RunResult& result) {
  const std::vector<Parameter> parameters = {
      {"strategy", [](const CellSpec& s) { return s.strategy; }},
      {"workload", [](const CellSpec& s) { return s.kind == "workload" ? s.program : ""; }},
      {"probe", [](const CellSpec& s) { return s.kind == "probe" ? s.program : ""; }},
      {"engine", [](const CellSpec& s) { return s.engine; }},
      {"bridge", [](const CellSpec& s) { return s.bridge; }},
      {"flavour", [](const CellSpec& s) { return s.flavour; }},
      {"spin", [](const CellSpec& s) { return s.spin.empty() ? "default" : s.spin; }},
      {"topology", [](const CellSpec& s) { return s.topology.empty() ? "default" : s.topology; }},
      {"threads", [](const CellSpec& s) { return absl::StrCat(s.threads); }},
      {"oversubscribe", [](const CellSpec& s) { return absl::StrCat(s.oversubscribe ? 1 : 0); }},
      {"duration", [](const CellSpec& s) { return Seconds(s.duration_s); }},
      {"warm_up", [](const CellSpec& s) { return Seconds(s.warm_up_s); }},
      {"time_scale", [](const CellSpec& s) { return absl::StrCat(s.time_scale); }},
      {"latency",
       [](const CellSpec& s) {
         return s.latencies.empty() ? "default" : absl::StrJoin(s.latencies, "+", absl::PairFormatter(":"));
       }},
      {"stutter", [](const CellSpec& s) { return Seconds(s.stutter_s); }},
      {"shuffle_interval", [](const CellSpec& s) { return Seconds(s.shuffle_s); }},
      {"seed", [](const CellSpec& s) { return absl::StrCat(s.seed); }},
  };
  std::string text;
  for (const Parameter& parameter : parameters) {
    std::vector<std::string> values;
    for (const CellResult& cell : result.cells) {
      std::string value = parameter.value(cell.spec);
      if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end()) {
        values.push_back(std::move(value));
      }
    }
    if (!values.empty()) absl::StrAppend(&text, " ", parameter.name, "=", absl::StrJoin(values, ","));
  }
  // Weights, rates and patterns of each program: what was chosen, else the catalogue's.
  std::vector<std::string> programs;
  for (const CellResult& cell : result.cells) {
    if (std::find(programs.begin(), programs.end(), cell.spec.program) != programs.end()) continue;
    programs.push_back(cell.spec.program);
    const CatalogueProgram* const program = result.catalogue.FindProgram(cell.spec.kind, cell.spec.program);
    if (program == nullptr) continue;
    const std::vector<std::string> chosen = absl::StrSplit(cell.spec.options, ',', absl::SkipEmpty());
    for (const CatalogueOption& option : ChoicesOf(result.catalogue, *program)) {
      std::string value = absl::StrCat(option.name, "=", option.value);
      for (const std::string& word : chosen) {
        if (word.rfind(option.name + "=", 0) == 0) value = word;
      }
      absl::StrAppend(&text, " ", program->name, ".", value);
    }
  }
  return text;
}

std::string StartOfTest(const std::string& parameters) {
  return absl::StrCat("cfgtorture:--- Start of test:", parameters);
}

std::string EndOfTest(const std::string& parameters, int exit_status) {
  const bool incomplete = exit_status == kUndecided || exit_status == kInterrupted || exit_status == kTerminated;
  const char* const outcome = exit_status == kHolds ? "SUCCESS" : incomplete ? "INCOMPLETE" : "FAILURE";
  return absl::StrCat("cfgtorture:--- End of test: ", outcome, ":", parameters);
}

}  // namespace cfgtorture::cli
