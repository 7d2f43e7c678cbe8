#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/runtime/launch/launched.h"

namespace dbot::runtime {

/// Reads the variables of one launcher. What is wrong with them is a UsageError that names them.
class VariableReader {
 public:
  /// `launcher`: for messages. `variables` must outlive this.
  VariableReader(std::string launcher, const Variables& variables)
      : launcher_(std::move(launcher)), variables_(variables) {}

  bool has(const std::string& name) const { return !text(name).empty(); }
  /// Empty if it is not set, or set to nothing.
  const std::string& text(const std::string& name) const;
  /// The text of a variable that must be there.
  const std::string& needed(const std::string& name) const;
  /// A whole number from `least` to `most`. Nothing if it is not set.
  std::optional<int> number(const std::string& name, int least, int most) const;
  int needed_number(const std::string& name, int least, int most) const;
  /// Throws, naming those of `names` that are not set.
  void need_all(const std::vector<std::string>& names) const;
  [[noreturn]] void refuse(const std::string& name, const std::string& reason) const;

 private:
  std::string launcher_;
  const Variables& variables_;
};

/// Most ranks of a group, and so the largest number that a launcher may give.
inline constexpr int kMostRanks = 65'536;
inline constexpr int kMostPort = 65'535;

}  // namespace dbot::runtime
