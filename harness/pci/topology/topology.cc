#include "harness/pci/topology/topology.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/pci/topology/address.h"

namespace cfgtorture::topology {
namespace {

constexpr size_t kBytesPerLine = 16;
constexpr size_t kLargestInput = size_t{64} << 20;  // a 1024-function machine with -xxxx is 14 MiB

struct Header {
  Address address;
  std::string_view title;
};

// "[domain:]bus:device.function title"; nothing else starts that way at the left margin.
std::optional<Header> ParseHeader(std::string_view line) {
  Header header;
  if (!ConsumeAddress(&line, &header.address) || (!line.empty() && line[0] != ' ')) return std::nullopt;
  header.title = line.size() > 1 ? line.substr(1) : std::string_view();
  return header;
}

// One pass over the lines; `current` is the function whose bytes are being read.
class Parser {
 public:
  Parser(std::string_view text, std::string_view path) : text_(text), path_(path) {}

  absl::StatusOr<Topology> Run() {
    while (!text_.empty()) {
      ++line_;
      const size_t end = text_.find('\n');
      std::string_view line = text_.substr(0, end);
      text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
      if (absl::Status status = Line(line); !status.ok()) return status;
    }
    if (absl::Status status = Finish(); !status.ok()) return status;
    if (topology_.functions.empty()) {
      return Error(line_, anything_named_ ? "functions are named, but none has a hex dump. Expected the output of "
                                            "lspci -xxx or -xxxx, run as root"
                                          : "no functions. Expected lines as lspci -xxx prints: "
                                            "\"00:1f.0 ISA bridge: ...\", then \"00: 86 80 ...\"");
    }
    if (absl::Status status = Complete(path_, &topology_); !status.ok()) return status;
    return std::move(topology_);
  }

 private:
  absl::Status Error(int line, std::string_view what) const {
    // absl::string_view of Debian's Abseil is not std::string_view.
    const std::string text(what), path(path_);
    return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ": ", text));
  }

  absl::Status Line(std::string_view line) {
    if (const std::optional<Header> header = ParseHeader(line)) return Begin(*header);
    uint32_t offset;
    const size_t digits = HexRun(line, &offset);
    const bool bytes = (digits == 2 || digits == 3) && digits < line.size() && line[digits] == ':';
    if (!bytes) return absl::OkStatus();  // verbose text, or prose around the dump
    return Bytes(offset, line.substr(digits + 1));
  }

  absl::Status Begin(const Header& header) {
    if (absl::Status status = Finish(); !status.ok()) return status;
    anything_named_ = true;
    if (!header.address.Exists()) return Error(line_, DoesNotExist(header.address));
    open_ = true;
    current_ = FunctionImage();
    current_.line = line_;
    current_.bus = static_cast<uint8_t>(header.address.bus);
    current_.devfn = static_cast<uint8_t>(header.address.device << 3 | header.address.function);
    current_.title = Printable(header.title);
    skip_ = header.address.domain > kLargestDomain;
    if (skip_) {
      topology_.warnings.push_back(DomainLeftOut(header.address));
      return absl::OkStatus();
    }
    current_.domain = static_cast<uint16_t>(header.address.domain);
    const auto [where, inserted] = lines_.emplace(Key(current_), line_);
    if (!inserted) {
      return Error(line_, absl::StrCat("duplicate function ", Name(current_), ", first on line ", where->second,
                                       ". Expected each function once"));
    }
    return absl::OkStatus();
  }

