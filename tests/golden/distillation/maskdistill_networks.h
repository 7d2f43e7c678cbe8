#pragma once

#include <memory>
#include <string>

#include "dbot/nn/vit/masked_encoder.h"
#include "dbot/objectives/teacher.h"
#include "tests/golden/harness/fixture.h"

// Student and teacher of MaskDistill's reference files.
namespace dbot::golden {

/// "student.norm.weight" → "norm.weight", "head.fc.bias" → "lm_head.bias", "head.embed.bias" →
/// "decoder_embed.bias".
std::string official_name(const std::string& stored);

/// With the weights under "w.".
nn::MaskedEncoder read_maskdistill_student(const Fixture& fixture);

/// CLIP's tower with the weights under "teacher.", its position table on the grid of the input.
class MaskdistillTeacher {
 public:
  explicit MaskdistillTeacher(const Fixture& fixture);

  core::Size input() const { return tower_.image_size; }
  /// What the patches give, [batch, patches, width].
  at::Tensor patches(const at::Tensor& images, objectives::TeacherOutput output,
                     objectives::Normalisation normalisation) const;

 private:
  nn::EncoderConfig tower_;
  std::shared_ptr<nn::ParameterStore> parameters_;
};

}  // namespace dbot::golden
