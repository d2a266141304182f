#include "reports/agreement.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace cfgtorture::reports {

AgreementMatrix MakeAgreementMatrix(const RunResult& result) {
  AgreementMatrix matrix;
  std::map<std::tuple<std::string, std::string, std::string>, std::map<size_t, Verdict>> asked;
  for (const CellResult& cell : result.cells) {
    size_t engine = 0;
    while (engine < matrix.engines.size() && matrix.engines[engine] != cell.spec.engine) ++engine;
    if (engine == matrix.engines.size()) matrix.engines.push_back(cell.spec.engine);
    const std::string program = cell.spec.flavour == "preempt" || cell.spec.flavour.empty()
                                    ? cell.spec.program
                                    : cell.spec.program + " (" + cell.spec.flavour + ")";
    for (const auto& [hazard, outcome] : cell.hazards) {
      const Verdict verdict = VerdictFrom(outcome.verdict);
      if (verdict == Verdict::kNotApplicable || cell.status == "not-run") continue;
      const auto [it, is_new] = asked[{program, RowName(cell.spec), hazard}].emplace(engine, verdict);
      if (is_new) continue;
      // Found on one bridge is found; clean on one is clean; else it was not reached.
      const auto rank = [](Verdict v) { return v == Verdict::kFound ? 2 : v == Verdict::kClean ? 1 : 0; };
      if (rank(verdict) > rank(it->second)) it->second = verdict;
    }
  }
  const size_t n = matrix.engines.size();
  matrix.shares.assign(n, std::vector<AgreementMatrix::Share>(n));
  for (const auto& [key, by_engine] : asked) {
    if (by_engine.size() < 2) continue;
    AgreementRow row{std::get<1>(key), std::get<0>(key), std::get<2>(key), std::vector<Verdict>(n, Verdict::kNotRun)};
    bool found = false, clean = false;
    for (const auto& [engine, verdict] : by_engine) {
      row.verdicts[engine] = verdict;
      found |= verdict == Verdict::kFound;
      clean |= verdict == Verdict::kClean;
      if (verdict != Verdict::kFound) continue;
      for (const auto& [other, also] : by_engine) {
        if (also != Verdict::kFound && also != Verdict::kClean) continue;
        ++matrix.shares[engine][other].of;
        matrix.shares[engine][other].both += also == Verdict::kFound;
      }
    }
    row.differs = found && clean;
    matrix.differ += row.differs;
    matrix.rows.push_back(std::move(row));
  }
  std::stable_sort(matrix.rows.begin(), matrix.rows.end(),
                   [](const AgreementRow& a, const AgreementRow& b) { return a.differs && !b.differs; });
  return matrix;
}

}  // namespace cfgtorture::reports
