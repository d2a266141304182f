// harness/explore/token.h: a schedule as text: "ct1-" and base32. Whoever has the token and the same build has the bug.
//
// Holds: format, build id (worker and object), the cell (strategy, program, options), what earlier executions taught
// (racy places as offsets into the object), the ranks of the choices (replayed.h), and the hash that the replay must
// reproduce; then a checksum. Integers are LEB128; runs of zeros among the ranks are counted.
#ifndef CFGTORTURE_HARNESS_EXPLORE_TOKEN_H_
#define CFGTORTURE_HARNESS_EXPLORE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cfgtorture::explore {

struct Token {
  std::string build_id;
  // In order: strategy, program, kind, argument, side, bridge, spin, flavour, topology, memory, options, mutation,
  // explorer.
  std::vector<std::string> cell;
  uint64_t threads = 0;
  uint64_t ops = 0;
  std::vector<uint64_t> racy_sites;
  std::vector<uint32_t> ranks;
  uint64_t trace_hash = 0;
};

std::string Encode(const Token& token);
// Errors say which part is wrong: not a token, another format version, a bad character, a bad checksum, cut short.
absl::StatusOr<Token> Decode(std::string_view text);

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_TOKEN_H_
