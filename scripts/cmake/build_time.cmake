# What makes a build from scratch shorter and changes nothing else.
#
# Headers of others that most files include, parsed once. None of ours: a file includes what it uses, and who forgets
# one of those below builds no longer with -DCFGT_PRECOMPILE=OFF. Of g++'s for tests and the code under test alone: what
# g++ 12 inlines from a precompiled header counts no longer as a system header's, and it warns of std::string's own code.
option(CFGT_PRECOMPILE "precompile headers of libstdc++, Abseil, nlohmann-json and GoogleTest" ON)
set(CFGT_PRECOMPILED <algorithm> <array> <atomic> <cstdint> <functional> <map> <memory> <optional> <string> <string_view>
                     <utility> <vector> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
                     <absl/strings/str_join.h> <absl/strings/str_split.h> <nlohmann/json.hpp>)

# Tests are not optimised; rooms that run once a cell or once a command a little, which takes g++ two thirds of -O2's time
# (claims.cc: 8 of 12 s). With ASan and UBSan not at all: clang spends nine tenths of their time in the optimiser
# (claims.cc: 13 s, 1.7 s of it reading). The engines and what they call stay optimised.
set(CFGT_ROOMS_RUN_ONCE harness/result harness/run harness/cli reports ci)
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  set(CFGT_KINDS_PRECOMPILED engines run_once tests)
else()
  set(CFGT_KINDS_PRECOMPILED tests)
endif()

function(cfgt_optimise_less target kind)
  if(kind STREQUAL tests OR (CFGT_SANITIZE AND kind STREQUAL run_once))
    target_compile_options(${target} PRIVATE -O0)
  elseif(kind STREQUAL run_once)
    target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-O1>)
  endif()
endfunction()

# Files of one folder, up to eight at a time, as one: their headers are read once, and what they all instantiate (copies
# and destructors of a run's result, most of all) is compiled once: half of the time of these rooms. Neither the engines
# nor the code under test, which is compiled and judged file by file. Names in anonymous namespaces differ within a folder.
# Off where one builds again and again: a change of a file compiles eight. scripts/test asks for it where there is no build
# yet, and of g++'s alone: in its other one a file still has to include all that it uses, and clang-tidy finds it.
option(CFGT_UNITY "compile what is not hot several files at a time: for a build from scratch" OFF)

function(cfgt_unite target directory)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    if(NOT source MATCHES "\\.cc$")
      continue()
    endif()
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${directory} NORMALIZE)
    cmake_path(GET source PARENT_PATH folder)
    string(MAKE_C_IDENTIFIER ${folder} folder)
    math(EXPR count_${folder} "0${count_${folder}} + 1")
    math(EXPR batch "(${count_${folder}} - 1) / 8")
    set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${folder}_${batch})
  endforeach()
endfunction()

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
    cfgt_optimise_less(${target} ${kind})
    if(CFGT_UNITY AND NOT kind STREQUAL engines)
      cfgt_unite(${target} ${directory})
    endif()
    if(CFGT_PRECOMPILE AND kind IN_LIST CFGT_KINDS_PRECOMPILED AND (NOT type STREQUAL EXECUTABLE OR kind STREQUAL tests))
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
    foreach(kind IN LISTS CFGT_KINDS_PRECOMPILED)
      if(kind STREQUAL tests)
        add_executable(cfgt_precompiled_tests ${CMAKE_BINARY_DIR}/precompiled.cc)
        target_link_libraries(cfgt_precompiled_tests PRIVATE GTest::gmock)
      else()
        add_library(cfgt_precompiled_${kind} OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
      endif()
      target_link_libraries(cfgt_precompiled_${kind} PRIVATE cfgt_options)
      target_precompile_headers(cfgt_precompiled_${kind} PRIVATE ${CFGT_PRECOMPILED})
      cfgt_optimise_less(cfgt_precompiled_${kind} ${kind})
    endforeach()
    target_precompile_headers(cfgt_precompiled_tests PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  get_property(rooms DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY SUBDIRECTORIES)
  foreach(room IN LISTS rooms)
    cfgt_shorten(${room})
  endforeach()
endfunction()
