#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/data/image/normalise.h"
#include "dbot/exchange/video/clip_description.h"
#include "dbot/methods/masked_clips/clip_pass.h"
#include "dbot/methods/masked_clips/masked_clips_config.h"
#include "dbot/methods/masked_clips/start_clips.h"
#include "dbot/methods/method.h"
#include "dbot/nn/clip/clip_autoencoder.h"

namespace dbot::methods {

/// MAE-ST: tokens of clips are hidden, and their pixels predicted. docs/methods/mae_st.md.
///
/// Draws: "mask", float32 [clips, …]: noise, or the cubes themselves (masking::space_time_draws).
/// Batch: "clips", uint8 (normalised here) or float32 (already normalised), [samples · clips of
/// each, 3, frames, height, width], the clips of a sample one behind the other; how many there are
/// of each follows from the sizes. Stages after the first go on with the same network.
class MaskedClips : public Method {
 public:
  /// Reads the file of first weights at once. Throws as `load_start_clips` and
  /// `load_start_image`.
  explicit MaskedClips(MaskedClipsConfig config);
  /// One that goes on from `load_state`: no file is read.
  static std::unique_ptr<MaskedClips> to_be_loaded(MaskedClipsConfig config);

  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return *network_->parameters(); }
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
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
  /// "loss", the mean over the hidden tokens of all clips.
  std::unique_ptr<HeldOutMeasure> measure_held_out() const override;
  /// "clips": frames that are predicted, of each clip as it is, as the encoder saw it, and as it
  /// was put together again. Nothing for a batch without clips.
  Gallery gallery(const data::Batch& batch, const GalleryContext& context) const override;
  void visit_step(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  const StepVisitor& visit) const override;

  /// What a step computes. Throws UsageError for a batch without clips, or whose clips are no whole
  /// number of each sample.
  struct Forward {
    masking::Mask mask;
    ClipPass pass;
  };
  Forward forward(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  ClipExtent extent = ClipExtent::all_tokens) const;

  const nn::ClipAutoencoder& network() const { return *network_; }

 private:
  MaskedClips() = default;
  void make_network();
  void read_start();
  exchange::ClipDescription description() const;
  std::vector<std::int64_t> predicted_frames() const;
  std::int64_t visible() const;

  MaskedClipsConfig config_;
  nn::ClipConfig shape_;
  std::unique_ptr<nn::ClipAutoencoder> network_;
  mutable data::ChannelScales scales_;
  FirstClips first_;
  std::vector<exchange::WeightsOrigin> origins_;
};

}  // namespace dbot::methods
