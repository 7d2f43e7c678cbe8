#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/data/image/normalise.h"
#include "dbot/exchange/video/clip_description.h"
#include "dbot/methods/capabilities/classifying_capability.h"
#include "dbot/methods/clip_classification/clip_classification_config.h"
#include "dbot/methods/masked_clips/start_clips.h"
#include "dbot/methods/method.h"
#include "dbot/nn/clip/clip_classifier.h"

namespace dbot::methods {

/// A network of clips with a linear head learns the labels of videos: fine-tuning from an MAE-ST or
/// from an encoder of images, or training from nothing. docs/methods/mae_st.md §8.
///
/// Draws: "drop_path" float32 [2·blocks, clips] and "dropout" float32 [width, clips], uniform in
/// [0, 1), absent when their rates are 0; "mixing" as `mixing_tensor` has it, absent when nothing
/// is mixed. Scalars: "accuracy" of the clips in percent, where they are not mixed.
/// Batch: as MaskedClips has it, and labels of its videos. Stages after the first go on with the
/// same network.
class ClipClassification : public Method, public ClassifyingCapability {
 public:
  /// Reads the file of first weights at once. Throws as
  /// `FirstClips::read`.
  explicit ClipClassification(ClipClassificationConfig config);
  /// One that goes on from `load_state`: no file is read unless it begins a stage without.
  static std::unique_ptr<ClipClassification> to_be_loaded(ClipClassificationConfig config);

  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return *network_->parameters(); }
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
  /// Throws DataError where the data name no classes.
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t /*stage*/) override {}
  bool starts_trained() const override { return config_.start != ClipStart::random; }
  const nn::ClipEncoder& backbone() const override { return network_->encoder(); }
  BackboneFile backbone_file() const override;
  std::string describe_backbone() const override;
  runtime::NamedTensors state() const override;
  void load_state(std::int64_t stage, const runtime::NamedTensors& state) override;
  Cost cost() const override;
  ModelFacts facts() const override;
  void visit_step(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  const StepVisitor& visit) const override;

  std::unique_ptr<HeldOutMeasure> measure_held_out() const override;
  const ClassifyingCapability* classifier() const override { return this; }
  const std::vector<std::string>& classes() const override { return config_.classes; }
  /// Of several clips of a video what they say together (join_views.h).
  at::Tensor logits(const data::Batch& batch, runtime::Precision precision) const override;

 private:
  ClipClassification() = default;
  void read_start();
  void make_network();
  nn::ClipClassifierConfig shape() const;
  exchange::ClipDescription description() const;
  /// A label for each clip.
  static at::Tensor clip_labels(const data::Batch& batch);
  /// The clips as the network sees them, mixed where `draws` say so.
  ops::Clips mixed_clips(const data::Batch& batch, const data::Mix& mix) const;

  ClipClassificationConfig config_;
  std::unique_ptr<nn::ClipClassifier> network_;
  mutable data::ChannelScales scales_;
  FirstClips first_;
  std::vector<exchange::WeightsOrigin> origins_;
};

}  // namespace dbot::methods
