// Counts the accesses that the instrumented object reports to libtsan, which itself does not tell: a cell without any
// has proved nothing (design 1).
//
// Each slot of the object's global offset table that leads to an access function of the ThreadSanitizer ABI is
// redirected to a stub that increments a thread-local counter and jumps on. A jump, so that libtsan still sees the
// caller's address.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>

#include "harness/native/races.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native {
namespace {

thread_local uint64_t t_accesses __attribute__((tls_model("initial-exec"))) = 0;
std::atomic<uint64_t> g_accesses{0};

bool IsAccess(std::string_view name) {
  if (name.find("fence") != std::string_view::npos) return false;
  for (const std::string_view prefix :
       {"__tsan_read", "__tsan_write", "__tsan_unaligned_", "__tsan_atomic", "__tsan_volatile_", "__tsan_vptr_"}) {
    if (name.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

struct Stubs {
  unsigned char* next = nullptr;
  unsigned char* end = nullptr;
};

// incq %fs:offset; jmp *0(%rip); .quad target. The flags are dead where a function begins.
uintptr_t MakeStub(Stubs& stubs, uintptr_t target) {
  constexpr size_t kStubBytes = 32;
  if (static_cast<size_t>(stubs.end - stubs.next) < kStubBytes) Fatal("too many access functions to count");
  uintptr_t thread_pointer;
  asm("mov %%fs:0, %0" : "=r"(thread_pointer));
  const auto offset =
      static_cast<int32_t>(reinterpret_cast<intptr_t>(&t_accesses) - static_cast<intptr_t>(thread_pointer));
  unsigned char* stub = stubs.next;
  constexpr unsigned char kIncrement[] = {0x64, 0x48, 0xff, 0x04, 0x25};
  constexpr unsigned char kJump[] = {0xff, 0x25, 0, 0, 0, 0};
  std::memcpy(stub, kIncrement, 5);
  std::memcpy(stub + 5, &offset, 4);
  std::memcpy(stub + 9, kJump, 6);
  std::memcpy(stub + 15, &target, 8);
  stubs.next += kStubBytes;
  return reinterpret_cast<uintptr_t>(stub);
}

void Redirect(uintptr_t base, const Elf64_Rela* relocations, size_t count, const Elf64_Sym* symbols, const char* names,
              Stubs& stubs) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (size_t i = 0; i < count; ++i) {
    const auto type = ELF64_R_TYPE(relocations[i].r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
    if (!IsAccess(names + symbols[ELF64_R_SYM(relocations[i].r_info)].st_name)) continue;
    auto* slot = reinterpret_cast<uintptr_t*>(base + relocations[i].r_offset);
    void* first = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(slot) & ~(page - 1));
    // Read-only after relocation; made so again.
    if (mprotect(first, page, PROT_READ | PROT_WRITE) != 0) Fatal("cannot count accesses: mprotect");
    *slot = MakeStub(stubs, *slot);
    mprotect(first, page, PROT_READ);
  }
}

}  // namespace

void CountAccessesOf(uintptr_t code) {
  Dl_info info;
  link_map* map = nullptr;
  if (dladdr1(reinterpret_cast<void*>(code), &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0) {
    Fatal("cannot count accesses: the object is not loaded");
  }
  const Elf64_Sym* symbols = nullptr;
  const char* names = nullptr;
  const Elf64_Rela* plt = nullptr;
  const Elf64_Rela* rela = nullptr;
  size_t plt_bytes = 0, rela_bytes = 0;
  for (const Elf64_Dyn* entry = map->l_ld; entry->d_tag != DT_NULL; ++entry) {
    const auto at = reinterpret_cast<const void*>(entry->d_un.d_ptr);
    switch (entry->d_tag) {
      case DT_SYMTAB:
        symbols = static_cast<const Elf64_Sym*>(at);
        break;
      case DT_STRTAB:
        names = static_cast<const char*>(at);
        break;
      case DT_JMPREL:
        plt = static_cast<const Elf64_Rela*>(at);
        break;
      case DT_RELA:
        rela = static_cast<const Elf64_Rela*>(at);
        break;
      case DT_PLTRELSZ:
        plt_bytes = entry->d_un.d_val;
        break;
      case DT_RELASZ:
        rela_bytes = entry->d_un.d_val;
        break;
      default:
        break;
    }
  }
  constexpr size_t kStubMemory = 1 << 16;
  void* memory = mmap(nullptr, kStubMemory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) Fatal("cannot count accesses: mmap");
  Stubs stubs{static_cast<unsigned char*>(memory), static_cast<unsigned char*>(memory) + kStubMemory};
  Redirect(map->l_addr, plt, plt_bytes / sizeof(Elf64_Rela), symbols, names, stubs);
  Redirect(map->l_addr, rela, rela_bytes / sizeof(Elf64_Rela), symbols, names, stubs);
  mprotect(memory, kStubMemory, PROT_READ | PROT_EXEC);
}

void FlushAccessCount() {
  g_accesses.fetch_add(t_accesses, std::memory_order_relaxed);
  t_accesses = 0;
}

uint64_t AccessesSeen() { return g_accesses.load(std::memory_order_relaxed); }

}  // namespace cfgtorture::native
