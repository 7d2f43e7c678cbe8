# cmake -DFOLDER=<folder> -DENDING=<toml> -DHEADER=<header.h> -DTYPE=<Type> -DFUNCTION=<name>
#       -DOUTPUT=<file.cpp> -P EmbedTexts.cmake
# Writes one source file whose FUNCTION gives every <folder>/**/*.<ending> as name and text, sorted by
# name. No text may hold )embedded".
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*.${ENDING})
list(SORT files)
set(entries "")
foreach(file ${files})
  file(READ ${FOLDER}/${file} text)
  string(REGEX REPLACE "\\.${ENDING}$" "" name ${file})
  string(APPEND entries "      {\"${name}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made by EmbedTexts.cmake.
#include \"${HEADER}\"

namespace dbot::run {

const std::vector<${TYPE}>& ${FUNCTION}() {
  static const std::vector<${TYPE}> texts{
${entries}  };
  return texts;
}

}  // namespace dbot::run
")
