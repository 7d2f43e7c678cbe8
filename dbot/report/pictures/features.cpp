#include "dbot/report/pictures/features.h"

#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <span>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/ops/attention_probabilities.h"
#include "dbot/report/pictures/work_clock.h"

namespace dbot::report {
namespace {

constexpr std::int64_t kBatch = 16;
constexpr std::int64_t kLeastSamples = 32;

TokenFeatures look_at(const nn::VisionTransformer& network, const at::Tensor& pixels,
                      const Look& look) {
  const nn::EncoderConfig& shape = network.config();
  const at::ScalarType compute = runtime::compute_type(look.precision);
  const std::vector<ops::TransformerBlockWeights> blocks = network.block_weights();
  const std::span all(blocks);
  const at::Tensor embedded = network.embed(data::normalise(pixels, look.mean, look.std));
  const at::Tensor before = network.blocks(embedded, all.first(all.size() - 1), compute);
  const at::Tensor after = network.blocks(before, all.last(1), compute);
  const at::Tensor attention = ops::attention_probabilities(
      before, all.back(), {shape.heads, shape.layer_norm_eps, compute}, /*queries=*/1);
  return {network.norm(after).slice(1, 1), attention.select(2, 0).slice(2, 1)};
}

}  // namespace

TokenFeatures token_features(const nn::VisionTransformer& network, const at::Tensor& pixels,
                             const Look& look) {
  const c10::NoGradGuard no_graph;
  std::vector<at::Tensor> patches, attention;
  for (std::int64_t begin = 0; begin < pixels.size(0); begin += kBatch) {
    const std::int64_t count = std::min(kBatch, pixels.size(0) - begin);
    TokenFeatures part = look_at(network, pixels.narrow(0, begin, count), look);
    patches.push_back(std::move(part.patches));
    attention.push_back(std::move(part.attention));
  }
  return {at::cat(patches), at::cat(attention)};
}

at::Tensor summary_features(const nn::Backbone& backbone, const PictureSamples& samples,
                            const Look& look, const core::StopRequest& stop) {
  const c10::NoGradGuard no_graph;
  const at::ScalarType compute = runtime::compute_type(look.precision);
  const std::string kind = nn::summary_feature(backbone), part = backbone.input().part;
  const WorkClock clock;
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < samples.size(); begin += kBatch) {
    if (stop.requested()) throw Stopped("[pictures] stopped on request");
    if (begin >= kLeastSamples && clock.seconds() > look.seconds) break;
    const std::int64_t count = std::min(kBatch, samples.size() - begin);
    const at::Tensor images =
        data::normalise(samples.images.narrow(0, begin, count), look.mean, look.std);
    parts.push_back(backbone.features({{part, images}}, compute).at(kind));
  }
  return at::cat(parts);
}

}  // namespace dbot::report
