#include "harness/run/changed_code.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cfgtorture::run {
namespace {

class Object {
 public:
  struct Function {
    uint64_t address = 0;
    std::string_view bytes;
  };
  using Functions = std::map<std::string, std::vector<Function>>;  // by name, which several may have

  explicit Object(const std::string& path) {
    elf_version(EV_CURRENT);
    file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    elf_ = file_ < 0 ? nullptr : elf_begin(file_, ELF_C_READ_MMAP, nullptr);
    if (elf_ != nullptr && elf_kind(elf_) == ELF_K_ELF) Read();
  }
  ~Object() {
    if (elf_ != nullptr) elf_end(elf_);
    if (file_ >= 0) close(file_);
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  const std::map<std::string, Functions>& sources() const { return sources_; }

  // "name + 12" of a symbol, or a section of data; "" for what is neither.
  std::string Place(uint64_t address) const {
    auto symbol = symbols_.upper_bound(address);
    if (symbol != symbols_.begin() && address < (--symbol)->first + symbol->second.first) {
      return absl::StrCat(symbol->second.second, " + ", address - symbol->first);
    }
    for (const Section& section : sections_) {
      if (address >= section.begin && address < section.end) return section.name;
    }
    return "";
  }

 private:
  struct Section {
    uint64_t begin = 0, end = 0;
    std::string name;
  };

  void Read() {
    size_t names = 0;
    if (elf_getshdrstrndx(elf_, &names) != 0) return;
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_, section)) != nullptr;) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) == nullptr) continue;
      const char* const name = elf_strptr(elf_, names, header.sh_name);
      // What lies between the functions of .text is no place; calls out go through .plt.
      const bool code = (header.sh_flags & SHF_EXECINSTR) != 0;
      if ((header.sh_flags & SHF_ALLOC) != 0 && name != nullptr && (!code || absl::StartsWith(name, ".plt"))) {
        sections_.push_back({header.sh_addr, header.sh_addr + header.sh_size, name});
      }
      if (header.sh_type == SHT_SYMTAB) ReadSymbols(section, header);
    }
  }

  void ReadSymbols(Elf_Scn* section, const GElf_Shdr& header) {
    Elf_Data* const data = elf_getdata(section, nullptr);
    if (data == nullptr || header.sh_entsize == 0) return;
    std::string source;
    for (size_t i = 1; i < header.sh_size / header.sh_entsize; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) continue;
      const char* const name = elf_strptr(elf_, header.sh_link, symbol.st_name);
      if (name == nullptr) continue;
      const int type = GELF_ST_TYPE(symbol.st_info);
      if (type == STT_FILE) {
        source = std::string(name);
        source.resize(std::min(source.size(), source.rfind('.')));
      }
      if ((type != STT_FUNC && type != STT_OBJECT) || symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0) continue;
      symbols_[symbol.st_value] = {symbol.st_size, name};
      if (type != STT_FUNC || GELF_ST_BIND(symbol.st_info) != STB_LOCAL || source.empty()) continue;
      const std::string_view bytes = BytesOf(symbol);
      if (!bytes.empty()) sources_[source][name].push_back({symbol.st_value, bytes});
    }
  }

  std::string_view BytesOf(const GElf_Sym& symbol) const {
    Elf_Scn* const section = elf_getscn(elf_, symbol.st_shndx);
    GElf_Shdr header;
    if (section == nullptr || gelf_getshdr(section, &header) == nullptr || symbol.st_value < header.sh_addr) return {};
    const Elf_Data* const data = elf_rawdata(section, nullptr);
    const uint64_t offset = symbol.st_value - header.sh_addr;
    if (data == nullptr || data->d_buf == nullptr || offset + symbol.st_size > data->d_size) return {};
    return {static_cast<const char*>(data->d_buf) + offset, symbol.st_size};
  }

  int file_ = -1;
  Elf* elf_ = nullptr;
  std::vector<Section> sections_;
  std::map<uint64_t, std::pair<uint64_t, std::string>> symbols_;  // by address: size, name
  std::map<std::string, Functions> sources_;
};

// Do four bytes at `at` of either lead to the same place? From the end of their instruction, which may have some bytes
// of a constant yet.
bool SamePlace(const Object& a, const Object::Function& in_a, const Object& b, const Object::Function& in_b,
               size_t at) {
  int32_t offset_a = 0, offset_b = 0;
  std::memcpy(&offset_a, in_a.bytes.data() + at, sizeof offset_a);
  std::memcpy(&offset_b, in_b.bytes.data() + at, sizeof offset_b);
  for (const size_t constant : {0u, 1u, 2u, 4u}) {
    const size_t end = at + sizeof offset_a + constant;
    const std::string place = a.Place(in_a.address + end + static_cast<uint64_t>(int64_t{offset_a}));
    if (!place.empty() && place == b.Place(in_b.address + end + static_cast<uint64_t>(int64_t{offset_b}))) return true;
  }
  return false;
}

bool Same(const Object& a, const Object::Function& in_a, const Object& b, const Object::Function& in_b) {
  if (in_a.bytes.size() != in_b.bytes.size()) return false;
  for (size_t i = 0; i < in_a.bytes.size();) {
    if (in_a.bytes[i] == in_b.bytes[i]) {
      ++i;
      continue;
    }
    size_t at = i < 3 ? 0 : i - 3;  // their first bytes may be equal
    while (at <= i && (at + 4 > in_a.bytes.size() || !SamePlace(a, in_a, b, in_b, at))) ++at;
    if (at > i) return false;
    i = at + 4;
  }
  return true;
}

bool Same(const Object& a, const Object::Functions& in_a, const Object& b, const Object::Functions& in_b) {
  return std::equal(in_a.begin(), in_a.end(), in_b.begin(), in_b.end(), [&](const auto& x, const auto& y) {
    return x.first == y.first &&
           std::equal(x.second.begin(), x.second.end(), y.second.begin(), y.second.end(),
                      [&](const Object::Function& f, const Object::Function& g) { return Same(a, f, b, g); });
  });
}

}  // namespace

std::vector<std::string> ChangedSources(const std::string& before, const std::string& after) {
  const Object a(before), b(after);
  std::vector<std::string> changed;
  for (const auto& [source, functions] : b.sources()) {
    const auto was = a.sources().find(source);
    if (was == a.sources().end() || !Same(a, was->second, b, functions)) changed.push_back(source);
  }
  return changed;
}

}  // namespace cfgtorture::run
