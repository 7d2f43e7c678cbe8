#include "dbot/report/pictures/token_pictures.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "dbot/report/pictures/canvas.h"
#include "dbot/report/pictures/components/component_colours.h"
#include "dbot/report/pictures/components/patch_colours.h"
#include "dbot/report/pictures/set/write_picture.h"
#include "dbot/report/pictures/tensor_image.h"

namespace dbot::report {
namespace {

// Strips of large images get long: fewer heads.
constexpr std::int64_t kMostHeads = 6, kMostHeadsOfLarge = 3, kLarge = 160;
constexpr double kOverlay = 0.72;

data::Image shown(const at::Tensor& pixels) {
  const data::Image image = image_of(pixels);
  return resized(image, shown_size({image.height, image.width}));
}

data::Image grey(const data::Image& image) {
  data::Image result = image;
  for (std::size_t i = 0; i < result.pixels.size(); i += 3) {
    const double luma =
        0.299 * image.pixels[i] + 0.587 * image.pixels[i + 1] + 0.114 * image.pixels[i + 2];
    std::fill_n(result.pixels.begin() + static_cast<std::ptrdiff_t>(i), 3,
                static_cast<std::uint8_t>(std::lround(luma)));
  }
  return result;
}

/// The attention that gets the brightest colour: even attention is dark, at a fifth of the scale or
/// less, so that an untrained network's small differences do not look like a finding.
double brightest(const at::Tensor& attention) {
  const double even = 1.0 / static_cast<double>(attention.size(-1));
  return std::max(5 * even, attention.max().item<double>());
}

}  // namespace

PictureGroup draw_principal_components(const nn::PatchView& view, const at::Tensor& pixels,
                                       const std::vector<std::string>& names,
                                       const PicturePlaces& places) {
  PictureGroup group{"principal_components",
                     "Principal components of patch features",
                     "Patches of like colour have like features: red, green and blue are the first "
                     "three principal components over all images shown. A good network gives parts "
                     "of objects colours of their own, alike from image to image; the same rainbow "
                     "in every image shows "
                     "that it knows little but positions. Colours are kept alike between moments.",
                     {}};
  const at::Tensor rows = view.features.reshape({-1, view.features.size(2)});
  const ComponentColours colours(
      rows, read_patch_colours(places.earlier, group.kind, pixels.size(0), view.grid));
  std::vector<data::Image> patches;
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    const data::Image image = shown(pixels[i]);
    patches.push_back(colours.paint(view.features[i], view.grid));
    const data::Image painted = resized(patches.back(), {image.height, image.width});
    group.pictures.push_back(write_picture(places.folder, group.kind, i,
                                           strip(std::vector{image, painted}),
                                           names.at(static_cast<std::size_t>(i)), ""));
  }
  write_patch_colours(places.folder, group.kind, patches);
  return group;
}

PictureGroup draw_attention(const nn::PatchView& view, const at::Tensor& pixels,
                            const std::vector<std::string>& names,
                            const std::filesystem::path& folder) {
  const bool large = std::max(pixels.size(2), pixels.size(3)) > kLarge;
  const std::int64_t heads =
      std::min(large ? kMostHeadsOfLarge : kMostHeads, view.attention.size(1));
  PictureGroup group{"attention",
                     "Attention of the last block",
                     "Where the cls token looks: the image, the mean over all heads, then single "
                     "heads; the brighter, the more. Before training it looks everywhere alike.",
                     {}};
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    const data::Image image = shown(pixels[i]);
    const at::Tensor attention = view.attention[i];
    const at::Tensor mean = attention.mean(0);
    std::vector tiles{image, attention_overlay(image, mean, view.grid, brightest(mean))};
    for (std::int64_t head = 0; head < heads; ++head) {
      tiles.push_back(
          attention_overlay(image, attention[head], view.grid, brightest(attention[head])));
    }
    group.pictures.push_back(write_picture(folder, group.kind, i, strip(tiles),
                                           names.at(static_cast<std::size_t>(i)), ""));
  }
  return group;
}

data::Image attention_overlay(const data::Image& image, const at::Tensor& attention,
                              core::Size grid, double full) {
  const at::Tensor row = attention.to(at::kDouble).contiguous();
  const double* values = row.const_data_ptr<double>();
  data::Image patches = plain_image(grid, {});
  for (std::size_t i = 0; i < static_cast<std::size_t>(row.numel()); ++i) {
    const Colour colour = heat(full > 0 ? values[i] / full : 0);
    patches.pixels[3 * i] = colour.red;
    patches.pixels[3 * i + 1] = colour.green;
    patches.pixels[3 * i + 2] = colour.blue;
  }
  return mixed(grey(image), resized(patches, {image.height, image.width}), kOverlay);
}

}  // namespace dbot::report
