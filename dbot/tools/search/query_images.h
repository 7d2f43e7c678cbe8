#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/nn/backbone.h"

namespace dbot::tools {

/// More queries than that are no search.
inline constexpr std::int64_t kMostQueries = 1000;

/// The images that are looked for.
struct QueryImages {
  std::shared_ptr<const data::Dataset> images;
  /// Of each the image of the set that is the same file; −1: none.
  std::vector<std::int64_t> in_set;
};

/// Each word is an image file, a source of images (a folder, a list), or what an image of `set` is
/// called there (Dataset::key or name). Throws DataError for a word that is none of these,
/// UsageError for more than `kMostQueries` images.
QueryImages open_queries(const std::vector<std::string>& words,
                         const std::shared_ptr<const data::Dataset>& set,
                         const data::OpenContext& context);

/// Centre crops as a network reads them, uint8 [queries, channels, height, width]. Throws DataError
/// naming the first that cannot be read or has other channels, Stopped.
at::Tensor query_pixels(const data::Dataset& queries, const nn::BackboneInput& input,
                        const eval::ExtractionSettings& settings, const core::StopRequest& stop);

}  // namespace dbot::tools
