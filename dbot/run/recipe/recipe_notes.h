#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dbot::run {

/// Comments of a recipe: a key such as "model.width", and what stands above it. An empty key: at
/// the head.
using RecipeNotes = std::vector<std::pair<std::string, std::string>>;

/// A document as core::Settings writes it, with a comment line above each key that has a note. Keys
/// that it does not have are passed over.
std::string with_notes(std::string_view toml, const RecipeNotes& notes);

}  // namespace dbot::run
