#pragma once

#include <string_view>

#include "dbot/data/loader/loader.h"

namespace dbot::data {

/// Throws UsageError for lists of the wrong length, ranges that do not rise, and values that no
/// operation is defined for; `table` is what the keys in messages begin with.
void check_augmentation(const AugmentationConfig& config, std::string_view table);

/// The checks of further views: names, sizes, counts and augmentations.
void check_views(const LoaderConfig& config);

/// What a configuration asks for, with the mean and deviation of its pixels where they are known.
AugmentationConfig augmentation_of(const DataConfig& config);

}  // namespace dbot::data
