#include "dbot/methods/check_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::methods {
namespace {

template <typename Value>
void require_one_a_stage(const char* key, const std::vector<Value>& values, std::int64_t stages) {
  if (values.empty() || static_cast<std::int64_t>(values.size()) == stages) return;
  refuse_recipe(
      fmt::format("{} has {} values [{}], but stages.count is {}; give one a stage or none", key,
                  values.size(), fmt::join(values, ", "), stages));
}

}  // namespace

void refuse_recipe(const std::string& message) {
  throw UsageError("[recipe] " + message);
}

void check_stage_list(const char* key, const std::vector<double>& values, std::int64_t stages) {
  require_one_a_stage(key, values, stages);
}

void check_stage_list(const char* key, const std::vector<std::int64_t>& values,
                      std::int64_t stages) {
  require_one_a_stage(key, values, stages);
}

void check_stage_list(const char* key, const std::vector<std::string>& values,
                      std::int64_t stages) {
  require_one_a_stage(key, values, stages);
}

void check_normalisation(const std::string& table, const std::vector<double>& mean,
                         const std::vector<double>& std, std::int64_t channels,
                         const char* otherwise) {
  if (mean.empty() != std.empty()) {
    refuse_recipe(fmt::format(
        "{0}.mean and {0}.std belong together, but {0}.{1} alone is given; give both, or {2}",
        table, mean.empty() ? "std" : "mean", otherwise));
  }
  for (const auto& [key, values] : {std::pair{"mean", &mean}, {"std", &std}}) {
    if (values->empty() || values->size() == static_cast<std::size_t>(channels)) continue;
    refuse_recipe(
        fmt::format("{}.{} is [{}], {} values, but model.channels is {}; give one a channel", table,
                    key, fmt::join(*values, ", "), values->size(), channels));
  }
}

void check_float32(const char* key, double value) {
  if (value <= 0 || value >= std::numeric_limits<float>::min()) return;
  refuse_recipe(
      fmt::format("{} is {}, which is 0 in float32; expected at least 1.2e-38", key, value));
}

}  // namespace dbot::methods
