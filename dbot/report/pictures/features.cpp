#include "dbot/report/pictures/features.h"

#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <string>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/report/pictures/work_clock.h"

namespace dbot::report {
namespace {

constexpr std::int64_t kBatch = 16;
constexpr std::int64_t kLeastSamples = 32;

/// Pixels as a network sees them, on its device.
at::Tensor seen_by(const nn::Backbone& backbone, const at::Tensor& pixels, const Look& look) {
  const at::Device device = backbone.parameters()->device();
  return data::normalise(pixels.to(device), look.mean, look.std);
}

}  // namespace

std::optional<nn::PatchView> patch_views(const nn::Backbone& backbone, const at::Tensor& pixels,
                                         const Look& look) {
  const c10::NoGradGuard no_graph;
  const at::ScalarType compute = runtime::compute_type(look.precision);
  const std::string part = backbone.input().part;
  nn::PatchView all;
  std::vector<at::Tensor> features, attention;
  for (std::int64_t begin = 0; begin < pixels.size(0); begin += kBatch) {
    const std::int64_t count = std::min(kBatch, pixels.size(0) - begin);
    const at::Tensor images = seen_by(backbone, pixels.narrow(0, begin, count), look);
    const auto view = backbone.view_patches({{part, images}}, compute);
    if (!view) return std::nullopt;
    all.grid = view->grid;
    features.push_back(view->features.cpu());
    attention.push_back(view->attention.cpu());
  }
  all.features = at::cat(features);
  all.attention = at::cat(attention);
  return all;
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
    const at::Tensor images = seen_by(backbone, samples.images.narrow(0, begin, count), look);
    parts.push_back(backbone.features({{part, images}}, compute).at(kind).cpu());
  }
  return at::cat(parts);
}

}  // namespace dbot::report
