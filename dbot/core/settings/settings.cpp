#include "dbot/core/settings/settings.h"

#include <utility>

namespace dbot::core {

void Settings::add(std::string key, std::int64_t& value, Range range, std::string unit,
                   std::string meaning) {
  fields_.push_back({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add(std::string key, double& value, Range range, std::string unit,
                   std::string meaning) {
  fields_.push_back({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add(std::string key, bool& value, std::string meaning) {
  fields_.push_back({std::move(key), &value, {}, "", std::move(meaning)});
}

void Settings::add(std::string key, std::string& value, std::string meaning) {
  fields_.push_back({std::move(key), &value, {}, "", std::move(meaning)});
}

void Settings::add(std::string key, Size& value, Range range, std::string unit,
                   std::string meaning) {
  fields_.push_back({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add(std::string key, std::vector<std::int64_t>& value, Range range, std::string unit,
                   std::string meaning) {
  fields_.push_back({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add(std::string key, std::vector<double>& value, Range range, std::string unit,
                   std::string meaning) {
  fields_.push_back({std::move(key), &value, range, std::move(unit), std::move(meaning)});
}

void Settings::add_choice_field(std::string key, Choice choice, std::string meaning) {
  fields_.push_back({std::move(key), std::move(choice), {}, "", std::move(meaning)});
}

}  // namespace dbot::core
