// cfgtorture: the front end. This file alone knows CLI11.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/parse.h"
#include "harness/result/printable.h"
#include "harness/result/text_file.h"

namespace cfgtorture::cli {
namespace {

constexpr int kUsage = 2;
constexpr int kHarnessFailed = 3;

const char* const kExitText =
    "Exit status: 0 holds; 1 a verdict differs, or a finding; 2 usage or input; 3 the harness failed, or the control "
    "was\n"
    "not convicted; 4 undecided or not run; 130, 143 interrupted, with a valid partial result.";

int Complain(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  std::fprintf(stderr, "cfgtorture: %s\n", PrintableLine(line).c_str());
  return kUsage;
}

// CLI11 knows no nearest match: the first word that nobody expected, with the option or command that it may have meant.
int ComplainOfWord(const std::vector<std::string>& words, const std::vector<std::string>& commands,
                   const std::vector<std::string>& options, bool has_command) {
  for (const std::string& word : words) {
    if (word.size() > 1 && word[0] == '-') {
      const std::string name = word.substr(0, word.find('='));
      if (absl::Status status = CheckName("option", name, options); !status.ok()) {
        return Complain(std::string(status.message()));
      }
    } else if (!has_command) {
      if (absl::Status status = CheckName("command", word, commands); !status.ok()) {
        return Complain(std::string(status.message()));
      }
    }
  }
  return Complain("unexpected word; see --help");
}

int Main(int argc, char** argv) {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(MakeCompare());
  commands.push_back(MakeStress());
  commands.push_back(MakeExplore());
  commands.push_back(MakeReplay());
  commands.push_back(MakeAudit());
  commands.push_back(MakeClaims());
  commands.push_back(MakeReport());
  commands.push_back(MakeMerge());
  commands.push_back(MakeGate());
  commands.push_back(MakeList());

  CLI::App app("cfgtorture: which lock, if any, must guard PCI configuration space? Stress, exploration and evidence.",
               "cfgtorture");
  app.footer(kExitText);
  app.set_version_flag("--version", std::string("cfgtorture " CFGT_VERSION));
  app.require_subcommand(0, 1);
  std::vector<std::string> names;
  std::vector<CLI::App*> subcommands;
  for (const std::unique_ptr<Command>& command : commands) {
    names.push_back(command->name());
    CLI::App* sub = app.add_subcommand(command->name(), command->summary());
    sub->footer(absl::StrCat("Examples:\n", command->examples(), "\n", kExitText));
    for (const Option& option : command->options()) {
      if (option.flag != nullptr) {
        sub->add_flag(option.name, *option.flag, option.help);
      } else if (option.words != nullptr) {
        sub->add_option(option.name, *option.words, option.help)->option_text("...");
      } else {
        CLI::Option* added = sub->add_option(option.name, *option.text, option.help);
        added->option_text(option.name[0] == '-' ? option.value : "");
        if (option.name[0] == '-') added->multi_option_policy(CLI::MultiOptionPolicy::Throw);
      }
    }
    subcommands.push_back(sub);
  }

  const std::vector<std::string> words(argv + 1, argv + argc);
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  CLI::App* chosen = nullptr;
  std::vector<std::string> known = {"--help", "-h", "--version"};
  try {
    app.parse(reversed);
    for (CLI::App* sub : subcommands) {
      if (sub->parsed()) chosen = sub;
    }
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help) == 0 ? 0 : kUsage;
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version) == 0 ? 0 : kUsage;
  } catch (const CLI::ParseError& error) {
    size_t at = 0;
    while (at < subcommands.size() && (words.empty() || words[0] != names[at])) ++at;
    const bool has_command = at < subcommands.size();
    if (has_command) {
      for (const Option& option : commands[at]->options()) {
        if (option.name[0] == '-') known.push_back(option.name);
      }
    }
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr || !has_command)
      return ComplainOfWord(words, names, known, has_command);
    return Complain(error.what());
  }

  if (chosen == nullptr) {
    std::fputs(app.help().c_str(), stderr);
    return kUsage;
  }
  for (size_t i = 0; i < subcommands.size(); ++i) {
    if (subcommands[i] != chosen) continue;
    const std::vector<Option> options = commands[i]->options();
    for (const Option& option : options) {  // CLI11 takes whatever follows for a value
      const bool eaten =
          option.text != nullptr && std::any_of(options.begin(), options.end(), [&](const Option& other) {
            return other.name[0] == '-' && *option.text == other.name;
          });
      if (eaten) return Complain(absl::StrCat(option.name, ": ", *option.text, " is no value, but another option"));
    }
    std::vector<std::string> line = {"cfgtorture"};
    line.insert(line.end(), words.begin(), words.end());
    absl::StatusOr<int> status = commands[i]->Run(line);
    if (const absl::Status flushed = FlushStdout(); status.ok() && !flushed.ok()) status = flushed;
    if (status.ok()) return *status;
    Complain(std::string(status.status().message()));
    return absl::IsInvalidArgument(status.status()) || absl::IsNotFound(status.status()) ? kUsage : kHarnessFailed;
  }
  return kUsage;
}

}  // namespace
}  // namespace cfgtorture::cli

int main(int argc, char** argv) { return cfgtorture::cli::Main(argc, argv); }
