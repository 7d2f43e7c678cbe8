#include "dbot/objectives/teacher.h"

#include <ATen/ops/upsample_bicubic2d.h>
#include <c10/core/GradMode.h>

#include <string>

#include "dbot/core/error.h"

namespace dbot::objectives {
Teacher::Teacher(const nn::EncoderConfig& config, std::shared_ptr<nn::ParameterStore> parameters,
                 bool final_norm)
    : network_(config, std::move(parameters)), final_norm_(final_norm) {
  network_.parameters()->freeze();
}

std::span<const ops::TransformerBlockWeights> Teacher::weights(at::ScalarType compute) const {
  if (compute == at::kFloat) return network_.block_weights();
  const std::int64_t revision = parameters().revision();
  if (copies_type_ != compute || copies_revision_ != revision) {
    copies_.clear();
    for (const auto& block : network_.block_weights())
      copies_.push_back(ops::converted(block, compute));
    copies_type_ = compute;
    copies_revision_ = revision;
  }
  return copies_;
}

at::Tensor Teacher::features(const at::Tensor& images, at::ScalarType compute,
                             Normalisation normalisation, const at::Tensor& rows) const {
  const c10::NoGradGuard no_graph;
  const core::Size size = config().image_size;
  at::Tensor seen = images;
  if (images.size(2) != size.height || images.size(3) != size.width) {
    seen = at::upsample_bicubic2d(images.contiguous(), {size.height, size.width},
                                  /*align_corners=*/false);
  }
  at::Tensor tokens = network_.blocks(network_.embed(seen), weights(compute), compute, {}, rows);
  if (final_norm_) tokens = network_.norm(tokens);
  return normalisation == Normalisation::none ? tokens : standardise(tokens);
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
