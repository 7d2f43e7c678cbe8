#include "dbot/nn/vit/classifier.h"
#include "dbot/objectives/classification_loss.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {

void check_classify(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& images = fixture.at("in.images");
  const runtime::NamedTensors weights = fixture.with_prefix("w.");
  nn::ClassifierConfig config;
  config.encoder = encoder_config(fixture.config, images.size(1), weights);
  config.classes = fixture.config.at("num_classes").get<std::int64_t>();
  config.pooling =
      fixture.config.at("global_pool").get<bool>() ? nn::Pooling::mean : nn::Pooling::cls;
  const auto store = make_store(nn::classifier_parameters(config), weights);
  const nn::Classifier network(config, store);

  const at::Tensor features = network.features(images, at::kFloat);
  const at::Tensor logits = network.logits(features);
  const at::Tensor loss = objectives::soft_target_cross_entropy(logits, fixture.at("in.targets"));
  comparison.tensor("out.features", features, limits::value);
  comparison.tensor("out.logits", logits, limits::value);
  comparison.numbers("out.loss", loss, limits::loss);
  loss.backward();
  compare_gradients(fixture, "g.", *store, comparison);
}

}  // namespace dbot::golden
