# Headers of others that most files include, parsed once. None of ours: a file includes what it uses, and who forgets
# one of those below builds no longer with -DCFGT_PRECOMPILE=OFF. For clang alone, but in the code under test: what g++ 12
# inlines from a precompiled header counts no longer as a system header's, and it warns of std::string's own code.
option(CFGT_PRECOMPILE "precompile headers of libstdc++, Abseil, nlohmann-json and GoogleTest" ON)
set(CFGT_PRECOMPILED <algorithm> <array> <atomic> <cstdint> <functional> <map> <memory> <optional> <string> <string_view>
                     <utility> <vector> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
                     <absl/strings/str_join.h> <absl/strings/str_split.h> <nlohmann/json.hpp>)

# For the targets of a directory and those below it that are not code under test. Call it last.
function(cfgt_precompile directory)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if(NOT libraries MATCHES "cfgt_")  # somebody else's options
      continue()
    elseif(type STREQUAL EXECUTABLE AND libraries MATCHES "GTest")
      target_precompile_headers(${target} REUSE_FROM cfgt_precompiled_tests)
    elseif(type MATCHES "STATIC_LIBRARY|OBJECT_LIBRARY")
      target_precompile_headers(${target} REUSE_FROM cfgt_precompiled)
    endif()
  endforeach()
  get_property(directories DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(below IN LISTS directories)
    cfgt_precompile(${below})
  endforeach()
endfunction()

function(cfgt_precompile_all)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cc "int main() {}\n")
  add_library(cfgt_precompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
  # Tests are -fPIE and the rest -fPIC: neither can use what is precompiled for the other.
  add_executable(cfgt_precompiled_tests ${CMAKE_BINARY_DIR}/precompiled.cc)
  target_link_libraries(cfgt_precompiled_tests PRIVATE GTest::gmock)
  foreach(target cfgt_precompiled cfgt_precompiled_tests)
    target_link_libraries(${target} PRIVATE cfgt_options)
    target_precompile_headers(${target} PRIVATE ${CFGT_PRECOMPILED})
  endforeach()
  target_precompile_headers(cfgt_precompiled_tests PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  get_property(rooms DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY SUBDIRECTORIES)
  foreach(room IN LISTS rooms)
    cfgt_precompile(${room})
  endforeach()
endfunction()
