#include "dbot/eval/frozen/knn.h"

#include <algorithm>

#include "tests/golden/support/registry.h"

namespace dbot::golden {

void check_knn(const Fixture& fixture, Comparison& comparison) {
  const nlohmann::json& config = fixture.config;
  const auto classes = config.at("classes").get<std::int64_t>();
  eval::KnnConfig settings;
  settings.neighbours = config.at("k").get<std::int64_t>();
  settings.temperature = config.at("temperature").get<double>();
  const core::StopRequest stop;
  const eval::KnnResult result = eval::knn_classify(
      fixture.at("in.train_features"), fixture.at("in.train_labels"),
      fixture.at("in.test_features"), fixture.at("in.test_labels"), classes, settings, stop);
  comparison.exact("out.neighbors", result.neighbours);
  comparison.tensor("out.similarity", result.similarity, limits::value);
  comparison.tensor("out.scores", result.scores, limits::value);
  comparison.exact("out.pred", result.prediction);
  if (config.contains("top1"))
    comparison.number("top1", result.top1, config.at("top1").get<double>(), 1e-9);
  // With fewer than five classes among the neighbours, the reference's top5 depends on its order of
  // ties.
  const at::Tensor voted = result.scores.gt(0).sum(1);
  if (config.contains("top5") &&
      voted.min().item<std::int64_t>() >= std::min<std::int64_t>(5, classes)) {
    comparison.number("top5", result.top5, config.at("top5").get<double>(), 1e-9);
  }
}

}  // namespace dbot::golden
