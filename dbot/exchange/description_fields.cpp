#include "dbot/exchange/description_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

using nlohmann::json;

constexpr std::size_t kMostOrigins = 64;

}  // namespace

std::int64_t DescriptionFields::integer(const char* key, std::int64_t low,
                                        std::int64_t high) const {
  return checked_integer(key, value(key), low, high);
}

double DescriptionFields::positive(const char* key, double high) const {
  const json& found = value(key);
  if (!found.is_number() || !(found.get<double>() > 0) || found.get<double>() > high) {
    fail(key, found, fmt::format("a number above 0 and at most {}", high));
  }
  return found.get<double>();
}

core::Size DescriptionFields::size(const char* key) const {
  const json& found = value(key);
  if (!found.is_array() || found.size() != 2) fail(key, found, "[height, width]");
  return {checked_integer(key, found[0], 1, kLargestSide),
          checked_integer(key, found[1], 1, kLargestSide)};
}

std::vector<double> DescriptionFields::per_channel(const char* key, std::int64_t channels) const {
  if (!object_.contains(key)) return {};
  const json& found = value(key);
  const std::string expected = fmt::format("{} finite numbers, or none", channels);
  if (!found.is_array()) fail(key, found, expected);
  if (!found.empty() && static_cast<std::int64_t>(found.size()) != channels) {
    fail(key, found, expected);
  }
  std::vector<double> numbers;
  for (const json& number : found) {
    if (!number.is_number() || !std::isfinite(number.get<double>())) fail(key, found, expected);
    numbers.push_back(number.get<double>());
  }
  return numbers;
}

std::vector<double> DescriptionFields::black_and_white(const char* key) const {
  auto numbers = per_channel(key, 2);
  if (numbers.size() == 2 && numbers[0] == numbers[1]) {
    fail(key, value(key), "two different numbers, or none");
  }
  return numbers;
}

bool DescriptionFields::truth(const char* key, bool fallback) const {
  if (!object_.contains(key)) return fallback;
  const json& found = value(key);
  if (!found.is_boolean()) fail(key, found, "true or false");
  return found.get<bool>();
}

std::size_t DescriptionFields::word(const char* key, std::span<const char* const> words) const {
  if (!object_.contains(key)) return 0;
  const json& found = value(key);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (found == words[i]) return i;
  }
  fail(key, found, fmt::format("one of {}", fmt::join(words, ", ")));
}

std::vector<WeightsOrigin> DescriptionFields::origins() const {
  std::vector<WeightsOrigin> origins;
  const auto found = object_.find("sources");
  if (found == object_.end() || !found->is_array()) return origins;
  const auto text = [](const json& entry, const char* key) {
    const auto value = entry.find(key);
    return value != entry.end() && value->is_string() ? value->get<std::string>() : "";
  };
  for (const json& entry : *found) {
    if (!entry.is_object() || origins.size() == kMostOrigins) continue;
    origins.push_back({text(entry, "sha256"), text(entry, "license")});
  }
  return origins;
}

std::vector<std::string> DescriptionFields::texts(const char* key) const {
  const json& found = value(key);
  const std::string expected = fmt::format("a list of 1 to {} texts", kLargestCount);
  if (!found.is_array() || found.empty() || std::ssize(found) > kLargestCount) {
    fail(key, found, expected);
  }
  std::vector<std::string> texts;
  for (const json& text : found) {
    if (!text.is_string()) fail(key, found, expected);
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::optional<DescriptionFields> DescriptionFields::below(const char* key) const {
  if (!has(key)) return std::nullopt;
  const json& found = value(key);
  if (!found.is_object()) fail(key, found, "an object");
  return DescriptionFields(found, source_);
}

void DescriptionFields::fail(const char* key, const json& found,
                             const std::string& expected) const {
  std::string text = found.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  throw DataError({.operation = "encoder description",
                   .subject = std::string(source_),
                   .fault = Fault::corrupt,
                   .reason = fmt::format(": {} is {}, expected {}", key, text, expected)});
}

const json& DescriptionFields::value(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end()) {
    throw DataError({.operation = "encoder description",
                     .subject = std::string(source_),
                     .fault = Fault::missing,
                     .reason = fmt::format(": {} is missing in {}", key, kEncoderConfigKey)});
  }
  return *found;
}

std::int64_t DescriptionFields::checked_integer(const char* key, const json& found,
                                                std::int64_t low, std::int64_t high) const {
  const std::string expected = fmt::format("a whole number from {} to {}", low, high);
  if (!found.is_number_integer()) fail(key, found, expected);
  // A number above the int64 range is kept unsigned and would come out negative: outside anyway.
  const auto number = found.get<std::int64_t>();
  if (number < low || number > high) fail(key, found, expected);
  return number;
}

}  // namespace dbot::exchange
