#include <ATen/ops/tensor.h>

#include <vector>

#include "dbot/eval/frozen/mae_probe_head.h"
#include "dbot/optim/schedule.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// Rates of the recorded steps, in fractions of epochs.
class Rates {
 public:
  explicit Rates(const nlohmann::json& config)
      : peak_(config.at("lr").get<double>()),
        warmup_(config.at("warmup_epochs").get<double>()),
        epochs_(config.at("epochs").get<double>()),
        steps_per_epoch_(config.at("steps_per_epoch").get<double>()) {}
  double of(std::int64_t step) const {
    return optim::learning_rate(static_cast<double>(step) / steps_per_epoch_, 0, epochs_, warmup_,
                                peak_, 0);
  }

 private:
  double peak_, warmup_, epochs_, steps_per_epoch_;
};

}  // namespace

void check_linear_probe(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor samples = fixture.at("in.samples"), labels = fixture.at("in.labels");
  const auto weights = fixture.with_prefix("w0.");
  const auto config = encoder_config(fixture.config.at("network"), samples.size(2), weights);
  auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config));
  runtime::NamedTensors of_encoder = weights;
  std::erase_if(of_encoder, [](const auto& entry) { return entry.first.starts_with("head."); });
  store->copy_from(of_encoder);
  store->freeze();
  const nn::VisionTransformer encoder(config, store);
  const auto features = [&](std::int64_t batch) {
    return encoder.features({{"images", samples[batch]}}, at::kFloat).at("cls").contiguous();
  };

  const auto classes = fixture.config.at("network").at("num_classes").get<std::int64_t>();
  eval::MaeProbeHead head(classes, config.width, /*seed=*/0);
  head.load_state(fixture.with_prefix("w0.head."));
  const Rates rates(fixture.config);
  std::vector<double> losses;
  for (std::int64_t step = 0; step < samples.size(0); ++step) {
    const at::Tensor truth = labels[step].contiguous();
    losses.push_back(
        head.step(features(step), truth.const_data_ptr<std::int64_t>(), rates.of(step)));
  }
  comparison.numbers("out.loss", at::tensor(losses), limits::step_loss);
  for (const auto& [name, value] : head.state()) {
    const std::string expected = "out.final.head." + name;
    if (name == "0.num_batches_tracked") {
      comparison.exact(expected, value);
    } else {
      comparison.tensor(expected, value, limits::value);
    }
  }
  comparison.tensor("out.eval_features", features(0), limits::value);
  comparison.tensor("out.eval_logits", head.logits(features(0)), limits::value);
}

}  // namespace dbot::golden
