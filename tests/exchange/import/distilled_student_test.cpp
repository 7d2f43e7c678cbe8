// Students of masked distillation as programs store them: below a prefix, beside the teacher and
// the head.
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include "dbot/nn/vit/relative_positions.h"
#include "tests/exchange/import/import_fixture.h"

namespace dbot::exchange {
namespace {

using testing::Contains;

class DistilledStudent : public EncoderImport {
 protected:
  DistilledStudent() {
    nn::EncoderConfig& config = description_.config;
    config = {.image_size = {12, 12}, .patch_size = 4, .width = 16, .depth = 2, .heads = 4};
    config.position_table = false;
    config.relative_positions = nn::RelativePositions::shared;
    config.layer_scale = 0.1;
    config.key_bias = false;
    official_ = drawn(config);
  }

  /// As such a program stores it: with its mask token and the index of its distances.
  runtime::NamedTensors stored(const std::string& prefix) const {
    runtime::NamedTensors tensors = below(prefix, official_);
    tensors[prefix + "mask_token"] = at::ones({1, 1, 16});
    tensors[prefix + "rel_pos_bias.relative_position_index"] =
        nn::relative_position_index(description_.config.grid());
    return tensors;
  }
};

TEST_F(DistilledStudent, IsFoundBelowItsPrefixes) {
  for (const std::string prefix : {"", "student.", "module.student.", "module."}) {
    for (const std::string head : {"fc.", "distill_head.", "lm_head."}) {
      for (const std::string& place : {prefix, std::string("head.")}) {
        if (place == "head." && prefix.empty()) continue;
        SCOPED_TRACE(prefix + " " + place + head);
        runtime::NamedTensors tensors = stored(prefix);
        tensors[place + head + "weight"] = at::ones({20, 16});
        tensors[place + head + "bias"] = at::ones({20});
        const ImportedEncoder imported = import(tensors);
        expect_whole(imported);
        EXPECT_THAT(imported.report.ignored, Contains(prefix + "mask_token"));
        EXPECT_THAT(imported.report.ignored, Contains(place + head + "weight"));
      }
    }
  }
}

TEST_F(DistilledStudent, IsNamedByItsKeyBesideTheTeacher) {
  runtime::NamedTensors tensors = stored("module.student.");
  EncoderDescription plain = small_description();
  tensors.merge(below("module.teacher.", small_parameters(plain.config)));
  hints_.key = "student";
  expect_whole(import(tensors));
}

}  // namespace
}  // namespace dbot::exchange
