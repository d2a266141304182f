// harness/cli/program_options.h: weights, rates and torture patterns: from the command line to the cells' `options`.
#ifndef CFGTORTURE_HARNESS_CLI_PROGRAM_OPTIONS_H_
#define CFGTORTURE_HARNESS_CLI_PROGRAM_OPTIONS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/cli/command.h"
#include "harness/result/catalogue.h"

namespace cfgtorture::cli {

// As text.
struct ProgramOptions {
  std::string weights;    // "vfio-hotplug=4,reads=2"
  std::string delay;      // "wake-callback=300ms,wake-callback=1ms/100"
  std::string long_hold;  // "100ms", "100ms/2000"
  std::string onoff;      // "10ms"
};
std::vector<Option> OptionsOf(ProgramOptions& options);

// What they say, by the catalogue's names of options.
struct ChosenValue {
  std::string said;  // the option of the command line, for messages
  uint64_t value = 0;
};
using ChosenValues = std::map<std::string, ChosenValue>;
absl::StatusOr<ChosenValues> ParseProgramOptions(const ProgramOptions& options, const Catalogue& catalogue);

// What may be chosen for a program: its own, those of its parts as "PART.OPTION", and the patterns.
std::vector<CatalogueOption> ChoicesOf(const Catalogue& catalogue, const CatalogueProgram& program);

// "NAME=NUMBER,NAME=NUMBER" of those that the program knows, each in its range.
absl::StatusOr<std::string> ValuesFor(const Catalogue& catalogue, const CatalogueProgram& program,
                                      const ChosenValues& chosen);

// Fails if none of the programs knows one of the names.
absl::Status CheckKnown(const Catalogue& catalogue, const std::vector<const CatalogueProgram*>& programs,
                        const ChosenValues& chosen);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_PROGRAM_OPTIONS_H_
