// harness/cli/command.h: what a command of the command line is. One file a command, its help within.
#ifndef CFGTORTURE_HARNESS_CLI_COMMAND_H_
#define CFGTORTURE_HARNESS_CLI_COMMAND_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cfgtorture::cli {

// An option is text until its command has looked at it, so that every complaint reads alike; main.cc hands it to CLI11.
struct Option {
  const char* name;   // "--duration", or "TOKEN" for a word in order
  const char* value;  // what stands for its value in the help, "TIME"; null for a flag
  const char* help;
  std::string* text = nullptr;
  bool* flag = nullptr;
  std::vector<std::string>* words = nullptr;  // of a word in order: any number of them. Exactly one of the three
};

class Command {
 public:
  virtual ~Command() = default;
  virtual const char* name() const = 0;
  virtual const char* summary() const = 0;   // one line
  virtual const char* examples() const = 0;  // ends the help
  virtual std::vector<Option> options() = 0;
  // Returns the exit status. `words`: the whole command line. Errors: InvalidArgument and NotFound are the user's (exit
  // 2), all others the harness's (exit 3).
  virtual absl::StatusOr<int> Run(const std::vector<std::string>& words) = 0;
};

std::unique_ptr<Command> MakeCompare();
std::unique_ptr<Command> MakeStress();
std::unique_ptr<Command> MakeExplore();
std::unique_ptr<Command> MakeReplay();
std::unique_ptr<Command> MakeAudit();
std::unique_ptr<Command> MakeClaims();
std::unique_ptr<Command> MakeReport();
std::unique_ptr<Command> MakeMerge();
std::unique_ptr<Command> MakeGate();
std::unique_ptr<Command> MakeList();

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_COMMAND_H_
