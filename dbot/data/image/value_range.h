#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

// What the numbers of an image of more than 8 bits mean, and what was seen of them.
namespace dbot::data {

/// The values that become black and white, of floats and of whole numbers of more than 8 bits.
struct ValueRange {
  double black = 0, white = 0;  // equal: floats 0 and 1, whole numbers 0 and the largest
  bool given() const { return black != white; }
  bool operator==(const ValueRange&) const = default;
};

/// Of a recipe's list; an empty one is the usual range.
ValueRange range_of(const std::vector<double>& black_and_white);

/// The least and the largest of the values that were read, where they are floats or whole numbers
/// of more than 8 bits.
struct SeenValues {
  enum class Kind : std::uint8_t { none, whole, real };
  Kind kind = Kind::none;
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  bool not_finite = false;  // some are NaN or infinite, which are no part of the range

  void add(double value) {
    if (!std::isfinite(value)) {
      not_finite = true;
      return;
    }
    if (value < least) least = value;
    if (value > most) most = value;
  }
  bool any() const { return least <= most; }
  bool operator==(const SeenValues&) const = default;
};

/// The same of all images of a set.
struct SetValues {
  SeenValues whole{SeenValues::Kind::whole}, real{SeenValues::Kind::real};

  void add(const SeenValues& image);
  /// What is wrong with an image of such a set, in words: "values up to 255, expected 0…1: all
  /// above 1 is white". Empty if nothing is. Whole numbers of 16 bits are judged by the set: one
  /// dark image is no reason.
  std::string trouble(const SeenValues& image) const;
  /// The same of the set, with the way out: the usual range that holds the values, or else theirs.
  /// Empty if nothing is wrong.
  std::string trouble() const;

 private:
  std::string trouble_with_range(const SeenValues& image) const;
};

}  // namespace dbot::data
