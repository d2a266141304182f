// harness/cli/table.h: the verdicts of a run as text: a row a strategy, a column a program.
#ifndef CFGTORTURE_HARNESS_CLI_TABLE_H_
#define CFGTORTURE_HARNESS_CLI_TABLE_H_

#include <cstdio>
#include <string>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture::cli {

struct TableStyle {
  unsigned width = 80;   // columns that do not fit go into another block
  bool colours = false;  // of agreement with the expected table
};
// Of standard output; 80 and no colours unless it is a terminal.
TableStyle StyleOf(std::FILE* stream);

struct Grid {
  std::string title;
  std::vector<std::string> columns;
  struct Field {
    std::string text;
    char colour = ' ';  // 'g' agrees, 'r' disagrees, 'y' undecided, ' ' none
  };
  struct Row {
    std::string name;
    std::vector<Field> fields;
  };
  std::vector<Row> rows;
};
std::string Render(const Grid& grid, const TableStyle& style);

// Verdict of several cells, as of one program on several bridges: found, undecided, not exercised, clean, not
// applicable, in this order.
std::string Worst(const std::vector<std::string>& verdicts);

// The grids that a run fills: probes in the model, workloads in the model, libtsan, cost on native threads.
std::string VerdictTables(const RunResult& result, const TableStyle& style);

// For stress and explore: a line a cell with status, figures and the verdict of each hazard.
std::string CellLines(const RunResult& result);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_TABLE_H_
