#include "harness/explore/cell_token.h"

#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cfgtorture::explore {
namespace {

// In the order of the token's: a new one goes to the end.
constexpr std::string CellSpec::*kNames[] = {
    &CellSpec::strategy, &CellSpec::program,  &CellSpec::kind,    &CellSpec::argument, &CellSpec::side,
    &CellSpec::bridge,   &CellSpec::spin,     &CellSpec::flavour, &CellSpec::topology, &CellSpec::memory,
    &CellSpec::options,  &CellSpec::mutation, &CellSpec::explorer};

}  // namespace

void NameCell(const CellSpec& spec, Token& token) {
  token.cell.clear();
  for (const auto name : kNames) token.cell.push_back(spec.*name);
}

absl::StatusOr<Token> ReadToken(CellSpec& spec, const std::string& build_id, const std::string& path) {
  absl::StatusOr<Token> token = Decode(spec.replay);
  if (!token.ok()) return token.status();
  const std::vector<std::string> ours = absl::StrSplit(build_id, '-');
  const std::vector<std::string> theirs = absl::StrSplit(token->build_id, '-');
  const absl::Status malformed = absl::InvalidArgumentError("token: malformed cell");
  if (theirs.size() != 2) return malformed;
  if (ours[0] != theirs[0]) {
    return absl::InvalidArgumentError(
        absl::StrCat("token: made by another build of the worker (", theirs[0], "; this is ", ours[0], ")"));
  }
  if (ours[1] != theirs[1]) {
    return absl::InvalidArgumentError(absl::StrCat(
        "token: of \"", token->cell[1], "\", made from another build of the code under test (", theirs[1], "; ", path,
        " is ", ours[1], "): name it with --plugin FILE.so, whose build id, as `file FILE.so` shows it, begins so"));
  }
  if (token->cell.size() != std::size(kNames)) return malformed;
  for (size_t i = 0; i < std::size(kNames); ++i) spec.*kNames[i] = token->cell[i];
  spec.threads = static_cast<uint32_t>(token->threads);
  spec.ops = static_cast<uint32_t>(token->ops);
  spec.executions = 1;
  return token;
}

}  // namespace cfgtorture::explore
