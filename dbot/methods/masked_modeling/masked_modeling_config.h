#pragma once

#include <cstdint>
#include <string>
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

/// random: a draw; file: an encoder's weights; teacher: a copy of the stage's teacher.
enum class StudentInit { random, file, teacher };
/// Which stages' students begin with these weights; the others begin with a draw.
enum class InitStages { first, all };
struct StudentStartConfig {
  StudentInit init = StudentInit::random;
  std::string path;  // only with `file`, and then required
  InitStages stages = InitStages::all;
  double lr_factor = 1;  // of the learning rate, for the encoder that begins with weights
};

/// Masked image modelling: MAE, dBOT, its symmetric variant and MaskDistill are its recipes.
struct MaskedModelingConfig {
  static constexpr const char* kKind = "masked_modeling";

  StudentKind student = StudentKind::asymmetric;
  HeadKind head = HeadKind::linear;  // of a symmetric student
  bool learned_positions = false;    // of a symmetric student: its position tables are trained
  StudentStartConfig start;
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
  std::int64_t stages = 1;          // of the run
  std::uint64_t seed = 0;
  runtime::Device device;  // of all networks

  /// The file that the first student begins with; empty: none.
  const std::string& start_path() const {
    return start.init == StudentInit::teacher ? teacher.path : start.path;  // of a draw it is empty
  }
  /// Whether the student of a stage begins with that file.
  bool starts_from_file(std::int64_t stage) const {
    if (stage == 0) return !start_path().empty();
    return start.init == StudentInit::file && start.stages == InitStages::all;
  }
  /// Whether it begins as a copy of its teacher's network. The first one of a random teacher need
  /// not: that teacher is a copy of the student.
  bool copies_teacher(std::int64_t stage) const {
    if (start.init != StudentInit::teacher || starts_from_file(stage)) return false;
    return stage == 0 ? teacher.init == objectives::TeacherInit::independent
                      : start.stages == InitStages::all;
  }
  /// Whether it begins with weights that were trained before.
  bool starts_from_weights(std::int64_t stage) const {
    return starts_from_file(stage) || (stage > 0 && copies_teacher(stage));
  }
};

}  // namespace dbot::methods
