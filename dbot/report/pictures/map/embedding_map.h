#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "dbot/core/stop.h"
#include "dbot/report/pictures/samples.h"
#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// The first samples as points of a plane by t-SNE of their features' directions, and the atlas of
/// their thumbnails, which is written to the folder. features: [points, width], of the first
/// samples. Throws Stopped.
EmbeddingMap draw_embedding_map(const PictureSamples& samples, const at::Tensor& features,
                                const std::filesystem::path& folder, const core::StopRequest& stop);

}  // namespace dbot::report
