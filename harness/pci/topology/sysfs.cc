// harness/pci/topology/sysfs.cc: a machine from a folder of `config` files, as Linux shows them in sysfs.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/pci/topology/address.h"
#include "harness/pci/topology/topology.h"

namespace cfgtorture::topology {
namespace {

namespace fs = std::filesystem;

constexpr char kExpected[] =
    "Expected the layout of /sys/bus/pci/devices (0000:03:00.0/config), or files named 0000:03:00.0 or "
    "0000:03:00.0.config";
constexpr int kDeepest = 32;  // bridges below bridges; a path of links that never ends is deeper
constexpr size_t kMostFiles = 0x10000;

absl::Status Error(const std::string& path, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(Printable(path), ": ", what));
}

// An address and nothing after it but what a file may be called beyond it.
bool ParseName(std::string_view name, Address* address) {
  if (!ConsumeAddress(&name, address)) return false;
  return name.empty() || name == ".config" || name == ".bin";
}

// Collects the files. Links are followed at the first level only, where sysfs has nothing else: below, they lead
// everywhere.
class Walk {
 public:
  explicit Walk(const std::string& folder) : folder_(folder) {}

  absl::Status Run() { return Folder(folder_, 0); }
  std::vector<ConfigFile>& files() { return files_; }
  std::vector<std::string> Warnings() const {
    if (strangers_ == 0) return {};
    return {absl::StrCat(folder_, ": ", strangers_, strangers_ == 1 ? " entry" : " entries",
                         " left out: not called as a function is, as \"", Printable(a_stranger_), "\"")};
  }

