# cmake -DRECIPES=<folder> -DOUTPUT=<file.cpp> -P EmbedRecipes.cmake
# Writes one source file that holds every <folder>/**/*.toml as text, sorted by name.
file(GLOB_RECURSE files RELATIVE ${RECIPES} ${RECIPES}/*.toml)
list(SORT files)
set(entries "")
foreach(file ${files})
  file(READ ${RECIPES}/${file} text)
  string(REGEX REPLACE "\\.toml$" "" name ${file})
  string(APPEND entries "      {\"${name}\", R\"recipe(${text})recipe\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from recipes/ by EmbedRecipes.cmake.
#include \"dbot/run/recipe/recipe_catalog.h\"

namespace dbot::run {

const std::vector<EmbeddedRecipe>& embedded_recipes() {
  static const std::vector<EmbeddedRecipe> recipes{
${entries}  };
  return recipes;
}

}  // namespace dbot::run
")
