#include "apps/dbot/commands/evaluate/wanted_labels.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "dbot/core/error.h"

namespace dbot::app {
namespace {

/// The whole text as a number.
template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

[[noreturn]] void refuse(const std::string& text) {
  throw UsageError(
      fmt::format("[evaluate] --labels is {}, expected a share of the training labels above 0 and "
                  "up to 1, a number of them such as 10-per-class, folder, or a list with labels",
                  text));
}

}  // namespace

WantedLabels wanted_labels(const std::vector<std::string>& texts) {
  constexpr std::string_view kPerClass = "-per-class";
  WantedLabels wanted;
  for (const std::string& text : texts) {
    if (const auto share = number_of<double>(text)) {
      if (!(*share > 0 && *share <= 1)) refuse(text);
      wanted.share = *share;
    } else if (text.ends_with(kPerClass)) {
      const auto count =
          number_of<std::int64_t>(std::string_view(text).substr(0, text.size() - kPerClass.size()));
      if (!count || *count < 1) refuse(text);
      wanted.per_class = *count;
    } else {
      wanted.from = text;
    }
  }
  if (wanted.from == "none") {
    throw UsageError(
        "[evaluate] --labels is none, but an evaluation needs labels; expected folder "
        "or a list with labels");
  }
  if (wanted.per_class > 0 && wanted.share < 1) {
    throw UsageError(
        "[evaluate] --labels is given as a share and as a number a class, expected one");
  }
  return wanted;
}

}  // namespace dbot::app
