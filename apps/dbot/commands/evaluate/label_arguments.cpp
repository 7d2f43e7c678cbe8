#include "apps/dbot/commands/evaluate/label_arguments.h"

#include <fmt/format.h>

#include <optional>

#include "dbot/core/error.h"

namespace dbot::app {

WantedLabels wanted_labels(const std::vector<std::string>& texts) {
  WantedLabels wanted;
  for (const std::string& text : texts) {
    std::optional<data::LabelledShare> share;
    try {
      share = data::parse_labelled_share(text);
    } catch (const UsageError&) {
      throw UsageError(
          fmt::format("[evaluate] --labels is {}, expected a share of the training labels above 0 "
                      "and up to 1 (0.1, 10%), so many of each class (5-per-class), or folder, or "
                      "a list with labels",
                      text));
    }
    if (!share) {
      wanted.from = text;
      continue;
    }
    if (!wanted.share.all()) {
      throw UsageError(
          fmt::format("[evaluate] --labels says how many twice, {} and {}, expected one of them",
                      data::to_text(wanted.share), data::to_text(*share)));
    }
    wanted.share = *share;
  }
  if (wanted.from == "none") {
    throw UsageError(
        "[evaluate] --labels is none, but an evaluation needs labels; expected folder "
        "or a list with labels");
  }
  return wanted;
}

}  // namespace dbot::app
