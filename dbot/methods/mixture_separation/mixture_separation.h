#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/data/image/normalise.h"
#include "dbot/masking/random_mask.h"
#include "dbot/methods/capabilities/mixture_capability.h"
#include "dbot/methods/method.h"
#include "dbot/methods/mixture_separation/latent_teacher.h"
#include "dbot/methods/mixture_separation/mixture.h"
#include "dbot/methods/mixture_separation/mixture_separation_config.h"
#include "dbot/methods/mixture_separation/start_autoencoder.h"
#include "dbot/nn/vit/masked_autoencoder.h"

namespace dbot::methods {

/// i-MAE: two images are mixed, masked and encoded; a linear layer for each takes its latents out,
/// and one decoder reconstructs both. A frozen MAE gives the latents of the clean images.
/// docs/methods/imae.md.
///
/// Draws: "mask_noise" float32 [batch, patches]; "lam" float64 [1] or [batch], the weight of the
/// first image. Scalars: "reconstruction" and, where there is a teacher, "distillation".
/// Batch: "images" and "partner.images", uint8 (normalised here) or float32 (already normalised).
/// Without partners the partner of each image is the next one of the batch, of the last the first.
/// Stages after the first go on with the same networks.
class MixtureSeparation : public Method, public MixtureCapability {
 public:
  /// Reads the files of student and teacher at once. Throws as `load_start_autoencoder`.
  explicit MixtureSeparation(MixtureSeparationConfig config);
  /// One that goes on from `load_state`: no file is read unless it begins a stage without.
  static std::unique_ptr<MixtureSeparation> to_be_loaded(MixtureSeparationConfig config);

  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return *network_->parameters(); }
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t /*stage*/) override {}
  const nn::VisionTransformer& backbone() const override { return network_->encoder(); }
  BackboneFile backbone_file() const override;
  std::string describe_backbone() const override;
  exchange::NetworkWeights whole_network() const override;
  runtime::NamedTensors state() const override;
  void load_state(std::int64_t stage, const runtime::NamedTensors& state) override;
  Cost cost() const override;
  ModelFacts facts() const override;
  std::unique_ptr<HeldOutMeasure> measure_held_out() const override;
  Gallery gallery(const data::Batch& batch, const GalleryContext& context) const override;
  const MixtureCapability* mixtures() const override { return this; }
  SeparatedMixture separate(const at::Tensor& first, const at::Tensor& second,
                            const MixtureSettings& settings) const override;
  SeparationErrors separation_errors(const at::Tensor& first, const at::Tensor& second,
                                     const MixtureSettings& settings) const override;
  void visit_step(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  const StepVisitor& visit) const override;

  /// What a step computes. Lists: of the subordinate image, then of the dominant one.
  struct Forward {
    Mixture mixture;
    masking::Mask mask;
    at::Tensor latent;                    // [batch, 1 + kept, width]
    std::vector<at::Tensor> separated;    // [batch, 1 + kept, decoder width]
    std::vector<at::Tensor> predictions;  // [batch, patches, p·p·channels]
    std::vector<at::Tensor> errors;       // of the reconstructions, scalars
    at::Tensor reconstruction;            // their sum
    at::Tensor distillation;              // undefined without a teacher
    at::Tensor loss;
  };
  /// `masked_patches`: predictions are those of the masked patches alone, which the loss reads; it
  /// is the same up to rounding.
  enum class Extent { all_patches, masked_patches };
  Forward forward(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  Extent extent = Extent::all_patches) const;

  const nn::MaskedAutoencoder& network() const { return *network_; }
  /// Null where nothing is distilled.
  const LatentTeacher* teacher() const { return teacher_.get(); }

 private:
  MixtureSeparation() = default;
  void read_start();
  void make_network();
  exchange::EncoderDescription description() const;
  std::int64_t kept() const;
  at::Tensor normalised(const at::Tensor& images) const;
  Mixture mixture_of(const data::Batch& batch, const at::Tensor& lam) const;
  at::Tensor reconstruction_error(const at::Tensor& prediction, const at::Tensor& image,
                                  const at::Tensor& mask, const at::Tensor& rows) const;
  at::Tensor distillation_of(const Forward& step, at::ScalarType compute) const;
  /// Mixtures with what is predicted of all patches, in normalised pixels.
  struct Separated {
    Mixture mixture;
    masking::Mask mask;
    std::vector<at::Tensor> values;  // [pairs, patches, p·p·channels], as in Forward
  };
  Separated take_apart(const at::Tensor& first, const at::Tensor& second,
                       const MixtureSettings& settings) const;
  at::Tensor shown(const at::Tensor& normalised_images) const;
  at::Tensor images_of(const at::Tensor& patches) const;

  MixtureSeparationConfig config_;
  std::unique_ptr<nn::MaskedAutoencoder> network_;
  mutable data::ChannelScales scales_;
  std::unique_ptr<LatentTeacher> teacher_;
  std::optional<StartAutoencoder> start_, taught_by_;  // until the first stage begins
  std::vector<exchange::WeightsOrigin> origins_;
};

}  // namespace dbot::methods
