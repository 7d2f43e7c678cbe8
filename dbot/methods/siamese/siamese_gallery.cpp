// Pictures of a siamese system: its masks, what they make of images, and which keys are near.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/methods/siamese/siamese.h"
#include "dbot/methods/siamese/siamese_draws.h"
#include "dbot/objectives/contrastive.h"

namespace dbot::methods {
namespace {

constexpr std::int64_t kShownMasks = 8, kShownKeys = 5;

std::string sample_name(const GalleryContext& context, std::int64_t sample) {
  return sample < std::ssize(context.names) ? context.names[static_cast<std::size_t>(sample)]
                                            : std::string();
}

std::string share_text(const at::Tensor& share) {
  return fmt::format("{:.0f} %", 100 * share.item<double>());
}

/// Normalised images as they are shown, in 0…1.
at::Tensor shown_images(const at::Tensor& images, const SiameseConfig& config) {
  if (config.mean.empty()) return images.clamp(0, 1).cpu();
  const auto per_channel = [&](const std::vector<double>& values) {
    return at::tensor(values, images.options()).view({1, -1, 1, 1});
  };
  return (images * per_channel(config.std) + per_channel(config.mean)).clamp(0, 1).cpu();
}

/// Masks of the batches that are to come, with what they keep.
ExhibitGroup mask_group(const SiameseConfig& config, const DrawContext& first) {
  ImageStrip strip;
  std::vector<at::Tensor> masks;
  DrawContext context = first;
  for (std::int64_t i = 0; i < kShownMasks; ++i, ++context.micro_batch) {
    const StepDraws draws = draw_siamese(config, /*batch=*/2, batch_draws(context));
    const at::Tensor mask = draws.at("mask");
    masks.push_back(mask.size(0) == 3 ? mask : mask.narrow(0, 0, 1));
    strip.names.push_back("kept " + share_text(mask.mean()));
  }
  strip.images = at::stack(masks);
  return {.kind = "masks",
          .title = "Masks",
          .explanation =
              "Where a mask is white, an image keeps its own pixels. The loss knows the "
              "share that was measured, not the one that was asked for.",
          .exhibits = {{.name = {}, .caption = "one mask a batch", .content = std::move(strip)}}};
}

ExhibitGroup mixture_group(const SiameseConfig& config, const at::Tensor& view,
                           const std::vector<MixedView>& mixed, const GalleryContext& context) {
  ExhibitGroup group{.kind = "mixtures",
                     .title = "Mixed images",
                     .explanation =
                         "An image, and what the network is given in its place. It is to "
                         "find both images again, by how much of each is there.",
                     .exhibits = {}};
  const at::Tensor images = shown_images(view, config);
  for (std::int64_t i = 0; i < view.size(0); ++i) {
    ImageStrip strip{.images = {}, .names = {"image"}};
    std::vector<at::Tensor> shown{images[i]};
    for (const MixedView& one : mixed) {
      if (one.partner.defined()) {
        shown.push_back(images[one.partner[i].item<std::int64_t>()]);
        strip.names.emplace_back("partner");
      }
      shown.push_back(shown_images(one.images.narrow(0, i, 1), config)[0]);
      strip.names.push_back(fmt::format("{}, {} own", one.name, share_text(one.share)));
    }
    strip.images = at::stack(shown);
    group.exhibits.push_back(
        {.name = sample_name(context, i), .caption = {}, .content = std::move(strip)});
  }
  return group;
}

/// Which images of the batch have the keys that are nearest to a query.
ExhibitGroup nearest_group(const SiameseConfig& config, const at::Tensor& queries,
                           const at::Tensor& keys, const at::Tensor& seen, const at::Tensor& view,
                           const GalleryContext& context) {
  ExhibitGroup group{.kind = "nearest_keys",
                     .title = "Queries and their nearest keys",
                     .explanation =
                         "What the network is given, then the images of the nearest "
                         "keys, the nearest first. The image itself, and its partner in "
                         "a mixture, are to be in front.",
                     .exhibits = {}};
  const at::Tensor similarity = queries.matmul(keys.t()).cpu();
  const at::Tensor order = similarity.argsort(1, /*descending=*/true);
  const at::Tensor asked = shown_images(seen, config), images = shown_images(view, config);
  const std::int64_t shown = std::min(kShownKeys, view.size(0));
  for (std::int64_t i = 0; i < view.size(0); ++i) {
    ImageStrip strip{.images = {}, .names = {"query"}};
    std::vector<at::Tensor> strip_images{asked[i]};
    for (std::int64_t place = 0; place < shown; ++place) {
      const auto other = order[i][place].item<std::int64_t>();
      strip_images.push_back(images[other]);
      strip.names.push_back(fmt::format("{}{:.2f}", other == i ? "itself, " : "",
                                        similarity[i][other].item<double>()));
    }
    strip.images = at::stack(strip_images);
    group.exhibits.push_back(
        {.name = sample_name(context, i), .caption = {}, .content = std::move(strip)});
  }
  return group;
}

}  // namespace

Gallery Siamese::gallery(const data::Batch& batch, const GalleryContext& context) const {
  const at::NoGradGuard no_grad;
  const at::ScalarType compute = runtime::compute_type(context.precision);
  const at::Tensor view = seen_view(
      batch.tensors.at("images").to(networks_->trained().flat_values().device()), config_);
  const StepDraws draws = draw(batch, context.draws);
  const std::vector<MixedView> mixed = mixed_views(view, draws, config_.fill);
  Gallery gallery;
  if (config_.masks()) gallery.push_back(mask_group(config_, context.draws));
  if (!mixed.empty()) gallery.push_back(mixture_group(config_, view, mixed, context));
  // As in an evaluation: a handful of images make no statistics.
  const at::Tensor& seen = mixed.empty() ? view : mixed.back().images;
  constexpr auto kMode = nn::NormMode::running;
  const at::Tensor queries = objectives::unit_rows(
      networks_->predicted(networks_->embed(seen, compute, kMode), compute, kMode));
  const at::Tensor keys =
      objectives::unit_rows(config_.has_keys() ? networks_->keys(view, {}, compute, kMode)
                                               : networks_->embed(view, compute, kMode));
  gallery.push_back(nearest_group(config_, queries, keys, seen, view, context));
  return gallery;
}

}  // namespace dbot::methods
