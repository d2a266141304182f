#include "harness/explore/token.h"

#include <array>

#include "absl/strings/str_cat.h"

namespace cfgtorture::explore {
namespace {

constexpr std::string_view kPrefix = "ct1-";
// Crockford's base32, lower case: no i, l, o, u.
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

void PutNumber(std::string& bytes, uint64_t value) {
  while (value >= 0x80) {
    bytes.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  bytes.push_back(static_cast<char>(value));
}

void PutText(std::string& bytes, std::string_view text) {
  PutNumber(bytes, text.size());
  bytes.append(text);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const uint8_t byte = static_cast<uint8_t>(bytes_[at_++]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string Text() {
    const uint64_t size = Number();
    if (!ok_ || size > bytes_.size() - at_) {
      ok_ = false;
      return "";
    }
    std::string text(bytes_.substr(at_, size));
    at_ += size;
    return text;
  }
  // Of something that takes at least one byte each.
  uint64_t Count() {
    const uint64_t count = Number();
    if (count > bytes_.size() - at_) ok_ = false;
    return ok_ ? count : 0;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

// CRC-32 (ISO 3309): a mistyped or cut token must not replay as another schedule.
uint32_t Checksum(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

}  // namespace

std::string Encode(const Token& token) {
  std::string bytes;
  PutText(bytes, token.build_id);
  PutNumber(bytes, token.cell.size());
  for (const std::string& part : token.cell) PutText(bytes, part);
  PutNumber(bytes, token.threads);
  PutNumber(bytes, token.ops);
  PutNumber(bytes, token.racy_sites.size());
  for (uint64_t site : token.racy_sites) PutNumber(bytes, site);
  PutNumber(bytes, token.ranks.size());
  for (size_t i = 0; i < token.ranks.size();) {
    size_t zeros = 0;
    while (i + zeros < token.ranks.size() && token.ranks[i + zeros] == 0) ++zeros;
    // Even: that many zeros follow, halved. Odd: one rank.
    if (zeros != 0) {
      PutNumber(bytes, zeros * 2);
      i += zeros;
    } else {
      PutNumber(bytes, static_cast<uint64_t>(token.ranks[i]) * 2 + 1);
      ++i;
    }
  }
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(token.trace_hash >> (8 * i)));
  const uint32_t crc = Checksum(bytes);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(crc >> (8 * i)));

  std::string text(kPrefix);
  uint32_t pending = 0;
  unsigned bits = 0;
  for (char c : bytes) {
    pending = pending << 8 | static_cast<uint8_t>(c);
    for (bits += 8; bits >= 5; bits -= 5) text.push_back(kAlphabet[pending >> (bits - 5) & 31]);
    pending &= (1u << bits) - 1;
  }
  if (bits != 0) text.push_back(kAlphabet[pending << (5 - bits) & 31]);
  return text;
}

absl::StatusOr<Token> Decode(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  if (text.substr(0, 2) != "ct") return absl::InvalidArgumentError("not a token: it must begin with \"ct1-\"");
  if (text.substr(0, kPrefix.size()) != kPrefix) {
    return absl::InvalidArgumentError(
        absl::StrCat("token format \"", std::string(text.substr(0, text.find('-'))), "\"; this build reads \"ct1\""));
  }
  const std::string given =
      absl::StrCat("token \"", std::string(text.substr(0, 60)), text.size() > 60 ? "..." : "", "\"");
  text.remove_prefix(kPrefix.size());
  std::string bytes;
  uint32_t pending = 0;
  unsigned bits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t value = kAlphabet.find(text[i]);
    if (value == std::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("token: character ", i + kPrefix.size() + 1, " is not base32"));
    }
    pending = pending << 5 | static_cast<uint32_t>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>(pending >> bits));
      pending &= (1u << bits) - 1;
    }
  }
  // What is left over of the last character is padding: a character more is another token.
  if (bits >= 5 || pending != 0) {
    return absl::InvalidArgumentError(absl::StrCat(given, ": malformed end (mistyped, or cut short)"));
  }
  if (bytes.size() < 12) {
    return absl::InvalidArgumentError(absl::StrCat(given, ": cut short"));
  }
  uint32_t crc = 0;
  for (int i = 0; i < 4; ++i)
    crc |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[bytes.size() - 4 + static_cast<size_t>(i)])) << (8 * i);
  bytes.resize(bytes.size() - 4);
  if (Checksum(bytes) != crc) return absl::InvalidArgumentError("token: wrong checksum (mistyped, or cut short)");

  Token token;
  for (int i = 0; i < 8; ++i) {
    token.trace_hash |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[bytes.size() - 8 + static_cast<size_t>(i)]))
                        << (8 * i);
  }
  bytes.resize(bytes.size() - 8);
  Reader reader(bytes);
  token.build_id = reader.Text();
  for (uint64_t n = reader.Count(); n > 0 && reader.ok(); --n) token.cell.push_back(reader.Text());
  token.threads = reader.Number();
  token.ops = reader.Number();
  for (uint64_t n = reader.Count(); n > 0 && reader.ok(); --n) token.racy_sites.push_back(reader.Number());
  const uint64_t count = reader.Number();
  if (count > (uint64_t{1} << 28)) return absl::InvalidArgumentError("token: more choices than an execution can have");
  while (token.ranks.size() < count && reader.ok()) {
    const uint64_t code = reader.Number();
    if ((code & 1) != 0) {
      token.ranks.push_back(static_cast<uint32_t>(code >> 1));
    } else if (code == 0 || code / 2 > count - token.ranks.size()) {
      return absl::InvalidArgumentError("token: malformed choices");
    } else {
      token.ranks.insert(token.ranks.end(), code / 2, 0);
    }
  }
  if (!reader.ok() || !reader.at_end()) return absl::InvalidArgumentError("token: malformed");
  return token;
}

}  // namespace cfgtorture::explore
