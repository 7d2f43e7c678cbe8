#pragma once

#include <string>
#include <vector>

#include "dbot/data/sources/labelled_share.h"

namespace dbot::app {

/// What --labels says: how many of the training labels, and where labels come from.
struct WantedLabels {
  data::LabelledShare share;
  std::string from;  // "folder" or a list; empty: as the data have them
};

/// Of the texts after each --labels. Throws UsageError naming the option.
WantedLabels wanted_labels(const std::vector<std::string>& texts);

}  // namespace dbot::app
