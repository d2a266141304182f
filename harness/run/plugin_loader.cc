#include "harness/run/plugin_loader.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cfgtorture::run {
namespace {

struct Refusal {
  const char* prefix;
  const char* instead;
};

// What the checkers cannot see, and what a plug-in should use. The first match speaks.
constexpr std::array kRefused = {
    Refusal{"__atomic_", "a std::atomic of 1, 2, 4, 8 or 16 bytes"},
    Refusal{"pthread_mutex", "the kernel word Mutex or RawSpinlock (std::mutex is not seen)"},
    Refusal{"pthread_cond", "the kernel words WaitQueueHead or Completion (std::condition_variable is not seen)"},
    Refusal{"pthread_", "kthread_run(), or cfgt_task_start() in C"},
    Refusal{"thrd_", "cfgt_task_start()"},
    Refusal{"mtx_", "a lock of atomics (the C library's is not seen)"},
    Refusal{"__assert_fail", "cfgt_assert()"},
    Refusal{"_ZNSt6thread", "kthread_run()"},
    Refusal{"_ZNSt28__atomic_wait",
            "the kernel words WaitQueueHead or Completion (std::atomic::wait is a system call)"},
    Refusal{"syscall", "the kernel's words"},
    Refusal{"_ZNSt15__detail15_List_node_base", "an intrusive list (std::list links inside libstdc++, unseen)"},
    Refusal{"_ZSt29_Rb_tree", "an array (std::map links inside libstdc++, unseen)"},
    Refusal{"_ZSt18_Rb_tree", "an array (std::map links inside libstdc++, unseen)"},
    Refusal{"_ZNSt7__cxx1112basic_string", "const char* (std::string copies inside libstdc++, unseen)"},
    Refusal{"__tls_get_addr", "this_cpu() (thread_local belongs to the worker's thread, not to a task)"},
};

constexpr std::array<std::string_view, 5> kAllowedPrefixes = {"__tsan_", "__wrap_", "_ZN10cfgtorture6engine",
                                                              "_ZN10cfgtorture8observer", "_ZN10cfgtorture2hw"};

constexpr std::array<std::string_view, 18> kAllowed = {"__cxa_atexit",
                                                       "__cxa_finalize",
                                                       "__cxa_pure_virtual",
                                                       "__gmon_start__",
                                                       "__stack_chk_fail",
                                                       "_ITM_deregisterTMCloneTable",
                                                       "_ITM_registerTMCloneTable",
                                                       "__gxx_personality_v0",
                                                       "_Unwind_Resume",
                                                       "abort",
                                                       "_ZTVN10__cxxabiv117__class_type_infoE",
                                                       "_ZTVN10__cxxabiv120__si_class_type_infoE",
                                                       "_ZTVN10__cxxabiv121__vmi_class_type_infoE",
                                                       "__dynamic_cast",
                                                       "_ZSt9terminatev",
                                                       "__cxa_begin_catch",
                                                       "snprintf",
                                                       "__libc_single_threaded"};

bool Allowed(const std::string& symbol) {
  for (std::string_view prefix : kAllowedPrefixes) {
    if (symbol.compare(0, prefix.size(), prefix) == 0) return true;
  }
  if (absl::StartsWith(symbol, "_ZSt") && symbol.find("__throw_") != std::string::npos) return true;  // of containers
  return std::find(kAllowed.begin(), kAllowed.end(), symbol) != kAllowed.end();
}

std::string BuildIdOf(const dl_phdr_info& info) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    if (info.dlpi_phdr[i].p_type != PT_NOTE) continue;
    const char* at = reinterpret_cast<const char*>(info.dlpi_addr + info.dlpi_phdr[i].p_vaddr);
    const char* end = at + info.dlpi_phdr[i].p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
      const char* name = at + sizeof(*note);
      const char* description = name + ((note->n_namesz + 3) & ~3u);
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && std::string_view(name, 3) == "GNU") {
        std::string hex;
        for (unsigned b = 0; b < note->n_descsz; ++b) {
          absl::StrAppendFormat(&hex, "%02x", static_cast<unsigned char>(description[b]));
        }
        return hex;
      }
      at = description + ((note->n_descsz + 3) & ~3u);
    }
  }
  return "";
}

