// agreement_test.cc. Goal: engines are compared where both were asked and exercised, and nowhere else.
#include "reports/agreement.h"

#include <string>

#include "gtest/gtest.h"

namespace cfgtorture::reports {
namespace {

CellResult Cell(const std::string& engine, const std::string& program, const std::string& verdict,
                const std::string& bridge = "x86") {
  CellResult cell;
  cell.spec.engine = engine;
  cell.spec.strategy = "s";
  cell.spec.program = program;
  cell.spec.bridge = bridge;
  cell.status = "done";
  cell.hazards["data-race"].verdict = verdict;
  return cell;
}

TEST(Agreement, CountsOfWhatOneConvictsWhatTheOtherConvictsToo) {
  RunResult result;
  result.cells = {Cell("model", "p", "found"), Cell("tsan", "p", "found"),         Cell("model", "q", "found"),
                  Cell("tsan", "q", "clean"),  Cell("model", "r", "clean"),        Cell("tsan", "r", "clean"),
                  Cell("model", "t", "found"), Cell("tsan", "t", "not-exercised"), Cell("model", "u", "found")};
  const AgreementMatrix matrix = MakeAgreementMatrix(result);
  ASSERT_EQ(matrix.engines, (std::vector<std::string>{"model", "tsan"}));
  EXPECT_EQ(matrix.shares[0][1].both, 1u);
  EXPECT_EQ(matrix.shares[0][1].of, 2u);  // t was not exercised, u not asked
  EXPECT_EQ(matrix.shares[1][0].both, 1u);
  EXPECT_EQ(matrix.shares[1][0].of, 1u);
  ASSERT_EQ(matrix.rows.size(), 4u);
  EXPECT_EQ(matrix.rows[0].program, "q");  // what differs comes first
  EXPECT_TRUE(matrix.rows[0].differs);
  EXPECT_EQ(matrix.differ, 1u);
}

TEST(Agreement, FoundOnOneBridgeIsFoundAndNotApplicableIsNoAnswer) {
  RunResult result;
  result.cells = {Cell("model", "p", "clean"), Cell("model", "p", "found", "cf8"), Cell("tsan", "p", "found"),
                  Cell("model", "q", "found"), Cell("tsan", "q", "not-applicable")};
  const AgreementMatrix matrix = MakeAgreementMatrix(result);
  ASSERT_EQ(matrix.rows.size(), 1u);
  EXPECT_FALSE(matrix.rows[0].differs);
}

TEST(Agreement, HasNoRowsOfOneEngine) {
  RunResult result;
  result.cells = {Cell("model", "p", "found")};
  EXPECT_TRUE(MakeAgreementMatrix(result).rows.empty());
}

}  // namespace
}  // namespace cfgtorture::reports
