# cfgt_add_code(NAME SOURCES... [BUILDS BUILD...]): builds code under test three times, as -Bsymbolic shared objects:
# NAME_plain, NAME_observed and NAME_instrumented; or only those that BUILDS names. Why a shared object and these flags: design.md 1, toolchain.md.
#
# cfgtorture_add_programs(NAME SOURCES... [KERNEL_WORDS]): the same for closed programs in C or C++ that define
# cfgt_programs (harness/sdk/closed_program.h). With KERNEL_WORDS the sources of the kernel's words (RawSpinlock, Mutex,
# wait queues, ...) are built in, for C++. Both are installed: find_package(cfgtorture).
#
# Every function of memory that the instrumented code calls is bound to the worker's by --wrap, for it alone.
set(CFGT_WRAPPED memcpy memmove memset memcmp strlen strcmp strncmp malloc free calloc realloc
                 _Znwm _Znam _ZnwmSt11align_val_t _ZnamSt11align_val_t _ZdlPv _ZdaPv _ZdlPvm _ZdaPvm _ZdlPvSt11align_val_t _ZdaPvSt11align_val_t
                 _ZdlPvmSt11align_val_t __cxa_guard_acquire __cxa_guard_release __cxa_guard_abort)
list(TRANSFORM CFGT_WRAPPED PREPEND "-Wl,--wrap=" OUTPUT_VARIABLE CFGT_WRAP_OPTIONS)

# elfutils 0.188 finds a line by .debug_aranges, which clang leaves out, and misreads clang 14's DWARF 5.
set(CFGT_DEBUG_OPTIONS $<$<CXX_COMPILER_ID:Clang>:-gdwarf-4> $<$<CXX_COMPILER_ID:Clang>:-gdwarf-aranges>)

# -fno-ipa-icf: g++ makes one body of functions that are the same, and a finding would be told of another's file and line.
# Volatile accesses get calls of their own, __tsan_volatile_*: the kernel's READ_ONCE and WRITE_ONCE.
function(cfgt_add_code name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "BUILDS")
  if(NOT arg_BUILDS)
    set(arg_BUILDS plain observed instrumented)
  endif()
  foreach(build IN LISTS arg_BUILDS)
    set(target ${name}_${build})
    add_library(${target} SHARED ${arg_UNPARSED_ARGUMENTS})
    target_include_directories(${target} PRIVATE ${CFGT_SDK_DIR})
    target_compile_features(${target} PRIVATE cxx_std_20)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${target} PRIVATE ${CFGT_CODE_WARNINGS} -g -O2 -fno-omit-frame-pointer
                           -fno-builtin -fno-lto -fno-plt -mcx16 ${CFGT_DEBUG_OPTIONS}
                           $<$<OR:$<COMPILE_LANG_AND_ID:C,GNU>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-fno-ipa-icf>
                           $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions;-fno-rtti>
                           $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
    target_link_options(${target} PRIVATE -Wl,-Bsymbolic -Wl,--build-id=sha1 -Wl,-z,now)
    target_compile_definitions(${target} PRIVATE CFGT_OBSERVED=$<NOT:$<STREQUAL:${build},plain>>)
    if(build STREQUAL instrumented)
      # Compiled with the sanitizer, linked without it: the worker's symbols resolve the calls.
      target_compile_options(${target} PRIVATE -fsanitize=thread
                             $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan;--param=tsan-distinguish-volatile=1>
                             "$<$<CXX_COMPILER_ID:Clang>:SHELL:-mllvm -tsan-distinguish-volatile=1>")
      target_link_options(${target} PRIVATE ${CFGT_WRAP_OPTIONS})
    endif()
  endforeach()
endfunction()

function(cfgtorture_add_programs name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "KERNEL_WORDS" "" "")
  set(sources ${arg_UNPARSED_ARGUMENTS} ${CFGT_SDK_DIR}/harness/sdk/closed_program.cc)
  if(arg_KERNEL_WORDS)
    file(GLOB words CONFIGURE_DEPENDS ${CFGT_SDK_DIR}/harness/kernel/*.cc ${CFGT_SDK_DIR}/harness/kernel/spin/*.cc)
    list(FILTER words EXCLUDE REGEX "_test\\.cc$")
    list(APPEND sources ${words})
  endif()
  cfgt_add_code(${name} ${sources})
  foreach(build plain observed instrumented)
    target_compile_definitions(${name}_${build} PRIVATE CFGT_KERNEL_WORDS=$<BOOL:${arg_KERNEL_WORDS}>)
  endforeach()
endfunction()