struct Search {
  ElfW(Addr) base;
  bool own;  // the executable, whose name is empty
  LoadedPlugin* into;
};

int Visit(dl_phdr_info* info, size_t, void* argument) {
  auto* search = static_cast<Search*>(argument);
  const bool match = search->own ? info->dlpi_name[0] == '\0' : info->dlpi_addr == search->base;
  if (!match) return 0;
  LoadedPlugin& plugin = *search->into;
  plugin.build_id = BuildIdOf(*info);
  plugin.base = info->dlpi_addr;
  uintptr_t relro_end = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    const uintptr_t end = begin + header.p_memsz;
    if (header.p_type == PT_GNU_RELRO) relro_end = (end + 4095) & ~uintptr_t{4095};
    if (header.p_type != PT_LOAD) continue;
    if ((header.p_flags & PF_X) != 0) {
      if (plugin.text_begin == 0) plugin.text_begin = begin;
      plugin.text_end = end;
    }
    if ((header.p_flags & PF_W) != 0) {
      plugin.data_begin = begin;
      plugin.data_end = end;
    }
  }
  // Relocated read-only data shares the writable segment; the loader has protected it by now.
  if (relro_end > plugin.data_begin) plugin.data_begin = std::min(relro_end, plugin.data_end);
  return 1;
}

}  // namespace

// Calls f(symbol, name) for each of the table of that type. Errors: not readable, not an ELF shared object.
template <typename F>
static absl::Status ForEachSymbol(const std::string& path, uint32_t table, F&& f) {
  elf_version(EV_CURRENT);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be opened"));
  Elf* elf = elf_begin(file, ELF_C_READ_MMAP, nullptr);
  GElf_Ehdr header;
  bool shared_object =
      elf != nullptr && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) != nullptr && header.e_type == ET_DYN;
  bool has_symbols = false;
  for (Elf_Scn* section = nullptr; shared_object && (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr section_header;
    if (gelf_getshdr(section, &section_header) == nullptr) continue;
    has_symbols |= section_header.sh_type == SHT_DYNSYM;
    if (section_header.sh_type != table) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || section_header.sh_entsize == 0) continue;
    const size_t count = section_header.sh_size / section_header.sh_entsize;
    for (size_t i = 1; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) continue;
      const char* name = elf_strptr(elf, section_header.sh_link, symbol.st_name);
      if (name != nullptr && name[0] != '\0') f(symbol, name);
    }
  }
  if (elf != nullptr) elf_end(elf);
  close(file);
  if (!shared_object || !has_symbols) return absl::InvalidArgumentError(absl::StrCat(path, ": not a shared object"));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> UndefinedSymbols(const std::string& path) {
  std::vector<std::string> undefined;
  absl::Status status = ForEachSymbol(path, SHT_DYNSYM, [&](const GElf_Sym& symbol, const char* name) {
    if (symbol.st_shndx == SHN_UNDEF) undefined.emplace_back(name);
  });
  if (!status.ok()) return status;
  std::sort(undefined.begin(), undefined.end());
  return undefined;
}

std::string GlobalAt(const std::string& path, uint64_t offset) {
  static std::map<std::pair<std::string, uint64_t>, std::string> known;
  std::string& found = known[{path, offset}];
  if (!found.empty()) return found;
  found = absl::StrFormat("global at %s + 0x%x", path.substr(path.rfind('/') + 1), offset);
  // A stripped object has the dynamic table only, where the program's own are not.
  (void)ForEachSymbol(path, SHT_SYMTAB, [&](const GElf_Sym& symbol, const char* name) {
    if (GELF_ST_TYPE(symbol.st_info) != STT_OBJECT || offset - symbol.st_value >= symbol.st_size) return;
    // A bare word is a type to the demangler: C's global "a" a "signed char". What clang makes of a member that stands
    // alone has a suffix that it does not know: "_ZN4spot4flagE.0".
    const std::string mangled = absl::StartsWith(name, "_Z") ? std::string(name, std::strcspn(name, ".")) : "";
    char* const plain = mangled.empty() ? nullptr : abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, nullptr);
    found = absl::StrCat("global ", plain != nullptr ? plain : name);
    free(plain);
    if (offset != symbol.st_value) absl::StrAppend(&found, " + ", offset - symbol.st_value);
  });
  return found;
}

