#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/exchange/encoder_description.h"

// Only sources include this: our headers name no type of another library.
namespace dbot::exchange {

// Far above any encoder; products of such sizes are still far from overflow.
inline constexpr std::int64_t kLargestSide = 1 << 16;   // pixels
inline constexpr std::int64_t kLargestCount = 1 << 20;  // width, channels, blocks

/// Takes values of a description's JSON object. Throws DataError naming the source and the key.
class DescriptionFields {
 public:
  /// Both must outlive it.
  DescriptionFields(const nlohmann::json& object, std::string_view source)
      : object_(object), source_(source) {}

  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) const;
  /// Above 0 and at most `high`.
  double positive(const char* key, double high) const;
  /// [height, width], each at least 1.
  core::Size size(const char* key) const;
  /// Empty, or one finite number a channel.
  std::vector<double> per_channel(const char* key, std::int64_t channels) const;
  /// Empty, or two different finite numbers.
  std::vector<double> black_and_white(const char* key) const;
  /// A truth value, or `fallback` where the key is missing.
  bool truth(const char* key, bool fallback) const;
  /// The position of the word in `words`, or 0 where the key is missing.
  std::size_t word(const char* key, std::span<const char* const> words) const;
  /// Whoever edited them loses no network by it: what is no origin is passed over.
  std::vector<WeightsOrigin> origins() const;
  /// Texts, at most as many as a network is wide.
  std::vector<std::string> texts(const char* key) const;
  /// What is below a key.
  std::optional<DescriptionFields> below(const char* key) const;

  bool has(const char* key) const { return object_.contains(key); }
  [[noreturn]] void fail(const char* key, const nlohmann::json& found,
                         const std::string& expected) const;

 private:
  const nlohmann::json& value(const char* key) const;
  std::int64_t checked_integer(const char* key, const nlohmann::json& found, std::int64_t low,
                               std::int64_t high) const;

  const nlohmann::json& object_;
  std::string_view source_;
};

}  // namespace dbot::exchange
