# Writes OUTPUT, a C++ source that defines cfgtorture::SYMBOL as the text of INPUT. Run by cfgt_embed.
file(READ ${INPUT} text)
string(FIND "${text}" ")cfgt_text\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${INPUT} contains the delimiter of the raw string")
endif()
file(WRITE ${OUTPUT} "#include <string_view>\n\nnamespace cfgtorture {\nextern const std::string_view ${SYMBOL};\n"
                     "const std::string_view ${SYMBOL} = R\"cfgt_text(${text})cfgt_text\";\n}  // namespace cfgtorture\n")
