# What makes a build from scratch shorter and changes nothing else.
#
# Headers of others that most files include, parsed once. None of ours: a file includes what it uses, and who forgets
# one of those below builds no longer with -DCFGT_PRECOMPILE=OFF. For clang alone, but in the code under test: what g++ 12
# inlines from a precompiled header counts no longer as a system header's, and it warns of std::string's own code.
option(CFGT_PRECOMPILE "precompile headers of libstdc++, Abseil, nlohmann-json and GoogleTest" ON)
set(CFGT_PRECOMPILED <algorithm> <array> <atomic> <cstdint> <functional> <map> <memory> <optional> <string> <string_view>
                     <utility> <vector> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
                     <absl/strings/str_join.h> <absl/strings/str_split.h> <nlohmann/json.hpp>)

# Rooms that run once a cell or once a command. With ASan and UBSan clang spends nine tenths of their time in the optimiser
# (claims.cc: 13 s, 1.7 s of it reading): a third of it without. The engines and what they call stay optimised.
set(CFGT_ROOMS_RUN_ONCE harness/result harness/run harness/cli reports ci)

# For the targets of a directory and those below it that are not code under test. Call it last.
function(cfgt_shorten directory)
  file(RELATIVE_PATH room ${PROJECT_SOURCE_DIR} ${directory})
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if(NOT libraries MATCHES "cfgt_" OR NOT type MATCHES "EXECUTABLE|STATIC_LIBRARY|OBJECT_LIBRARY")  # not ours
      continue()
    endif()
    if(libraries MATCHES "GTest")
      set(kind tests)
    elseif(room IN_LIST CFGT_ROOMS_RUN_ONCE)
      set(kind run_once)
    else()
      set(kind engines)
    endif()
    if(CFGT_SANITIZE AND NOT kind STREQUAL engines)
      target_compile_options(${target} PRIVATE -O0)
    endif()
    if(CFGT_PRECOMPILE AND (NOT type STREQUAL EXECUTABLE OR kind STREQUAL tests))
      target_precompile_headers(${target} REUSE_FROM cfgt_precompiled_${kind})
    endif()
  endforeach()
  get_property(directories DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(below IN LISTS directories)
    cfgt_shorten(${below})
  endforeach()
endfunction()

function(cfgt_shorten_build)
  if(CFGT_PRECOMPILE)
    file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cc "int main() {}\n")
    # A precompiled header serves who has its options: tests are -fPIE, the rest -fPIC.
    add_library(cfgt_precompiled_engines OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
    add_library(cfgt_precompiled_run_once OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
    add_executable(cfgt_precompiled_tests ${CMAKE_BINARY_DIR}/precompiled.cc)
    target_link_libraries(cfgt_precompiled_tests PRIVATE GTest::gmock)
    foreach(kind engines run_once tests)
      target_link_libraries(cfgt_precompiled_${kind} PRIVATE cfgt_options)
      target_precompile_headers(cfgt_precompiled_${kind} PRIVATE ${CFGT_PRECOMPILED})
    endforeach()
    target_precompile_headers(cfgt_precompiled_tests PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
    if(CFGT_SANITIZE)
      target_compile_options(cfgt_precompiled_run_once PRIVATE -O0)
      target_compile_options(cfgt_precompiled_tests PRIVATE -O0)
    endif()
  endif()
  get_property(rooms DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY SUBDIRECTORIES)
  foreach(room IN LISTS rooms)
    cfgt_shorten(${room})
  endforeach()
endfunction()
