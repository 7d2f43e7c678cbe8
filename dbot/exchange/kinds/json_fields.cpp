#include "dbot/exchange/kinds/json_fields.h"

#include <fmt/format.h>

#include <cmath>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

using nlohmann::json;

constexpr std::int64_t kLargestField = 1 << 20;

}  // namespace

std::optional<std::int64_t> JsonFields::count(const char* key) const {
  const json* found = find(key);
  return found == nullptr ? std::nullopt : std::optional(checked_count(key, *found));
}

std::optional<core::Size> JsonFields::size(const char* key) const {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_array()) {
    const std::int64_t side = checked_count(key, *found);
    return core::Size{side, side};
  }
  const std::size_t entries = found->size();
  if (entries < 2 || entries > 3) fail(key, "[height, width]");
  return core::Size{checked_count(key, (*found)[entries - 2]),
                    checked_count(key, (*found)[entries - 1])};
}

std::optional<double> JsonFields::positive(const char* key, double most) const {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number() || !(found->get<double>() > 0) || found->get<double>() > most) {
    fail(key, fmt::format("a number above 0 and at most {}", most));
  }
  return found->get<double>();
}

std::optional<bool> JsonFields::truth(const char* key) const {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) fail(key, "true or false");
  return found->get<bool>();
}

std::optional<std::string> JsonFields::text(const char* key) const {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) fail(key, "a text");
  return found->get<std::string>();
}

std::vector<double> JsonFields::numbers(const char* key) const {
  const json* found = find(key);
  if (found == nullptr) return {};
  std::vector<double> numbers;
  for (const json& number : found->is_array() ? *found : json::array({*found})) {
    if (!number.is_number() || !std::isfinite(number.get<double>())) fail(key, "finite numbers");
    numbers.push_back(number.get<double>());
  }
  return numbers;
}

JsonFields JsonFields::inside(const char* key) const {
  const json* found = find(key);
  return found != nullptr && found->is_object() ? JsonFields(*found, source_) : *this;
}

std::vector<std::string> JsonFields::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_.items()) {
    if (!value.is_null()) keys.push_back(key);
  }
  return keys;
}

std::string JsonFields::shown(const char* key) const {
  std::string text = object_.at(key).dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

void JsonFields::fail(const char* key, const std::string& expected,
                      const std::string& way_out) const {
  throw DataError({.operation = "weights",
                   .subject = source_.string(),
                   .fault = Fault::corrupt,
                   .reason = has(key)
                                 ? fmt::format(": {} is {}, expected {}", key, shown(key), expected)
                                 : fmt::format(": {} is missing, expected {}", key, expected),
                   .way_out = way_out});
}

const json* JsonFields::find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::int64_t JsonFields::checked_count(const char* key, const json& found) const {
  const auto number = found.is_number_integer() ? found.get<std::int64_t>() : 0;
  if (number < 1 || number > kLargestField) {
    fail(key, fmt::format("a whole number from 1 to {}", kLargestField));
  }
  return number;
}

}  // namespace dbot::exchange
