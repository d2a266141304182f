# cfgt_embed(TARGET FILE SYMBOL): makes the text of FILE a `const std::string_view cfgtorture::SYMBOL` of TARGET, so that
# one executable carries it. Declared where it is used. The text is rebuilt when FILE changes.
set(CFGT_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_file.cmake)

function(cfgt_embed target file symbol)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cc)
  set(input ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  add_custom_command(OUTPUT ${source}
                     COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${source} -DSYMBOL=${symbol} -P ${CFGT_EMBED_SCRIPT}
                     DEPENDS ${input} ${CFGT_EMBED_SCRIPT} VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
