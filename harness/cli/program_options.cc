#include "harness/cli/program_options.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "harness/cli/parse.h"

namespace cfgtorture::cli {
namespace {

std::vector<std::string> NamesOf(const std::vector<CatalogueOption>& options) {
  std::vector<std::string> names;
  names.reserve(options.size());
  for (const CatalogueOption& option : options) names.push_back(option.name);
  return names;
}

absl::Status Add(ChosenValues& chosen, const std::string& said, const std::string& name, uint64_t value) {
  if (chosen.emplace(name, ChosenValue{said, value}).second) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(said, ": ", name, " is given twice"));
}

// "TIME" or "TIME/N" into the pattern's NAME-us and NAME-every.
absl::Status AddTime(ChosenValues& chosen, const std::string& said, const std::string& name, const std::string& text,
                     bool every) {
  const size_t slash = every ? text.find('/') : std::string::npos;
  absl::StatusOr<double> seconds = ParseSeconds(said, text.substr(0, slash));
  if (!seconds.ok()) return seconds.status();
  const double us = std::ceil(*seconds * 1e6);
  if (absl::Status status = Add(chosen, said, name + "-us", static_cast<uint64_t>(us)); !status.ok()) return status;
  if (slash == std::string::npos) return absl::OkStatus();
  absl::StatusOr<uint64_t> count = ParseCount(said + " one in", text.substr(slash + 1), 1, 1'000'000'000);
  if (!count.ok()) return count.status();
  return Add(chosen, said, name + "-every", *count);
}

// "delay-wake-callback-us" -> "wake-callback"
std::vector<std::string> DelayPoints(const Catalogue& catalogue) {
  const std::string before = "delay-", after = "-us";
  std::vector<std::string> points;
  for (const CatalogueOption& pattern : catalogue.patterns) {
    const std::string& name = pattern.name;
    if (name.size() <= before.size() + after.size() || name.rfind(before, 0) != 0) continue;
    if (name.compare(name.size() - after.size(), after.size(), after) != 0) continue;
    points.push_back(name.substr(before.size(), name.size() - before.size() - after.size()));
  }
  return points;
}

}  // namespace

std::vector<Option> OptionsOf(ProgramOptions& options) {
  return {
      {"--weights", "L", "weights and rates of a workload's operations, NAME=N (cfgtorture list workloads)",
       &options.weights},
      {"--long-hold", "TIME", "an access now and then holds its locks so long; TIME/N: one in N (2000)",
       &options.long_hold},
      {"--onoff", "TIME", "take a CPU away after TIME, for TIME, then the next (workloads)", &options.onoff},
      {"--delay", "L", "busy time at a named place: wake-callback=300ms; TIME/N: one passage in N", &options.delay},
  };
}

absl::StatusOr<ChosenValues> ParseProgramOptions(const ProgramOptions& options, const Catalogue& catalogue) {
  ChosenValues chosen;
  const auto each = [](const std::string& said, const std::string& text, const char* expected,
                       const auto& add) -> absl::Status {
    if (text.empty()) return absl::OkStatus();
    for (const std::string& part : std::vector<std::string>(absl::StrSplit(text, ','))) {
      const size_t equals = part.find('=');
      if (equals == 0 || equals == std::string::npos) {
        return absl::InvalidArgumentError(absl::StrCat(said, " \"", part.substr(0, 80), "\": expected ", expected));
      }
      if (absl::Status status = add(part.substr(0, equals), part.substr(equals + 1)); !status.ok()) return status;
    }
    return absl::OkStatus();
  };
  absl::Status status = each("--weights", options.weights, "NAME=NUMBER, separated by commas",
                             [&](const std::string& name, const std::string& text) -> absl::Status {
                               const std::string said = absl::StrCat("--weights ", name.substr(0, 80));
                               absl::StatusOr<uint64_t> value = ParseCount(said, text, 0, UINT32_MAX);
                               if (!value.ok()) return value.status();
                               return Add(chosen, "--weights", name, *value);
                             });
  if (!status.ok()) return status;
  const std::vector<std::string> points = DelayPoints(catalogue);
  status = each("--delay", options.delay, "PLACE=TIME, as wake-callback=300ms",
                [&](const std::string& point, const std::string& text) -> absl::Status {
                  if (absl::Status known = CheckName("--delay", point, points); !known.ok()) return known;
                  return AddTime(chosen, "--delay", absl::StrCat("delay-", point), text, true);
                });
  if (!status.ok()) return status;
  if (!options.long_hold.empty()) {
    status = AddTime(chosen, "--long-hold", "long-hold", options.long_hold, true);
    if (!status.ok()) return status;
  }
  if (!options.onoff.empty()) {
    status = AddTime(chosen, "--onoff", "onoff", options.onoff, false);
    if (!status.ok()) return status;
  }
  return chosen;
}

std::vector<CatalogueOption> ChoicesOf(const Catalogue& catalogue, const CatalogueProgram& program) {
  std::vector<CatalogueOption> choices = program.options;
  for (const CatalogueOption& own : program.options) {
    const CatalogueProgram* const part = catalogue.FindProgram(program.kind, own.name);
    if (part == nullptr || part == &program) continue;
    for (CatalogueOption option : part->options) {
      option.name = absl::StrCat(part->name, ".", option.name);
      choices.push_back(std::move(option));
    }
  }
  // What has neither a strategy nor sides has no machine to torture.
  if (program.needs_strategy || !program.sides.empty()) {
    choices.insert(choices.end(), catalogue.patterns.begin(), catalogue.patterns.end());
  }
  return choices;
}

absl::StatusOr<std::string> ValuesFor(const Catalogue& catalogue, const CatalogueProgram& program,
                                      const ChosenValues& chosen) {
  std::string text;
  const std::vector<CatalogueOption> choices = ChoicesOf(catalogue, program);
  for (const CatalogueOption& option : choices) {
    const auto it = chosen.find(option.name);
    if (it == chosen.end()) continue;
    const ChosenValue& value = it->second;
    if (value.value < option.least || value.value > option.most) {
      return absl::InvalidArgumentError(absl::StrCat(value.said, ": ", option.name, " is ", value.value, "; ",
                                                     program.name, " takes ", option.least, " to ", option.most));
    }
    absl::StrAppend(&text, text.empty() ? "" : ",", option.name, "=", value.value);
  }
  return text;
}

absl::Status CheckKnown(const Catalogue& catalogue, const std::vector<const CatalogueProgram*>& programs,
                        const ChosenValues& chosen) {
  std::vector<std::string> known;
  for (const CatalogueProgram* program : programs) {
    const std::vector<std::string> names = NamesOf(ChoicesOf(catalogue, *program));
    known.insert(known.end(), names.begin(), names.end());
  }
  for (const auto& [name, value] : chosen) {
    if (absl::Status status = CheckName(value.said, name, known); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace cfgtorture::cli
