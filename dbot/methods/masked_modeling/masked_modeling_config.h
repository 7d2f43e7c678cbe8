#pragma once

#include <cstdint>
#include <vector>

#include "dbot/masking/random_mask.h"
#include "dbot/nn/vit/config.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "dbot/objectives/teacher_config.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

/// asymmetric: an encoder that sees the visible patches and a light decoder (MAE, dBOT;
/// docs/methods/mae.md §1, docs/methods/dbot.md §4). symmetric: an encoder that sees a token in
/// place of each masked patch, and one matrix (docs/methods/dbot.md §8).
enum class StudentKind { asymmetric, symmetric };
/// What a symmetric student predicts with: one matrix, or blocks over all tokens before it
/// (docs/methods/maskdistill.md §5).
enum class HeadKind { linear, decoder };

/// Masked image modelling: MAE, dBOT, its symmetric variant and MaskDistill are its recipes.
struct MaskedModelingConfig {
  static constexpr const char* kKind = "masked_modeling";

  StudentKind student = StudentKind::asymmetric;
  HeadKind head = HeadKind::linear;  // of a symmetric student
  bool learned_positions = false;    // of a symmetric student: its position tables are trained
  nn::EncoderConfig encoder;
  nn::DecoderConfig decoder;
  objectives::TeacherConfig teacher;
  masking::MaskConfig mask;
  objectives::ObjectiveConfig objective;
  objectives::LossConfig loss;
  double drop_path = 0;  // of the last block, in encoder and decoder each
  // Of each stage; empty: as `objective` and `loss` say in all. stage_objective.h reads them.
  std::vector<objectives::TargetKind> stage_targets = {};
  std::vector<objectives::Normalisation> stage_normalisations = {};
  std::vector<objectives::LossKind> stage_losses = {};
  std::vector<std::int64_t> student_depth;  // blocks of each stage's student; empty: encoder.depth
  bool keep_patch_bias = false;     // the patch embedding's bias survives a stage switch (upstream)
  std::vector<double> mean, std;    // pixel normalisation of the input; empty: told by the data
  std::vector<double> value_range;  // what is black and white in files; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;  // of all networks
};

}  // namespace dbot::methods