// What is chosen by its name must have one of its own.
template <typename Text>
static absl::Status CheckNames(const std::string& path, const char* what, const Text* texts, uint32_t count) {
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < count; ++i) {
    if (names.insert(texts[i].name).second) continue;
    return absl::InvalidArgumentError(absl::StrCat(path, ": two ", what, " of the name \"", texts[i].name, "\""));
  }
  return absl::OkStatus();
}

absl::Status CheckSymbols(const std::string& path, const std::vector<std::string>& undefined, bool want_instrumented) {
  const bool instrumented = std::binary_search(undefined.begin(), undefined.end(), std::string("__tsan_init"));
  if (!want_instrumented) {
    if (!instrumented) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(path, ": instrumented; this worker runs the plain build"));
  }
  if (!instrumented) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        ": not instrumented (no reference to __tsan_init): compile it with -fsanitize=thread, without -flto, and "
        "link it without; see cfgtorture_add_programs() and cfgt_add_code() in scripts/cmake/code_under_test.cmake"));
  }
  for (const std::string& symbol : undefined) {
    if (Allowed(symbol)) continue;
    for (const Refusal& refusal : kRefused) {
      if (absl::StartsWith(symbol, refusal.prefix)) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": uses ", symbol, ", which no checker sees; use ", refusal.instead));
      }
    }
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": uses ", symbol, ", which is not on the list of symbols that code under test may call"));
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadedPlugin> LoadPlugin(const std::string& path, bool want_instrumented) {
  absl::StatusOr<std::vector<std::string>> undefined = UndefinedSymbols(path);
  if (!undefined.ok()) return undefined.status();
  if (absl::Status status = CheckSymbols(path, *undefined, want_instrumented); !status.ok()) return status;
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return absl::InvalidArgumentError(absl::StrCat(dlerror()));
  auto function = reinterpret_cast<PluginFunction>(dlsym(handle, "cfgt_plugin"));
  if (function == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": exports no cfgt_plugin(): build it with cfgtorture_add_programs() and define cfgt_programs "
                     "(harness/sdk/closed_program.h), or see harness/sdk/plugin.h"));
  }
  LoadedPlugin plugin;
  plugin.path = path;
  link_map* map = nullptr;
  dlinfo(handle, RTLD_DI_LINKMAP, &map);
  Search search{map->l_addr, false, &plugin};
  dl_iterate_phdr(Visit, &search);
  plugin.plugin = function();
  if (plugin.plugin == nullptr || plugin.plugin->abi != kPluginAbi) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": plug-in ABI ",
                                                   plugin.plugin == nullptr ? 0 : plugin.plugin->abi,
                                                   "; this worker speaks ", kPluginAbi));
  }
  const Plugin& tables = *plugin.plugin;
  for (const absl::Status& status : {CheckNames(path, "programs", tables.programs, tables.program_count),
                                     CheckNames(path, "strategies", tables.strategies, tables.strategy_count)}) {
    if (!status.ok()) return status;
  }
  return plugin;
}

std::string TopologyFile(const std::string& source_folder, const std::string& name) {
  std::string path = absl::StrCat(source_folder, "/workloads/topologies/", name);
  if (access(path.c_str(), R_OK) == 0) return path;
  char own[4096];
  const ssize_t length = readlink("/proc/self/exe", own, sizeof own);
  if (length <= 0) return path;
  const std::string_view folder(own, std::string_view(own, static_cast<size_t>(length)).rfind('/'));
  return absl::StrCat(std::string(folder), "/../share/cfgtorture/workloads/topologies/", name);
}

std::string OwnBuildId() {
  LoadedPlugin self;
  Search search{0, true, &self};
  dl_iterate_phdr(Visit, &search);
  return self.build_id;
}

}  // namespace cfgtorture::run
