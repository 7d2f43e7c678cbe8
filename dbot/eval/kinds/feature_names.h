#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Which features of a network are looked at.
//
// Kinds: "cls" (the class token), "mean" (of the patch tokens), "tokens" (all patch tokens), and
// "grid:N" (the patch tokens averaged to N × N cells and joined, which keeps where things are).
namespace dbot::eval {

/// What messages say is expected.
inline constexpr const char* kFeatureKinds =
    "cls, mean, both, tokens or grid:N, or several with commas between";

/// "cls", "mean", "both", "tokens", "grid:3", or several with commas between; empty for anything
/// else.
std::optional<std::vector<std::string>> parse_feature_kinds(const std::string& text);
/// "12", "3,6,9" or "9-12"; empty for anything else, and unless they rise.
std::optional<std::vector<std::int64_t>> parse_blocks(const std::string& text);
/// N of "grid:N"; 0 for other kinds.
std::int64_t grid_cells(const std::string& kind);
/// "tokens" and grids, which only networks of patches have.
bool is_of_tokens(const std::string& kind);

}  // namespace dbot::eval
