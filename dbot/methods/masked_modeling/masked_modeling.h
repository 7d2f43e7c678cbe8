#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dbot/data/image/normalise.h"
#include "dbot/masking/random_mask.h"
#include "dbot/methods/capabilities/image_capability.h"
#include "dbot/methods/capabilities/repeats_steps.h"
#include "dbot/methods/masked_modeling/initial_teacher.h"
#include "dbot/methods/masked_modeling/loss_tokens.h"
#include "dbot/methods/masked_modeling/masked_modeling_config.h"
#include "dbot/methods/masked_modeling/stage_objective.h"
#include "dbot/methods/masked_modeling/student.h"
#include "dbot/methods/masked_modeling/student_start.h"
#include "dbot/methods/method.h"
#include "dbot/objectives/target.h"
#include "dbot/objectives/teacher.h"

namespace dbot::methods {

/// Masked image modelling: views → mask → student → prediction; views → target; loss. MAE (pixels),
/// dBOT (a teacher's features), dBOT's symmetric variant (CLIP's features) and MaskDistill (any of
/// them) are its recipes. Stages may predict different targets: then a student of pixels becomes
/// the teacher of the next, and a stage of pixels has no teacher.
///
/// Draws: "mask_noise" float32 [batch, patches] of random masks, "mask" float32 [batch, patches] of
/// block masks; "drop_path" float32 [2·blocks, batch], rows of encoder blocks first, absent when
/// the rate is 0. Scalars: none beside the loss.
/// Images: batch tensor "images", uint8 (normalised here) or float32 (already normalised).
class MaskedModeling : public Method, public ImageCapability, public RepeatsSteps {
 public:
  /// Reads the files that it begins with at once, and makes a teacher that has a shape of its own.
  /// Throws as `make_initial_teacher` and `load_start_weights`.
  explicit MaskedModeling(MaskedModelingConfig config);
  /// One that goes on from `load_state`, which brings its teacher: no file is read.
  static std::unique_ptr<MaskedModeling> to_be_loaded(MaskedModelingConfig config);

  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return *student_->parameters(); }

  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
  void after_step(const StepContext& context) override;
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t stage) override;
  bool starts_trained() const override { return config_.starts_from_file(0); }
  const nn::VisionTransformer& backbone() const override { return student_->encoder(); }
  BackboneFile backbone_file() const override;
  std::string describe_backbone() const override;
  exchange::NetworkWeights whole_network() const override;
  runtime::NamedTensors state() const override;
  void load_state(std::int64_t stage, const runtime::NamedTensors& state) override;
  Cost cost() const override;
  ModelFacts facts() const override;
  std::unique_ptr<HeldOutMeasure> measure_held_out() const override {
    return measure_masked_loss(*this);
  }
  const ImageCapability* images() const override { return this; }
  MaskedPrediction predict_masked(const data::Batch& batch, const DrawContext& context,
                                  runtime::Precision precision) const override;
  void visit_step(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  const StepVisitor& visit) const override;

  /// What a step computes, for tests and pictures.
  struct Forward {
    masking::Mask mask;
    at::Tensor latent;      // [batch, tokens of the encoder, width]
    at::Tensor prediction;  // [batch, 1 + patches, prediction width], cls first
    at::Tensor target;      // teacher: [batch, 1 + patches, width]; pixels: [batch, patches, …]
    at::Tensor loss;
  };
  /// `loss_tokens` leaves out what the loss does not read: prediction and target are then those of
  /// cls (for a teacher) and the masked patches alone, the target not normalised yet where the loss
  /// does that itself, and the loss is the same up to rounding.
  enum class Extent { all_tokens, loss_tokens };
  Forward forward(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  Extent extent = Extent::all_tokens) const;

  /// The batch's images as the student sees them.
  ops::Images seen_images(const data::Batch& batch) const;

  const Student& student() const { return *student_; }
  /// The mask that the draws of a step make.
  masking::Mask mask_of(const StepDraws& draws) const;
  /// Null in a stage whose target is pixels.
  const objectives::Teacher* teacher() const { return teacher_.get(); }

 private:
  MaskedModeling() = default;
  bool predicts_features() const { return objective_.predicts_features(); }
  bool averages_student() const;
  void enter_stage(std::int64_t stage);
  nn::EncoderConfig encoder_config(std::int64_t stage) const;
  void make_teacher();
  void renew_student(std::int64_t stage);
  void begin_student(std::int64_t stage);
  std::vector<exchange::WeightsOrigin> origins() const;
  std::string start_text() const;
  void make_student_the_teacher();
  std::shared_ptr<nn::ParameterStore> teacher_store(const nn::EncoderConfig& shape) const;
  void set_teacher(TeacherNetwork network);
  /// What the loss reads under a mask.
  LossTokens read_tokens(const masking::Mask& mask) const;
  at::Tensor target_of(const ops::Images& images, objectives::Normalisation normalisation,
                       at::ScalarType compute, const at::Tensor& rows) const;

  MaskedModelingConfig config_;
  StageObjective objective_;  // of the stage under way
  std::int64_t stage_ = 0;
  std::unique_ptr<Student> student_;
  StudentStart start_;
  std::unique_ptr<objectives::Teacher> teacher_;
  TeacherNetwork teacher_network_;
  mutable data::ChannelScales scales_,
      teacher_scales_;  // of images as student and teacher see them
};

}  // namespace dbot::methods
