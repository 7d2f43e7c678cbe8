#include "dbot/core/settings/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::core {

void Settings::add(std::string key, std::int64_t& value, Range range, std::string unit,
                   std::string meaning) {
  add_field({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add(std::string key, double& value, Range range, std::string unit,
                   std::string meaning) {
  add_field({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add(std::string key, bool& value, std::string meaning) {
  add_field({std::move(key), &value, {}, "", std::move(meaning)});
}

void Settings::add(std::string key, std::string& value, std::string meaning) {
  add_field({std::move(key), &value, {}, "", std::move(meaning)});
}

void Settings::add(std::string key, Size& value, Range range, std::string unit,
                   std::string meaning) {
  add_field({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add(std::string key, std::vector<std::int64_t>& value, Range range, std::string unit,
                   std::string meaning) {
  add_field({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add(std::string key, std::vector<double>& value, Range range, std::string unit,
                   std::string meaning) {
  add_field({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add_choice_field(std::string key, Choice choice, std::string meaning) {
  add_field({std::move(key), std::move(choice), {}, "", std::move(meaning)});
}

void Settings::add_optional_choice(std::string key, Choice choice, std::string meaning) {
  add_field({std::move(key), std::move(choice), {}, "", std::move(meaning), /*optional=*/true});
}

void Settings::add_field(Field field) {
  if (!place_) {
    fields_.push_back(std::move(field));
    return;
  }
  fields_.insert(fields_.begin() + static_cast<std::ptrdiff_t>(*place_), std::move(field));
  ++*place_;
}

std::size_t Settings::find(std::string_view key) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& field) { return field.key == key; });
  if (found == fields_.end()) {
    throw Error(fmt::format("[settings] {} is no field, expected one that was added", key));
  }
  return static_cast<std::size_t>(found - fields_.begin());
}

void Settings::refuse(std::string_view key, std::string why) {
  fields_[find(key)].refused = std::move(why);
}

void Settings::place_behind(std::string_view key) {
  place_ = key.empty() ? 0 : find(key) + 1;
}

}  // namespace dbot::core
