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

// How descriptions of networks (`dbot.config`) are read: every value is checked, errors name the
// file, the key, the value and what was expected.
namespace dbot::exchange {

// Far above any network; products of such sizes are still far from overflow.
inline constexpr std::int64_t kLargestSide = 1 << 16;   // pixels
inline constexpr std::int64_t kLargestCount = 1 << 20;  // width, channels, blocks

/// A description's JSON. Throws DataError, naming `source`, where it is no object.
nlohmann::json description_object(std::string_view text, std::string_view source);

/// The values of an object, which must outlive it. All throw DataError.
class DescriptionReader {
 public:
  DescriptionReader(const nlohmann::json& object, std::string_view source)
      : object_(object), source_(source) {}

  bool has(const char* key) const { return object_.contains(key); }
  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) const;
  /// At most `most` whole numbers.
  std::vector<std::int64_t> integers(const char* key, std::size_t most, std::int64_t low,
                                     std::int64_t high) const;
  double positive(const char* key, double high) const;
  core::Size size(const char* key) const;
  /// A truth value, or `fallback` where the key is missing.
  bool truth(const char* key, bool fallback) const;
  /// The position of the word in `words`, or 0 where the key is missing.
  std::size_t word(const char* key, std::span<const char* const> words) const;
  /// Texts, at most as many as a network is wide.
  std::vector<std::string> texts(const char* key) const;
  /// What is below a key.
  std::optional<DescriptionReader> below(const char* key) const;
  /// mean, std and value_range: one positive deviation a channel, or none.
  void pixels(std::int64_t channels, std::vector<double>& mean, std::vector<double>& std,
              std::vector<double>& value_range) const;
  /// Whoever edited them loses no network by it: what is no origin is passed over.
  std::vector<WeightsOrigin> origins() const;

  [[noreturn]] void fail(const char* key, const nlohmann::json& found,
                         const std::string& expected) const;

 private:
  const nlohmann::json& value(const char* key) const;
  std::int64_t checked_integer(const char* key, const nlohmann::json& found, std::int64_t low,
                               std::int64_t high) const;
  /// Empty, or one finite number a channel.
  std::vector<double> per_channel(const char* key, std::int64_t channels) const;
  /// Empty, or two different finite numbers.
  std::vector<double> black_and_white(const char* key) const;

  const nlohmann::json& object_;
  std::string_view source_;
};

/// The inverse of `origins`: adds `sources` where there are any.
void write_origins(const std::vector<WeightsOrigin>& origins, nlohmann::ordered_json& object);

}  // namespace dbot::exchange
