#include "dbot/report/pictures/masked_pictures.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <fmt/format.h>

#include "dbot/objectives/target.h"
#include "dbot/ops/patchify.h"
#include "dbot/report/pictures/canvas.h"
#include "dbot/report/pictures/components/component_colours.h"
#include "dbot/report/pictures/components/patch_colours.h"
#include "dbot/report/pictures/set/write_picture.h"
#include "dbot/report/pictures/tensor_image.h"

namespace dbot::report {
namespace {

using methods::MaskedPrediction;

constexpr Colour kHidden{118, 118, 118};
constexpr double kFade = 0.8;

core::Size grid_of(const MaskedPrediction& prediction) {
  return {prediction.images.size(2) / prediction.patch_size,
          prediction.images.size(3) / prediction.patch_size};
}

at::Tensor patch_tokens(const at::Tensor& tokens, bool has_cls) {
  return has_cls ? tokens.slice(1, 1) : tokens;
}

/// One pixel a patch: white where masked.
data::Image mask_image(const at::Tensor& mask, core::Size grid) {
  const at::Tensor flags = mask.to(at::kFloat).contiguous();
  const float* values = flags.const_data_ptr<float>();
  data::Image image = plain_image(grid, {});
  for (std::size_t patch = 0; patch < static_cast<std::size_t>(flags.numel()); ++patch) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      image.pixels[3 * patch + channel] = values[patch] > 0.5F ? 255 : 0;
    }
  }
  return image;
}

/// `masked` where the mask is set, else `visible`; all images of one size.
data::Image chosen(const data::Image& mask, const data::Image& masked, const data::Image& visible) {
  data::Image result = visible;
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    if (mask.pixels[i] > 127) result.pixels[i] = masked.pixels[i];
  }
  return result;
}

/// What all strips begin with.
struct Beginning {
  core::Size size;
  data::Image original, mask, masked;
};

Beginning begin_strip(const MaskedPrediction& prediction, const at::Tensor& pixels,
                      std::int64_t index) {
  Beginning begin;
  const data::Image image = image_of(pixels[index]);
  begin.size = shown_size({image.height, image.width});
  begin.original = resized(image, begin.size);
  begin.mask = resized(mask_image(prediction.mask[index], grid_of(prediction)), begin.size);
  begin.masked = chosen(begin.mask, plain_image(begin.size, kHidden), begin.original);
  return begin;
}

/// Mean loss of an image's masked patches.
double masked_loss(const MaskedPrediction& prediction, std::int64_t index) {
  const auto tokens = [&](const at::Tensor& all) {
    return patch_tokens(all.narrow(0, index, 1), prediction.has_cls).to(at::kFloat);
  };
  const at::Tensor losses = objectives::token_loss(tokens(prediction.prediction),
                                                   tokens(prediction.target), prediction.loss);
  return objectives::masked_mean(losses, prediction.mask.narrow(0, index, 1)).item<double>();
}

PictureGroup draw_reconstructions(const MaskedPrediction& prediction, const at::Tensor& pixels,
                                  const std::vector<std::string>& names,
                                  const std::filesystem::path& folder,
                                  const std::vector<std::int64_t>& channels) {
  PictureGroup group{"reconstruction",
                     "Reconstructions",
                     "From left to right: the image, the patches the network is given, and its "
                     "prediction with the given patches pasted in. A network that learns completes "
                     "outlines and shading; flat patches of one colour are what it starts with.",
                     {}};
  const at::Tensor reconstructed = shown_channels(reconstructed_pixels(prediction), channels);
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    const Beginning begin = begin_strip(prediction, pixels, i);
    const data::Image result = resized(image_of(reconstructed[i]), begin.size);
    group.pictures.push_back(write_picture(folder, group.kind, i,
                                           strip(std::vector{begin.original, begin.masked, result}),
                                           names.at(static_cast<std::size_t>(i)),
                                           fmt::format("loss {:.4f}", masked_loss(prediction, i))));
  }
  return group;
}

PictureGroup draw_features(const MaskedPrediction& prediction, const at::Tensor& pixels,
                           const std::vector<std::string>& names, const PicturePlaces& places) {
  PictureGroup group{"features",
                     "Predicted features",
                     "From left to right: the image, the patches the student is given, the "
                     "teacher's features, and the student's prediction of them; given patches, "
                     "which it need not predict, are faded. Like features have like colours: the "
                     "first three principal components of the teacher's. The last two should come "
                     "to agree.",
                     {}};
  const core::Size grid = grid_of(prediction);
  const at::Tensor target = patch_tokens(prediction.target, prediction.has_cls);
  const at::Tensor predicted = patch_tokens(prediction.prediction, prediction.has_cls);
  const ComponentColours colours(
      target.reshape({-1, target.size(2)}),
      read_patch_colours(places.earlier, group.kind, pixels.size(0), grid));
  std::vector<data::Image> patches;
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    const Beginning begin = begin_strip(prediction, pixels, i);
    patches.push_back(colours.paint(target[i], grid));
    const data::Image wanted = resized(patches.back(), begin.size);
    const data::Image found = resized(colours.paint(predicted[i], grid), begin.size);
    const data::Image faded = mixed(found, plain_image(begin.size, {235, 235, 235}), kFade);
    group.pictures.push_back(write_picture(
        places.folder, group.kind, i,
        strip(std::vector{begin.original, begin.masked, wanted, chosen(begin.mask, found, faded)}),
        names.at(static_cast<std::size_t>(i)),
        fmt::format("loss {:.4f}", masked_loss(prediction, i))));
  }
  write_patch_colours(places.folder, group.kind, patches);
  return group;
}

}  // namespace

at::Tensor reconstructed_pixels(const MaskedPrediction& prediction) {
  const at::Tensor original = ops::patchify(prediction.images, prediction.patch_size);
  at::Tensor predicted =
      patch_tokens(prediction.prediction, prediction.has_cls).to(original.scalar_type());
  if (prediction.standardised) predicted = objectives::undo_standardise(predicted, original);
  const at::Tensor patches = at::where(prediction.mask.unsqueeze(-1) > 0.5, predicted, original);
  const core::Size grid = grid_of(prediction);
  return pixels_of(ops::unpatchify(patches, prediction.patch_size, grid.height, grid.width,
                                   prediction.images.size(1)),
                   prediction.mean, prediction.std);
}

PictureGroup draw_masked_pictures(const MaskedPrediction& prediction, const at::Tensor& pixels,
                                  const std::vector<std::string>& names,
                                  const PicturePlaces& places,
                                  const std::vector<std::int64_t>& channels) {
  return prediction.pixels
             ? draw_reconstructions(prediction, pixels, names, places.folder, channels)
             : draw_features(prediction, pixels, names, places);
}

}  // namespace dbot::report
