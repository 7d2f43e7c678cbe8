#include "dbot/objectives/teacher.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <string>

#include "dbot/core/error.h"
#include "dbot/ops/select_tokens.h"

namespace dbot::objectives {
namespace {

/// Whole numbers on the same device.
at::TensorOptions numbers_like(const at::Tensor& tensor) {
  return tensor.options().dtype(at::kLong);
}

}  // namespace

nn::EncoderConfig feature_network(const nn::EncoderConfig& config, const FeatureConfig& features) {
  nn::EncoderConfig network = config;
  if (features.output != TeacherOutput::network) network.projection = 0;
  return network;
}

ops::Images resized_images(const ops::Images& images, core::Size size, ImageResize how) {
  const at::Tensor& pixels = images.pixels;
  if (pixels.size(2) == size.height && pixels.size(3) == size.width) return images;
  const at::Tensor seen = images.seen().contiguous();
  if (how == ImageResize::bilinear) {
    return at::upsample_bilinear2d(seen, {size.height, size.width}, /*align_corners=*/false);
  }
  return at::upsample_bicubic2d(seen, {size.height, size.width}, /*align_corners=*/false);
}

Teacher::Teacher(const nn::EncoderConfig& config, std::shared_ptr<nn::ParameterStore> parameters,
                 const FeatureConfig& features)
    : network_(feature_network(config, features), std::move(parameters)), features_(features) {
  const std::int64_t averaged = averaged_blocks();
  if (averaged < 1 || averaged > std::max<std::int64_t>(1, config.depth)) {
    throw Error("[teacher] the mean of " + std::to_string(averaged) +
                " blocks is wanted of a network of " + std::to_string(config.depth));
  }
  network_.parameters()->freeze();
}

std::span<const ops::TransformerBlockWeights> Teacher::weights(at::ScalarType compute) const {
  const std::int64_t revision = parameters().revision();
  if (copies_type_ != compute || copies_revision_ != revision) {
    copies_.clear();
    for (const auto& block : network_.block_weights()) {
      copies_.push_back(config().has_plain_blocks() ? ops::frozen_weights(block, compute)
                                                    : ops::converted(block, compute));
    }
    copies_type_ = compute;
    copies_revision_ = revision;
  }
  return copies_;
}

std::int64_t Teacher::averaged_blocks() const {
  const bool one =
      features_.output == TeacherOutput::last_block || features_.output == TeacherOutput::ln_post;
  return one ? 1 : features_.mean_of_blocks;
}

at::Tensor Teacher::mean_of_blocks(at::Tensor tokens, at::ScalarType compute,
                                   const at::Tensor& rows) const {
  const auto blocks = weights(compute);
  const auto averaged = static_cast<std::size_t>(averaged_blocks());
  if (averaged == 1) return network_.blocks(tokens, blocks, compute, {}, rows);
  tokens = network_.blocks(tokens, blocks.first(blocks.size() - averaged), compute);
  at::Tensor sum;
  for (std::size_t left = averaged; left > 0; --left) {
    const bool last = left == 1;
    tokens = network_.blocks(tokens, blocks.last(left).first(1), compute, {},
                             last ? rows : at::Tensor());
    const at::Tensor wanted = last || !rows.defined() ? tokens : ops::select_tokens(tokens, rows);
    sum = sum.defined() ? sum + wanted : wanted;
  }
  return sum / static_cast<double>(averaged);
}

at::Tensor Teacher::finished(const at::Tensor& tokens, at::ScalarType compute,
                             const at::Tensor& rows) const {
  if (config().projection == 0) {
    const bool normed = features_.output == TeacherOutput::network
                            ? features_.final_norm
                            : features_.output == TeacherOutput::ln_post;
    return normed ? network_.norm(tokens) : tokens;
  }
  at::Tensor normed = network_.norm(tokens);
  if (!features_.final_norm) {
    const at::Tensor is_cls =
        rows.defined() ? rows.eq(0).unsqueeze(-1)
                       : at::arange(tokens.size(1), numbers_like(tokens)).eq(0).view({1, -1, 1});
    normed = config().class_token ? at::where(is_cls, normed, tokens) : tokens;
  }
  return network_.project(normed, compute);
}

at::Tensor Teacher::own_rows(const at::Tensor& rows) const {
  if (config().has_plain_tokens()) return rows;
  if (!config().class_token) {
    if (!rows.defined()) return rows;
    return (rows - 1 + config().registers).clamp_min(0);
  }
  const at::Tensor all =
      rows.defined() ? rows
                     : at::arange(1 + config().patches(), numbers_like(parameters().flat_values()))
                           .unsqueeze(0);
  return at::where(all.eq(0), all, all + config().registers);
}

at::Tensor Teacher::features(const ops::Images& images, at::ScalarType compute,
                             Normalisation normalisation, const at::Tensor& rows) const {
  const c10::NoGradGuard no_graph;
  const ops::Images seen = resized_images(images, config().image_size, features_.resize);
  const at::Tensor embedded = network_.embed(seen);
  at::Tensor own = own_rows(rows);
  if (own.defined()) own = own.expand({embedded.size(0), -1});
  at::Tensor tokens = finished(mean_of_blocks(embedded, compute, own), compute, own);
  if (!config().class_token && !rows.defined()) {
    tokens = tokens.slice(1, config().registers);
    tokens = at::cat({tokens.mean(1, /*keepdim=*/true), tokens}, 1);
  }
  return normalised(tokens, normalisation);
}

core::Size matching_image_size(const nn::EncoderConfig& student, std::int64_t teacher_patch_size) {
  if (teacher_patch_size < 1) {
    throw UsageError("[teacher] teacher.patch_size is " + std::to_string(teacher_patch_size) +
                     ", expected at least 1; leave it out to use the student's");
  }
  const core::Size grid = student.grid();
  return {grid.height * teacher_patch_size, grid.width * teacher_patch_size};
}

}  // namespace dbot::objectives
