#pragma once

#include <cstdint>
#include <string>
#include <vector>

// Checks of a recipe's values that more than one table needs. All throw UsageError in the name of
// the recipe.
namespace dbot::methods {

[[noreturn]] void refuse_recipe(const std::string& message);

/// One value a stage, or none.
void check_stage_list(const char* key, const std::vector<double>& values, std::int64_t stages);
void check_stage_list(const char* key, const std::vector<std::int64_t>& values,
                      std::int64_t stages);
void check_stage_list(const char* key, const std::vector<std::string>& values, std::int64_t stages);

/// Mean and deviation of one table ("data", "teacher"): both or none, one number a channel.
/// `otherwise` says what happens without them.
void check_normalisation(const std::string& table, const std::vector<double>& mean,
                         const std::vector<double>& std, std::int64_t channels,
                         const char* otherwise);

/// The computation takes the value as float32: what is 0 there divides by nothing.
void check_float32(const char* key, double value);

}  // namespace dbot::methods
