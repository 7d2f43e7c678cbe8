#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/data/image/normalise.h"
#include "dbot/methods/capabilities/classifying_capability.h"
#include "dbot/methods/classification/classification_config.h"
#include "dbot/methods/method.h"
#include "dbot/methods/start/start_weights.h"
#include "dbot/nn/vit/classifier.h"

namespace dbot::methods {

/// A vision transformer with a linear head learns labels: fine-tuning from a file, or training from
/// nothing. docs/methods/classification.md.
///
/// Draws: "drop_path" float32 [2·blocks, batch], absent when the rate is 0; "mixing" float64 [6]:
/// λ, whether there is a box, and its top, left, height and width, absent when nothing is mixed.
/// Scalars: "accuracy" of the batch in percent, where its images are not mixed.
/// Batch: tensor "images", uint8 (normalised here) or float32 (already normalised); labels.
/// Stages after the first go on with the same network.
class Classification : public Method, public ClassifyingCapability {
 public:
  /// Reads the file to start from at once. Throws as `load_start_weights`.
  explicit Classification(ClassificationConfig config);
  /// One that goes on from `load_state`: no file is read unless it begins a stage without.
  static std::unique_ptr<Classification> to_be_loaded(ClassificationConfig config);

  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return *network_->parameters(); }
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
  /// Throws DataError where the data name no classes.
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t /*stage*/) override {}
  bool starts_trained() const override { return config_.start == StartKind::file; }
  const nn::VisionTransformer& backbone() const override { return network_->encoder(); }
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
  at::Tensor logits(const data::Batch& batch, runtime::Precision precision) const override;

 private:
  Classification() = default;
  void read_start();
  void make_network();
  exchange::EncoderDescription description() const;
  /// The images as the network sees them, mixed where `draws` say so.
  ops::Images seen_images(const data::Batch& batch, const data::Mix& mix) const;

  ClassificationConfig config_;
  std::unique_ptr<nn::Classifier> network_;
  mutable data::ChannelScales scales_;
  std::optional<StartWeights> start_;  // until the first stage begins
  std::vector<exchange::WeightsOrigin> origins_;
  std::string channels_rule_;
};

}  // namespace dbot::methods
