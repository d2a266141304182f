#include "harness/cli/resume.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "harness/run/cells.h"
#include "harness/run/shares.h"

namespace cfgtorture::cli {
namespace {

// What does not change which executions a cell is made of.
constexpr std::array<std::string_view, 8> kMayDiffer = {"--executions", "--time", "--jobs",  "--keep-going",
                                                        "--expect",     "--json", "--quiet", kResumeOption};

bool MayDiffer(const std::string& option) {
  return std::find(kMayDiffer.begin(), kMayDiffer.end(), option) != kMayDiffer.end();
}

const std::string* Find(const Given& given, const std::string& option) {
  for (const auto& [name, value] : given) {
    if (name == option) return &value;
  }
  return nullptr;
}

}  // namespace

Given GivenOptions(const std::vector<std::string>& words, const std::vector<Option>& options) {
  Given given;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    const auto option =
        std::find_if(options.begin(), options.end(), [&](const Option& known) { return known.name == name; });
    if (option == options.end()) continue;
    if (option->flag != nullptr) {
      given.emplace_back(name, "");
    } else if (equals != std::string::npos) {
      given.emplace_back(name, words[i].substr(equals + 1));
    } else if (i + 1 < words.size()) {
      given.emplace_back(name, words[++i]);
    }
  }
  return given;
}

absl::StatusOr<std::vector<std::string>> ResumedCommand(const std::vector<std::string>& begun,
                                                        const std::vector<std::string>& words,
                                                        const std::vector<Option>& options, const std::string& folder) {
  const Given before = GivenOptions(begun, options);
  const Given now = GivenOptions(words, options);
  for (const auto& [name, value] : now) {
    if (MayDiffer(name)) continue;
    const std::string* const was = Find(before, name);
    if (was != nullptr && *was == value) continue;
    return absl::InvalidArgumentError(absl::StrCat(kResumeOption, " ", folder, ": ", name, value.empty() ? "" : " ",
                                                   value, " would be another campaign: it was begun ",
                                                   was == nullptr ? "without" : absl::StrCat("with ", name, " ", *was),
                                                   ". Leave the option out, or begin anew in another folder"));
  }
  std::vector<std::string> command(begun.begin(), begun.begin() + std::min<std::ptrdiff_t>(2, std::ssize(begun)));
  const auto add = [&](const std::string& name, const std::string& value) {
    const auto option =
        std::find_if(options.begin(), options.end(), [&](const Option& known) { return known.name == name; });
    command.push_back(name);
    if (option->flag == nullptr) command.push_back(value);
  };
  // A new limit replaces the old ones: "another 10 minutes" must not end at the executions of the first command.
  const bool new_limit = Find(now, "--executions") != nullptr || Find(now, "--time") != nullptr;
  for (const auto& [name, value] : before) {
    if (name == kResumeOption || Find(now, name) != nullptr) continue;
    if (new_limit && (name == "--executions" || name == "--time")) continue;
    add(name, value);
  }
  for (const auto& [name, value] : now) {
    if (name != kResumeOption) add(name, value);
  }
  return command;
}

void Apply(const std::vector<std::string>& words, const std::vector<Option>& options) {
  for (const auto& [name, value] : GivenOptions(words, options)) {
    for (const Option& option : options) {
      if (option.name != name) continue;
      if (option.flag != nullptr) {
        *option.flag = true;
      } else {
        *option.text = value;
      }
    }
  }
}

absl::StatusOr<RunResult> LoadCampaign(const std::string& folder, const std::string& command) {
  absl::StatusOr<RunResult> result = Load(folder + "/result.json");
  if (!result.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(kResumeOption, " ", folder, ": ",
                                                   std::string(result.status().message()),
                                                   "; expected the --out folder of cfgtorture ", command));
  }
  if (result->command.size() < 2 || result->command[1] != command) {
    return absl::InvalidArgumentError(absl::StrCat(kResumeOption, " ", folder, ": holds a result of cfgtorture ",
                                                   result->command.size() < 2 ? "?" : result->command[1],
                                                   ", not of cfgtorture ", command));
  }
  return result;
}

absl::StatusOr<std::vector<CellResult>> GoOn(std::vector<CellResult> cells, const RunResult& campaign,
                                             const std::string& build_id, const std::string& folder) {
  if (campaign.tool.build_id != build_id) {
    return absl::InvalidArgumentError(
        absl::StrCat(kResumeOption, " ", folder, ": was begun by build ", campaign.tool.build_id, "; this is ",
                     build_id, ", whose executions of the same number are others. Begin anew in another folder"));
  }
  for (CellResult& cell : cells) {
    if (!run::IsPending(cell)) continue;
    const auto earlier = std::find_if(campaign.cells.begin(), campaign.cells.end(),
                                      [&](const CellResult& other) { return other.spec.id == cell.spec.id; });
    if (earlier == campaign.cells.end() || earlier->executions == 0) continue;
    std::vector<std::string> listed;
    for (const auto& [name, outcome] : cell.hazards) listed.push_back(name);
    cell = run::Reopened(*earlier, cell.spec, listed);
  }
  return cells;
}

}  // namespace cfgtorture::cli
