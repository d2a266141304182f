// ci/gate/figures.h: the figures of a model's cell that a baseline keeps, and how far each may go before somebody has
// to look. All of them follow from the sources, the compiler and the seed: no clock of this machine is in them.
#ifndef CFGTORTURE_CI_GATE_FIGURES_H_
#define CFGTORTURE_CI_GATE_FIGURES_H_

#include <map>
#include <string>
#include <string_view>

#include "harness/result/cell.h"

namespace cfgtorture::ci {

enum class Better {
  kLess,     // more is a regression, less has moved
  kNeither,  // it tells that the program or its exploration is another one, and not which is better
};

struct FigureRule {
  std::string_view name;  // of the figure, or its first word: "hold" for "hold pci_lock"
  Better better;
  double threshold;  // of the baseline's value
  std::string_view why;
};

// Of a cell of the engine class model that is done; else empty. Steps, accesses and distinct schedules are means over
// executions, and only of cells that ran to their limit: one that stops at its finding has run too few.
//   modelled_ns, "hold LOCK", "wait LOCK", "contentions LOCK"   of a run in virtual time, ns or a count
//   steps, accesses, distinct                                   an execution
//   "first HAZARD"                                              executions to the first that showed it
std::map<std::string, double> FiguresOf(const CellResult& cell);

std::string FigureText(double value);  // to six digits

// Null: no such figure.
const FigureRule* RuleOf(std::string_view figure);

}  // namespace cfgtorture::ci

#endif  // CFGTORTURE_CI_GATE_FIGURES_H_
