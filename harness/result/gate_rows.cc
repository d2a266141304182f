#include "harness/result/gate_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cfgtorture {

static auto Rank(const GateRow& row) {
  constexpr std::array<std::string_view, 5> kOrder = {"failed", "regressed", "undecided", "moved", "holds"};
  return std::find(kOrder.begin(), kOrder.end(), row.outcome) - kOrder.begin();
}

bool IsOfAPart(const GateRow& row) { return row.cell.empty() && row.what.empty(); }

std::vector<const GateRow*> DifferingRows(const std::vector<GateRow>& rows) {
  std::vector<const GateRow*> differing;
  for (const GateRow& row : rows) {
    if (row.outcome != "holds") differing.push_back(&row);
  }
  std::stable_sort(differing.begin(), differing.end(), [](const GateRow* a, const GateRow* b) {
    if (Rank(*a) != Rank(*b)) return Rank(*a) < Rank(*b);
    if (a->part != b->part) return false;
    return std::fabs(a->change) > std::fabs(b->change);
  });
  return differing;
}

std::string ChangeOf(const GateRow& row) { return row.change == 0 ? "" : absl::StrFormat("%+.1f%%", 100 * row.change); }

std::string StepOf(const GateRow& row) {
  if (row.before.empty() && row.after.empty()) return "";
  return absl::StrCat(row.before.empty() ? "none" : row.before, " -> ", row.after.empty() ? "none" : row.after);
}

}  // namespace cfgtorture
