#include "dbot/methods/mixture_separation/latent_teacher.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <string>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/nn/linear.h"
#include "dbot/runtime/finite.h"

namespace dbot::methods {
namespace {

constexpr const char* kTaughtLayer = "decoder_embed";

std::vector<nn::ParameterSpec> teacher_parameters(const nn::EncoderConfig& config,
                                                  const runtime::NamedTensors& tensors) {
  const std::string weight = std::string(kTaughtLayer) + ".weight";
  const auto found = tensors.find(weight);
  if (found == tensors.end() || found->second.dim() != 2) {
    throw Error({.operation = "teacher",
                 .subject = weight,
                 .fault = Fault::missing,
                 .reason = "is missing, expected a matrix"});
  }
  std::vector<nn::ParameterSpec> specs = nn::encoder_parameters(config);
  nn::append_linear_parameters(specs, kTaughtLayer, config.width, found->second.size(0));
  return specs;
}

/// [channels, 1, 1]
at::Tensor each_channel(const std::vector<double>& values, const at::Tensor& like) {
  return at::tensor(values, like.options()).view({-1, 1, 1});
}

}  // namespace

LatentTeacher::LatentTeacher(exchange::EncoderDescription description,
                             const runtime::NamedTensors& tensors, const runtime::Device& device)
    : description_(std::move(description)) {
  auto store = std::make_shared<nn::ParameterStore>(
      teacher_parameters(description_.config, tensors), device);
  store->copy_from(tensors);
  for (const auto& [name, tensor] : store->named()) {
    if (runtime::all_finite(tensor)) continue;
    throw Error({.operation = "teacher",
                 .subject = name,
                 .fault = Fault::corrupt,
                 .reason = "holds values that are not finite, expected numbers",
                 .way_out = "go on from an earlier checkpoint, or take another teacher"});
  }
  store->freeze();
  encoder_ = std::make_unique<nn::VisionTransformer>(description_.config, std::move(store));
}

at::Tensor LatentTeacher::latents(const at::Tensor& images, const at::Tensor& ids_keep,
                                  at::ScalarType compute, const std::vector<double>& mean,
                                  const std::vector<double>& std) const {
  const at::NoGradGuard no_grad;
  at::Tensor seen = images;
  const bool known = !mean.empty() && !description_.mean.empty();
  if (known && (mean != description_.mean || std != description_.std)) {
    const at::Tensor pixels = images * each_channel(std, images) + each_channel(mean, images);
    seen =
        (pixels - each_channel(description_.mean, images)) / each_channel(description_.std, images);
  }
  const at::Tensor encoded =
      encoder_->norm(encoder_->blocks(encoder_->embed(seen, ids_keep), compute));
  return nn::linear(encoded, *encoder_->parameters(), kTaughtLayer, compute);
}

}  // namespace dbot::methods
