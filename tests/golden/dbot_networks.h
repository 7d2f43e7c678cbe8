#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/masking/random_mask.h"
#include "dbot/nn/vit/masked_autoencoder.h"
#include "dbot/objectives/loss.h"
#include "tests/golden/harness/fixture.h"

// What the cases of one dBOT step share: student, teacher and loss as the file describes them.
namespace dbot::golden {

struct Student {
  nn::MaskedAutoencoder network;
  masking::Mask mask;
  at::Tensor loss_positions;  // [batch, 1 + patches]
};

Student read_student(const Fixture& fixture);

/// The teacher's raw features with or without its final norm.
at::Tensor teacher_features(const Fixture& fixture, bool final_norm,
                            at::ScalarType compute = at::kFloat);

objectives::LossConfig feature_loss(const Fixture& fixture);

}  // namespace dbot::golden
