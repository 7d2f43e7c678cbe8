#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/settings/settings.h"

// What settings say about themselves, in errors and in documentation.
namespace dbot::core {

/// "at least 1 and less than 2"; empty without bounds.
std::string describe_range(const Range& range);

/// "integer", "list of numbers", "one of "a", "b"".
std::string describe_type(const Field& field);

/// Type, bounds and unit of what a field takes: "an integer of at least 1 (pixels)".
std::string describe_expectation(const Field& field);

/// Keys that mean what `unknown` means in other tools ("lr", "train.learning_rate", "num_layers"),
/// those of its own table first. Empty if its last part is no such word.
std::vector<std::string> keys_meant_by(const std::vector<Field>& fields,
                                       const std::string& unknown);

/// "; did you mean model.width?", or the keys of the table, for a key that does not exist.
std::string suggest_key(const std::vector<Field>& fields, const std::string& unknown);
/// "; did you mean model?", or all tables, for a table that does not exist.
std::string suggest_table(const std::vector<Field>& fields, const std::string& unknown);

/// Levenshtein's distance: the fewest characters inserted, removed or replaced.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// "model" of "model.width"; empty for a key without a table.
std::string_view table_of(std::string_view key);
/// "width" of "model.width".
std::string_view last_part_of(std::string_view key);

}  // namespace dbot::core
