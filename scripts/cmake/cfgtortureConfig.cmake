# find_package(cfgtorture REQUIRED): cfgtorture_add_programs() and cfgt_add_code(), see code_under_test.cmake.
get_filename_component(CFGT_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
while(NOT EXISTS "${CFGT_PREFIX}/share/cfgtorture" AND NOT CFGT_PREFIX STREQUAL "/")  # lib/cmake or lib/x86_64-linux-gnu/cmake
  get_filename_component(CFGT_PREFIX "${CFGT_PREFIX}/.." ABSOLUTE)
endwhile()
set(CFGT_SDK_DIR "${CFGT_PREFIX}/share/cfgtorture")
set(CFGTORTURE_EXECUTABLE "${CFGT_PREFIX}/bin/cfgtorture")
include("${CMAKE_CURRENT_LIST_DIR}/code_under_test.cmake")
