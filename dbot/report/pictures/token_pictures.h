#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/image.h"
#include "dbot/report/pictures/components/picture_places.h"
#include "dbot/report/pictures/features.h"
#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// Image beside the first three principal components of its patch features as colours, common to
/// all images. pixels: uint8, the images of `view`. Writes the pictures.
PictureGroup draw_principal_components(const nn::PatchView& view, const at::Tensor& pixels,
                                       const std::vector<std::string>& names,
                                       const PicturePlaces& places);

/// Image, where its cls token looks in the last block on average over the heads, then single heads.
PictureGroup draw_attention(const nn::PatchView& view, const at::Tensor& pixels,
                            const std::vector<std::string>& names,
                            const std::filesystem::path& folder);

/// Attention of one image, [patches], over its picture: `full` and more is the brightest colour.
data::Image attention_overlay(const data::Image& image, const at::Tensor& attention,
                              core::Size grid, double full);

}  // namespace dbot::report
