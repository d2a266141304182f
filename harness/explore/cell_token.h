// harness/explore/cell_token.h: the cell that a token names (explore/token.h has its letters).
#ifndef CFGTORTURE_HARNESS_EXPLORE_CELL_TOKEN_H_
#define CFGTORTURE_HARNESS_EXPLORE_CELL_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "harness/explore/token.h"
#include "harness/result/cell.h"

namespace cfgtorture::explore {

void NameCell(const CellSpec& spec, Token& token);

// The token spec.replay; what `spec` says of the cell is replaced by what it says. Errors: it is none, or of another
// build than `build_id` ("worker-code"); `path` is the code's.
absl::StatusOr<Token> ReadToken(CellSpec& spec, const std::string& build_id, const std::string& path);

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_CELL_TOKEN_H_
