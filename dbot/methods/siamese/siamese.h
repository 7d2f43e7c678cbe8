#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dbot/methods/method.h"
#include "dbot/methods/siamese/siamese_config.h"
#include "dbot/methods/siamese/siamese_forward.h"
#include "dbot/methods/siamese/siamese_networks.h"

namespace dbot::methods {

/// Two views of an image and one convolutional encoder: MoCo with a queue, or a pair loss, on clean
/// and on mixed views (MixMask, Un-Mix). docs/methods/siamese.md.
///
/// Draws: those of siamese_draws.h. Scalars: "base_loss", the clean view's; "mask_share" and
/// "unmix_share", how much of a mixed image is its own; "accuracy", of MoCo: clean queries that
/// find their key among all, in percent.
/// Batch: tensors "images" and "views" (one further view), uint8 (normalised here) or float32.
/// Stages after the first go on with the same networks.
class Siamese : public Method {
 public:
  explicit Siamese(SiameseConfig config);

  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return networks_->trained(); }
  /// One group: the references decay biases and gains as well.
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  /// Throws UsageError for a batch without a second view.
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
  /// The moving average.
  void after_step(const StepContext& context) override;
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t /*stage*/) override {}
  const nn::ConvolutionNetwork& backbone() const override { return networks_->backbone(); }
  BackboneFile backbone_file() const override;
  std::string describe_backbone() const override;
  runtime::NamedTensors state() const override { return networks_->state(); }
  void load_state(std::int64_t stage, const runtime::NamedTensors& state) override;
  Cost cost() const override;
  ModelFacts facts() const override;
  /// "masks" with their shares, "mixtures", "nearest_keys".
  Gallery gallery(const data::Batch& batch, const GalleryContext& context) const override;
  void visit_step(const data::Batch& batch, const StepDraws& draws, runtime::Precision precision,
                  const StepVisitor& visit) const override;

  const SiameseNetworks& networks() const { return *networks_; }

 private:
  SiameseConfig config_;
  std::unique_ptr<SiameseNetworks> networks_;
};

/// A tensor of images as the network sees them: uint8 is normalised, float32 stays.
at::Tensor seen_view(const at::Tensor& pixels, const SiameseConfig& config);

}  // namespace dbot::methods
