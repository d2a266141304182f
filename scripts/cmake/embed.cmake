# cfgt_embed(TARGET SYMBOL FILE... [HASH SYMBOL]): makes the text of the files, one after the other, a
# `const std::string_view cfgtorture::SYMBOL` of TARGET, so that one executable carries it. Declared where it is used.
# The text is rebuilt when a file changes. HASH names a second symbol, for "sha256-..." of the text, as a content
# security policy wants it.
set(CFGT_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_file.cmake)

function(cfgt_embed target symbol)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "HASH" "")
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cc)
  set(inputs)
  foreach(file ${arg_UNPARSED_ARGUMENTS})
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE path)
    list(APPEND inputs ${path})
  endforeach()
  list(JOIN inputs "|" joined)
  add_custom_command(OUTPUT ${source}
                     COMMAND ${CMAKE_COMMAND} "-DINPUTS=${joined}" -DOUTPUT=${source} -DSYMBOL=${symbol}
                             "-DHASH_SYMBOL=${arg_HASH}" -P ${CFGT_EMBED_SCRIPT}
                     DEPENDS ${inputs} ${CFGT_EMBED_SCRIPT} VERBATIM)
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${target} PRIVATE ${source})
endfunction()
