#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// "2 classes by folder: cat, dog"; of many the first ones and the last. `from` is where labels
/// come from (LabelledSplits::labels).
std::string classes_text(const std::vector<std::string>& classes, std::string_view from);

/// That some classes hold index masks alone and others do not, to be continued from "the classes":
/// masks that were taken for images. Empty if it is not so. Reads a few images of each of up to 32
/// classes.
std::string doubt_about_masks(const Dataset& images);

/// Why classes may say nothing of what is seen in the images, to be continued from "the classes":
/// names that look like years, dates or numbers of shoots, or classes that hold index masks beside
/// such that do not. Empty if nothing speaks against them. Reads a few images of each of up to 32
/// classes.
std::string doubt_about_classes(const Dataset& images);

}  // namespace dbot::data
