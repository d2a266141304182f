// harness/cli/selection.h: from the names on a command line to the cells of stress and explore.
#ifndef CFGTORTURE_HARNESS_CLI_SELECTION_H_
#define CFGTORTURE_HARNESS_CLI_SELECTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/cli/command.h"
#include "harness/cli/program_options.h"
#include "harness/result/catalogue.h"
#include "harness/result/cell.h"

namespace cfgtorture::cli {

// As text; lists of names or "all". A strategy may carry its spin algorithm ("rwsem:ticket"), a program its argument
// ("lock-counter:ticket:3x2").
struct SelectionOptions {
  std::string strategy;
  std::string workload;
  std::string probe;
  std::string scenario;
  std::string side;     // of scenarios: buggy, fixed; "" is all that there are
  std::string bridge;   // "": the first that the program is about and the strategy takes
  std::string flavour;  // "": those that the program is meant for
  std::string spin;     // spin algorithm
  std::string latency;  // "ecam=200,retry=1000"
  ProgramOptions program;
};
std::vector<Option> OptionsOf(SelectionOptions& options, bool with_scenarios);

std::vector<std::string> NamesOfStrategies(const Catalogue& catalogue);
std::vector<std::string> NamesOfPrograms(const Catalogue& catalogue, const std::string& kind);

// "model/waitqueue-v5.9/dead-entry/x86/preempt"
std::string IdOf(const CellSpec& spec);

bool Contains(const std::vector<std::string>& list, const std::string& word);

// Does the strategy take this bridge?
bool Takes(const CatalogueStrategy& strategy, const std::string& bridge);
// The first bridge that it takes, of those `preferred` and then of all; "" if it takes none.
std::string FirstBridge(const Catalogue& catalogue, const CatalogueStrategy& strategy,
                        const std::vector<std::string>& preferred);

// A cell that the strategy refuses: not run, and its hazards not applicable, with the strategy's reason.
CellResult RefusedCell(const CellSpec& spec, const CatalogueStrategy& strategy, const CatalogueProgram& program);

// `threads`: as the user gave it, "" if not. None of `cells` takes it unless it is a workload.
absl::Status CheckThreads(const std::vector<CellResult>& cells, const std::string& threads);

// The product of what is selected, each cell with an id; `common` is what they share (engine, seed, limits). A refused
// bridge is a cell that is not run.
absl::StatusOr<std::vector<CellResult>> Select(const Catalogue& catalogue, const SelectionOptions& options,
                                               const CellSpec& common);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_SELECTION_H_