 private:
  absl::Status Folder(const fs::path& folder, int depth) {
    std::error_code error;
    std::set<fs::path> entries;  // in order: what is reported does not depend on the file system
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (entries.size() >= kMostFiles) return Error(folder.string(), "more than 65536 entries. " + Expected());
      entries.insert(it->path());
    }
    if (error) return Error(folder.string(), absl::StrCat("cannot be read: ", error.message(), ". ", Expected()));
    for (const fs::path& entry : entries) {
      if (absl::Status status = Entry(entry, depth); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Entry(const fs::path& entry, int depth) {
    const std::string name = entry.filename().string();
    if (name[0] == '.') return absl::OkStatus();
    std::error_code error;
    Address address;
    const bool is_function = ParseName(name, &address);
    const bool is_root = absl::StartsWith(name, "pci") && name.find(':') != std::string::npos;  // "pci0000:00"
    const bool is_link = fs::is_symlink(entry, error);
    if (depth > 0 && is_link) return absl::OkStatus();
    if (!fs::is_directory(entry, error)) {
      if (depth > 0) return absl::OkStatus();  // attributes beside `config`
      if (is_function) return File(name, entry);
      Stranger(name);
      return absl::OkStatus();
    }
    if (!is_function && !is_root) {
      if (depth == 0) Stranger(name);
      return absl::OkStatus();
    }
    if (depth >= kDeepest) return Error(entry.string(), "deeper than 32 folders. " + Expected());
    if (is_function) {
      // The same function, reached by its link and below its bridge.
      const fs::path real = fs::canonical(entry, error);
      if (!error && !visited_.insert(real).second) return absl::OkStatus();
      if (!fs::exists(entry / "config", error)) {
        return Error(entry.string(), absl::StrCat("has no file config. ", Expected()));
      }
      if (absl::Status status = File(name, entry / "config"); !status.ok()) return status;
    }
    return Folder(entry, depth + 1);
  }

  absl::Status File(const std::string& name, const fs::path& path) {
    if (files_.size() >= kMostFiles) return Error(folder_, "more than 65536 functions. " + Expected());
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return Error(path.string(), absl::StrCat("cannot be read: ", std::strerror(errno)));
    std::string bytes(kLargestSpace + 1, '\0');  // one more tells that it is too large
    errno = 0;
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    const int failed = std::ferror(file) ? errno : 0;
    std::fclose(file);
    if (failed != 0) return Error(path.string(), absl::StrCat("cannot be read: ", std::strerror(failed)));
    files_.push_back({name, path.string(), std::move(bytes)});
    return absl::OkStatus();
  }

  void Stranger(const std::string& name) {
    if (strangers_++ == 0) a_stranger_ = name;
  }
  static std::string Expected() { return kExpected; }

  const std::string folder_;
  std::vector<ConfigFile> files_;
  std::set<fs::path> visited_;
  int strangers_ = 0;
  std::string a_stranger_;
};

// As lspci -n heads a function: what is known without a list of names.
std::string TitleOf(const std::vector<uint8_t>& config) {
  return absl::StrFormat("%02x%02x: %02x%02x:%02x%02x", config[0x0b], config[0x0a], config[1], config[0], config[3],
                         config[2]);
}

}  // namespace

absl::StatusOr<Topology> FromConfigFiles(const std::vector<ConfigFile>& files, std::string_view path) {
  Topology topology;
  std::map<FunctionKey, const ConfigFile*> known;
  for (const ConfigFile& file : files) {
    Address address;
    if (!ParseName(file.name, &address)) {
      return Error(file.path, absl::StrCat("\"", Printable(file.name), "\" is no function's address. ", kExpected));
    }
    if (!address.Exists()) return Error(file.path, DoesNotExist(address));
    if (address.domain > kLargestDomain) {
      topology.warnings.push_back(DomainLeftOut(address));
      continue;
    }
    FunctionImage image;
    image.domain = static_cast<uint16_t>(address.domain);
    image.bus = static_cast<uint8_t>(address.bus);
    image.devfn = static_cast<uint8_t>(address.device << 3 | address.function);
    const size_t size = file.bytes.size();
    if (size == 0)
      return Error(file.path, absl::StrCat("config of ", Name(image), " is empty. Expected 64 to 4096 bytes"));
    if (size > kLargestSpace) {
      return Error(file.path, absl::StrCat("config of ", Name(image),
                                           " is larger than 4096 bytes. Expected what sysfs "
                                           "gives: 64, 128, 256 or 4096"));
    }
    if (!IsSizeOfASpace(size)) {
      return Error(file.path, absl::StrFormat("config of %s is truncated: it ends at 0x%02x. Expected 64, 128, 256 or "
                                              "4096 bytes",
                                              Name(image), size));
    }
    const auto [where, inserted] = known.emplace(Key(image), &file);
    if (!inserted) {
      if (where->second->bytes == file.bytes) continue;  // a copy that followed links has it twice
      return Error(file.path, absl::StrCat("duplicate function ", Name(image), ", and another in ",
                                           Printable(where->second->path), ". Expected each function once"));
    }
    if (file.bytes.find_first_not_of('\xff') == std::string::npos) {
      topology.warnings.push_back(
          absl::StrCat(Name(image), ": left out: it reads all ones, so it was gone or in D3cold"));
      continue;
    }
    if (size == 64) {
      topology.warnings.push_back(
          absl::StrCat(Name(image), ": 64 bytes, and no capabilities: sysfs shows more to root alone"));
    }
    image.config.assign(file.bytes.begin(), file.bytes.end());
    image.title = TitleOf(image.config);
    topology.functions.push_back(std::move(image));
  }
  if (topology.functions.empty()) {
    return Error(std::string(path), absl::StrCat("no functions. ", kExpected));
  }
  if (absl::Status status = Complete(path, &topology); !status.ok()) return status;
  return topology;
}

absl::StatusOr<Topology> LoadFolder(const std::string& path) {
  Walk walk(path);
  if (absl::Status status = walk.Run(); !status.ok()) return status;
  absl::StatusOr<Topology> topology = FromConfigFiles(walk.files(), path);
  if (!topology.ok()) return topology;
  for (std::string& warning : walk.Warnings()) topology->warnings.push_back(std::move(warning));
  return topology;
}

}  // namespace cfgtorture::topology
