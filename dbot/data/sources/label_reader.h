#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dbot::data {

/// Labels as files spell them, made into the words that classes are told by; what names no class
/// is counted, for one line in the log.
class LabelReader {
 public:
  /// What a text says: "3.0" is "3", "[3]" too. Other numbers with a fraction stay words. A list of
  /// several labels names no class: empty.
  std::string of_text(std::string_view text);
  /// What a number says: 3.0 is "3". Empty, and counted, for what is not whole or negative.
  std::string of_number(double number);
  /// A list of so many labels, where one of them is not enough to say.
  void add_list() { ++lists_; }

  bool any_trouble() const { return lists_ + fractions_ > 0; }
  /// "8 labels are lists of several (…)"; to continue the name of the data.
  std::string trouble() const;
  LabelReader& operator+=(const LabelReader& other);

 private:
  std::int64_t lists_ = 0, fractions_ = 0;
  std::string first_fraction_;
};

}  // namespace dbot::data
