#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/data/image/normalise.h"
#include "dbot/methods/capabilities/image_capability.h"
#include "dbot/methods/image_text/image_text_config.h"
#include "dbot/methods/image_text/joint_pass.h"
#include "dbot/methods/method.h"
#include "dbot/nn/joint/joint_autoencoder.h"

namespace dbot::methods {

/// M3AE: images and their captions are masked, encoded together, and both are predicted.
/// docs/methods/m3ae.md.
///
/// Draws: "image_noise" float32 [batch, patches], "text_noise" float32 [batch, tokens],
/// "unpaired_noise" float32 [batch, tokens of those], "drop_path" float32 [branches, batch]; with
/// masks per batch all rows of noise are alike. Scalars: "image_loss", "text_loss",
/// "text_accuracy", "text_pairs" (share of the samples with a caption) and, of texts without an
/// image, "unpaired_loss" and "unpaired_accuracy", as far as they are read.
/// Batch: "images", uint8 (normalised here) or float32 (already normalised); "text_ids" and
/// "text_padding"; "unpaired.text_ids" and "unpaired.text_padding". In a step all must be there
/// that the weights of the loss ask for. Stages after the first go on with the same network.
class ImageText : public Method, public ImageCapability {
 public:
  /// Reads the file of first weights at once. Throws as `load_start_joint`.
  explicit ImageText(ImageTextConfig config);
  /// One that goes on from `load_state`: no file is read.
  static std::unique_ptr<ImageText> to_be_loaded(ImageTextConfig config);

  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return *network_->parameters(); }
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t /*stage*/) override {}
  bool starts_trained() const override { return config_.start == StartKind::file; }
  const nn::JointEncoder& backbone() const override { return network_->encoder(); }
  BackboneFile backbone_file() const override;
  std::string describe_backbone() const override;
  runtime::NamedTensors state() const override;
  void load_state(std::int64_t stage, const runtime::NamedTensors& state) override;
  Cost cost() const override;
  ModelFacts facts() const override;
  std::unique_ptr<HeldOutMeasure> measure_held_out() const override;
  Gallery gallery(const data::Batch& batch, const GalleryContext& context) const override;
  const ImageCapability* images() const override { return config_.reads_images() ? this : nullptr; }
  MaskedPrediction predict_masked(const data::Batch& batch, const DrawContext& context,
                                  runtime::Precision precision) const override;
  void visit_step(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  const StepVisitor& visit) const override;

  /// What a step computes of what the batch has. `paired`: images, captions or both; `unpaired`:
  /// texts alone; empty where the weights or the batch leave nothing for it.
  struct Forward {
    std::optional<JointPass> paired, unpaired;
    at::Tensor loss;  // the weighted sum
  };
  /// Throws Error where neither is left.
  Forward forward(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  JointExtent extent = JointExtent::all_tokens) const;

  const nn::JointAutoencoder& network() const { return *network_; }

 private:
  ImageText() = default;
  void make_network();
  void read_start();
  exchange::EncoderDescription description() const;
  std::int64_t patches_kept() const;
  std::int64_t words_kept(std::int64_t length) const;
  ops::Images seen_images(const data::Batch& batch) const;
  /// The parts of the batch that a step reads; images or captions may be absent.
  JointSamples paired_samples(const data::Batch& batch, const StepDraws& draws) const;
  std::optional<JointPass> pass_of(const JointSamples& samples, const nn::DropPath& drop_path,
                                   runtime::Precision precision, JointExtent extent) const;
  void require_parts(const data::Batch& batch) const;

  ImageTextConfig config_;
  std::unique_ptr<nn::JointAutoencoder> network_;
  std::optional<runtime::NamedTensors> start_;  // until the first stage begins
  std::vector<exchange::WeightsOrigin> origins_;
  mutable data::ChannelScales scales_;
};

}  // namespace dbot::methods
