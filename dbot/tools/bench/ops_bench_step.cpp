#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <vector>

#include "dbot/ops/backends.h"
#include "dbot/tools/bench/ops_bench_cases.h"

// What a step does around the blocks. The reference is the same operation's path in plain ATen
// calls.
namespace dbot::tools {
namespace {

/// What a network sees of a batch, and what its loss reads.
struct StepShape {
  const char* network;
  std::int64_t batch, image, patch, width, decoder_width, visible;
  runtime::Device device = {};

  at::Tensor there(const at::Tensor& tensor) const { return tensor.to(at::Device(device)); }

  std::int64_t patches() const { return (image / patch) * (image / patch); }
  std::int64_t masked() const { return patches() - visible; }
};

/// A GPU is kept busy by larger batches.
std::vector<StepShape> step_shapes(const runtime::Device& device) {
  const bool host = device.is_cpu();
  return {{"dbot/tiny-32", host ? 64 : 128, 32, 4, 192, 192, 16, device},
          {"ViT-B/16", host ? 8 : 256, 224, 16, 768, 512, 49, device}};
}

/// A place in the shuffled order for each patch, [batch, patches].
at::Tensor shuffled(const StepShape& shape) {
  return shape.there(at::argsort(at::rand({shape.batch, shape.patches()}), /*stable=*/true, 1,
                                 /*descending=*/false));
}

OperationWays patch_ways(const StepShape& shape, bool visible) {
  const ops::Images images(
      shape.there(at::randint(0, 256, {shape.batch, 3, shape.image, shape.image}, at::kByte)),
      shape.there(at::rand({3})), shape.there(at::rand({3})));
  const at::Tensor rows =
      visible ? shuffled(shape).narrow(1, 0, shape.visible).contiguous() : at::Tensor();
  return {
      [=] { return ops::image_patches(images, shape.patch, ops::PatchOrder::channel_first, rows); },
      [=] {
        return ops::image_patches_reference(images, shape.patch, ops::PatchOrder::channel_first,
                                            rows);
      }};
}

/// MAE-ST's clips, of which a tenth of the tubelets is visible.
constexpr std::int64_t kClips = 4, kClipFrames = 16, kClipTokens = 1568, kVisibleTubelets = 156;

OperationWays tubelet_ways() {
  const ops::Clips clips(at::randint(0, 256, {kClips, 3, kClipFrames, 224, 224}, at::kByte),
                         at::rand({3}), at::rand({3}));
  const at::Tensor rows =
      at::argsort(at::rand({kClips, kClipTokens}), /*stable=*/true, 1, /*descending=*/false)
          .narrow(1, 0, kVisibleTubelets)
          .contiguous();
  const ops::Tubelet tubelet{.frames = 2, .size = 16};
  return {[=] { return ops::clip_patches(clips, tubelet, ops::PatchOrder::channel_first, rows); },
          [=] {
            return ops::clip_patches_reference(clips, tubelet, ops::PatchOrder::channel_first,
                                               rows);
          }};
}

OperationWays token_ways(const StepShape& shape, at::ScalarType compute) {
  const at::Tensor places = shuffled(shape);
  const at::Tensor sources = at::cat({shape.there(at::zeros({shape.batch, 1}, at::kLong)),
                                      (places + 1).masked_fill(places >= shape.visible, -1)},
                                     1);
  const auto random = [&](const std::vector<std::int64_t>& sizes) {
    return shape.there(at::randn(sizes));
  };
  const at::Tensor own = random({shape.batch, shape.visible + 1, shape.decoder_width});
  const at::Tensor mask = random({1, 1, shape.decoder_width}).requires_grad_(true);
  const at::Tensor table = random({1, shape.patches() + 1, shape.decoder_width});
  const at::Tensor outer = random({shape.batch, shape.patches() + 1, shape.decoder_width});
  const auto way = [=](auto path) {
    return [=, leaf = own.to(compute).requires_grad_(true)] {
      leaf.mutable_grad().reset();
      path(leaf, mask, table, {sources, {}}).backward(outer);
      return leaf.grad();
    };
  };
  return {way(ops::assemble_tokens), way(ops::assemble_tokens_reference)};
}

OperationWays loss_ways(const StepShape& shape) {
  const at::Tensor prediction =
      shape.there(at::randn({shape.batch, shape.masked() + 1, shape.width}));
  const at::Tensor target = shape.there(at::randn(prediction.sizes()));
  const auto way = [=](auto path) {
    return [=, leaf = prediction.clone().requires_grad_(true)] {
      leaf.mutable_grad().reset();
      path(leaf, target, ops::LossConfig{}, ops::TargetScale::standardised).backward();
      return leaf.grad();
    };
  };
  return {way(ops::mean_token_loss), way(ops::mean_token_loss_reference)};
}

}  // namespace

std::vector<OperationCase> step_cases(at::ScalarType compute, const runtime::Device& device) {
  std::vector<OperationCase> cases;
  for (const StepShape& shape : step_shapes(device)) {
    const auto add = [&](const char* name, std::string text, double bytes, auto prepare) {
      cases.push_back({.operation = name,
                       .network = shape.network,
                       .shape = std::move(text),
                       .reference = "plain ATen",
                       .bytes = bytes,
                       .device = device,
                       .prepare = prepare});
    };
    const auto pixels = static_cast<double>(shape.batch * 3 * shape.image * shape.image);
    const double share = static_cast<double>(shape.visible) / static_cast<double>(shape.patches());
    const std::string images =
        fmt::format("{} x 3 x {} x {}", shape.batch, shape.image, shape.image);
    // A pixel is read as a byte and written as a float.
    add("visible patches of images", images, 5 * share * pixels,
        [shape] { return patch_ways(shape, /*visible=*/true); });
    add("all patches of images", images, 5 * pixels,
        [shape] { return patch_ways(shape, /*visible=*/false); });
    const auto own = static_cast<double>(shape.batch * (shape.visible + 1) * shape.decoder_width);
    const auto all = static_cast<double>(shape.batch * (shape.patches() + 1) * shape.decoder_width);
    add("decoder tokens forward + backward",
        fmt::format("{} x {} x {}", shape.batch, shape.patches() + 1, shape.decoder_width),
        2 * 4 * all + 2 * static_cast<double>(c10::elementSize(compute)) * own,
        [shape, compute] { return token_ways(shape, compute); });
    const auto predicted = static_cast<double>(shape.batch * (shape.masked() + 1) * shape.width);
    add("target and loss forward + backward",
        fmt::format("{} x {} x {}", shape.batch, shape.masked() + 1, shape.width),
        3 * 4 * predicted, [shape] { return loss_ways(shape); });
  }
  if (!device.is_cpu()) return cases;
  // A pixel is read as a byte and written as a float.
  cases.push_back({.operation = "visible tubelets of clips",
                   .network = "MAE-ST",
                   .shape = fmt::format("{} x 3 x {} x 224 x 224", kClips, kClipFrames),
                   .reference = "plain ATen",
                   .bytes = 5.0 * kClips * kVisibleTubelets * 3 * 2 * 16 * 16,
                   .prepare = tubelet_ways});
  return cases;
}

}  // namespace dbot::tools
