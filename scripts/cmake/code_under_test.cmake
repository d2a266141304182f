# cfgt_add_code(NAME SOURCES...): builds code under test three times, as -Bsymbolic shared objects:
# NAME_plain, NAME_observed and NAME_instrumented. Why a shared object and these flags: design.md 1, toolchain.md.
#
# Every function of memory that the instrumented code calls is bound to the worker's by --wrap, for it alone.
set(CFGT_WRAPPED memcpy memmove memset memcmp strlen strcmp strncmp malloc free calloc realloc
                 _Znwm _Znam _ZnwmSt11align_val_t _ZnamSt11align_val_t _ZdlPv _ZdaPv _ZdlPvm _ZdaPvm _ZdlPvSt11align_val_t _ZdaPvSt11align_val_t
                 _ZdlPvmSt11align_val_t __cxa_guard_acquire __cxa_guard_release __cxa_guard_abort)
list(TRANSFORM CFGT_WRAPPED PREPEND "-Wl,--wrap=" OUTPUT_VARIABLE CFGT_WRAP_OPTIONS)

# elfutils 0.188 finds a line by .debug_aranges, which clang leaves out, and misreads clang 14's DWARF 5.
set(CFGT_DEBUG_OPTIONS $<$<CXX_COMPILER_ID:Clang>:-gdwarf-4> $<$<CXX_COMPILER_ID:Clang>:-gdwarf-aranges>)

function(cfgt_add_code name)
  foreach(build plain observed instrumented)
    set(target ${name}_${build})
    add_library(${target} SHARED ${ARGN})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Werror -g -O2 -fno-omit-frame-pointer
                           -fno-builtin -fno-lto -fno-plt -mcx16 -fno-exceptions -fno-rtti ${CFGT_DEBUG_OPTIONS}
                           $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
    target_link_options(${target} PRIVATE -Wl,-Bsymbolic -Wl,--build-id=sha1 -Wl,-z,now)
    target_compile_definitions(${target} PRIVATE CFGT_OBSERVED=$<NOT:$<STREQUAL:${build},plain>>)
    if(build STREQUAL instrumented)
      # Compiled with the sanitizer, linked without it: the worker's symbols resolve the calls.
      target_compile_options(${target} PRIVATE -fsanitize=thread
                             $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan;--param=tsan-distinguish-volatile=1>)
      target_link_options(${target} PRIVATE ${CFGT_WRAP_OPTIONS})
    endif()
  endforeach()
endfunction()
