#include "dbot/report/pictures/set/picture_set_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/report/pictures/set/picture_file.h"
#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report::fields {
namespace {

using nlohmann::json;

constexpr std::size_t kMostText = 16384;

}  // namespace

[[noreturn]] void refuse(const std::string& what) {
  throw DataError({.fault = Fault::corrupt, .reason = what});
}

const json& member(const json& object, const char* key) {
  if (!object.is_object()) refuse(fmt::format("\"{}\" is asked of what is not an object", key));
  const auto found = object.find(key);
  if (found == object.end()) refuse(fmt::format("\"{}\" is missing", key));
  return *found;
}

std::string text(const json& object, const char* key) {
  const json& value = member(object, key);
  if (!value.is_string()) refuse(fmt::format("\"{}\" is no text", key));
  auto result = value.get<std::string>();
  if (result.size() > kMostText) refuse(fmt::format("\"{}\" is too long", key));
  return result;
}

std::int64_t integer(const json& value, const char* key, std::int64_t low, std::int64_t high) {
  const bool fits = value.is_number_unsigned()
                        ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(high)
                        : value.is_number_integer() && value.get<std::int64_t>() <= high;
  if (!fits || value.get<std::int64_t>() < low) {
    refuse(fmt::format("\"{}\" is not a whole number from {} to {}", key, low, high));
  }
  return value.get<std::int64_t>();
}

std::int64_t integer_of(const json& object, const char* key, std::int64_t low, std::int64_t high) {
  return integer(member(object, key), key, low, high);
}

double figure(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return not_measured;
  if (!found->is_number()) refuse(fmt::format("\"{}\" is no number", key));
  return found->get<double>();
}

double bounded(const json& value, const char* key, double low, double high) {
  if (!value.is_number()) refuse(fmt::format("\"{}\" is no number", key));
  const double number = value.get<double>();
  if (!(number >= low && number <= high)) {
    refuse(fmt::format("\"{}\" is {}, expected {} to {}", key, number, low, high));
  }
  return number;
}

const json& list(const json& object, const char* key, std::size_t most) {
  const json& value = member(object, key);
  if (!value.is_array()) refuse(fmt::format("\"{}\" is no list", key));
  if (value.size() > most) {
    refuse(fmt::format("\"{}\" has {} entries, expected at most {}", key, value.size(), most));
  }
  return value;
}

std::string file_name(const json& object, const char* key) {
  std::string name = text(object, key);
  const bool plain = std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
  });
  if (!plain || name.size() > 200 || name.starts_with('.') || !has_picture_ending(name)) {
    refuse(fmt::format("\"{}\" does not name a picture in the folder", key));
  }
  return name;
}

}  // namespace dbot::report::fields
