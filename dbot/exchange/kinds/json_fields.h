#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"

// Only sources include this: our headers name no type of another library.
namespace dbot::exchange {

/// Takes values of one JSON object beside published weights, all of them optional; null is none.
/// Throws DataError naming the file and the key for a value that cannot be.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::filesystem::path source)
      : object_(object), source_(std::move(source)) {}

  std::optional<std::int64_t> count(const char* key) const;
  /// A number is a square; a list has height and width last.
  std::optional<core::Size> size(const char* key) const;
  /// Above 0 and at most `most`.
  std::optional<double> positive(const char* key, double most = 1) const;
  std::optional<bool> truth(const char* key) const;
  std::optional<std::string> text(const char* key) const;
  /// A number is a list of one.
  std::vector<double> numbers(const char* key) const;
  /// An object inside this one; itself if there is none of that name.
  JsonFields inside(const char* key) const;
  bool has(const char* key) const { return find(key) != nullptr; }
  std::vector<std::string> keys() const;
  /// The value as it stands, cut after 80 characters.
  std::string shown(const char* key) const;
  [[noreturn]] void fail(const char* key, const std::string& expected,
                         const std::string& way_out = {}) const;

 private:
  const nlohmann::json* find(const char* key) const;
  std::int64_t checked_count(const char* key, const nlohmann::json& found) const;

  const nlohmann::json& object_;
  std::filesystem::path source_;
};

}  // namespace dbot::exchange