  absl::Status Bytes(uint32_t offset, std::string_view bytes) {
    if (!open_) {
      return Error(line_, absl::StrFormat("bytes at 0x%02x belong to no function. Expected a line like \"00:1f.0 ISA "
                                          "bridge: ...\" before them",
                                          offset));
    }
    const size_t have = current_.config.size();
    if (offset % kBytesPerLine != 0) {
      return Error(line_, absl::StrFormat("offset 0x%02x of %s is not a multiple of 16. Expected 0x%02x", offset,
                                          Name(current_), have));
    }
    if (offset != have || offset >= kLargestSpace) {
      return Error(line_,
                   absl::StrFormat("offset 0x%02x of %s is out of order. Expected %s", offset, Name(current_),
                                   have < kLargestSpace ? absl::StrFormat("0x%02x", have) : "no more than 4096 bytes"));
    }
    size_t count = 0;
    while (!bytes.empty()) {
      const size_t begin = bytes.find_first_not_of(" \t");
      if (begin == std::string_view::npos) break;
      bytes.remove_prefix(begin);
      const std::string_view token = bytes.substr(0, bytes.find_first_of(" \t"));
      bytes.remove_prefix(token.size());
      if (token.size() != 2 || HexDigit(token[0]) < 0 || HexDigit(token[1]) < 0) {
        return Error(line_, absl::StrFormat("byte 0x%02x of %s is not hex: \"%s\". Expected two hex digits, as lspci "
                                            "-xxx prints",
                                            offset + count, Name(current_), Printable(token.substr(0, 20))));
      }
      if (++count > kBytesPerLine) {
        return Error(line_,
                     absl::StrFormat("line 0x%02x of %s has more than 16 bytes. Expected 16", offset, Name(current_)));
      }
      current_.config.push_back(static_cast<uint8_t>(HexDigit(token[0]) << 4 | HexDigit(token[1])));
    }
    if (count < kBytesPerLine) {
      return Error(line_, absl::StrFormat("dump of %s is truncated: line 0x%02x has %d bytes. Expected 16",
                                          Name(current_), offset, count));
    }
    return absl::OkStatus();
  }

  absl::Status Finish() {
    if (!open_) return absl::OkStatus();
    open_ = false;
    const size_t size = current_.config.size();
    if (skip_) return absl::OkStatus();
    if (size == 0) {
      topology_.warnings.push_back(absl::StrCat(Name(current_), ": left out: no hex dump follows its line"));
      return absl::OkStatus();
    }
    if (!IsSizeOfASpace(size)) {
      return Error(current_.line, absl::StrFormat("dump of %s is truncated: it ends at 0x%02x. Expected 64, 128, 256 "
                                                  "or 4096 bytes",
                                                  Name(current_), size));
    }
    topology_.functions.push_back(std::move(current_));
    return absl::OkStatus();
  }

  std::string_view text_;
  std::string_view path_;
  int line_ = 0;
  bool open_ = false;            // a header line was read
  bool skip_ = false;            // of a function that we leave out
  bool anything_named_ = false;  // tells "no hex" from "not lspci's output at all"
  FunctionImage current_;
  std::map<FunctionKey, int> lines_;
  Topology topology_;
};

}  // namespace

absl::StatusOr<Topology> Parse(std::string_view text, std::string_view path) { return Parser(text, path).Run(); }

absl::StatusOr<Topology> Load(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return LoadFolder(path);
  std::FILE* file = std::fopen(path.c_str(), "rb");
  const auto failed = [&] {
    const int error = errno;
    if (file != nullptr) std::fclose(file);
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": cannot be read: ", std::strerror(error), ". Expected a file of lspci -xxx text"));
  };
  if (file == nullptr) return failed();
  std::string text;
  char buffer[1 << 16];
  errno = 0;
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
    text.append(buffer, n);
    if (text.size() > kLargestInput) {
      std::fclose(file);
      return absl::InvalidArgumentError(absl::StrCat(path, ": larger than 64 MiB. Expected lspci -xxx text"));
    }
  }
  if (std::ferror(file) != 0) return failed();
  std::fclose(file);
  return Parse(text, path);
}

std::string Dump(const Topology& topology) {
  std::string out;
  for (const FunctionImage& function : topology.functions) {
    absl::StrAppend(&out, Name(function), " ", Printable(function.title), "\n");
    for (size_t at = 0; at < function.config.size(); ++at) {
      if (at % kBytesPerLine == 0) absl::StrAppendFormat(&out, "%02x:", at);
      absl::StrAppendFormat(&out, " %02x", function.config[at]);
      if (at % kBytesPerLine == kBytesPerLine - 1) out += '\n';
    }
    out += '\n';
  }
  return out;
}

}  // namespace cfgtorture::topology
