#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <string>
#include <vector>

#include "dbot/eval/continual/continual_figures.h"
#include "dbot/methods/supermask_tasks/transfer.h"
#include "dbot/objectives/classification_loss.h"
#include "dbot/objectives/nearest_vote.h"
#include "tests/golden/exssnet/recorded_tasks.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

constexpr double kMetricLimit = 1e-12;

/// k-NN on given features: the first rows vote for the others.
void compare_votes(const Fixture& fixture, const std::string& number, const nlohmann::json& config,
                   Comparison& comparison) {
  const at::Tensor features = fixture.at(number + ".reps"), labels = fixture.at(number + ".labels");
  const methods::TransferConfig settings{.neighbours = config.at("k").get<std::int64_t>()};
  const auto cut = config.at("cut").get<std::int64_t>();
  comparison.exact(number + ".pred",
                   objectives::nearest_vote(features.slice(0, 0, cut), labels.slice(0, 0, cut),
                                            features.slice(0, cut), settings.neighbours));
  const double accuracy = methods::vote_accuracy(features, labels, settings);
  comparison.elements(number + ".accuracy", at::tensor(accuracy, at::kDouble), {.absolute = 1e-6});
}

/// LeNet under the masks of two earlier tasks: whose features sort the rows best, and what the new
/// task begins with.
void compare_network(const Fixture& fixture, Comparison& comparison) {
  const nlohmann::json& settings = fixture.config.at("net");
  methods::TaskNetworksConfig config;
  const at::Tensor first = fixture.peek("net.linear.0.weight");
  const at::Tensor second = fixture.peek("net.linear.2.weight");
  const at::Tensor head = fixture.peek("net.linear.4.weight");
  config.network.inputs = first.size(1);
  config.network.hidden = {first.size(0), second.size(0)};
  config.network.outputs = head.size(0);
  config.density.density = value_or(settings, "density", 0.2);
  methods::TaskNetworks networks(config);
  networks.initialise();
  set_weights(fixture, "net.", networks);
  const auto rows = settings.at("rows_official").get<std::int64_t>();
  const methods::TransferConfig transfer{.neighbours = settings.at("k").get<std::int64_t>()};
  std::vector<double> accuracies;
  std::vector<runtime::NamedTensors> scores;
  for (std::int64_t task = 0; task < 2; ++task) {
    networks.begin_task(0);
    scores.push_back(recorded_scores(fixture, "net.", task, networks));
    networks.set_scores(scores.back());
    const at::Tensor features =
        networks.pass(networks.frozen(0), fixture.at("net.x"), at::kFloat).features;
    comparison.elements("net.reps_with_mask" + std::to_string(task), features, kTaskLimit);
    accuracies.push_back(methods::vote_accuracy(features.slice(0, 0, rows),
                                                fixture.at("net.y").slice(0, 0, rows), transfer));
  }
  comparison.elements("net.task_accuracy", at::tensor(accuracies, at::kDouble), {.absolute = 1e-6});
  const auto compare = [&](const char* prefix, methods::Transfer kind) {
    std::vector<runtime::NamedTensors> chosen;
    for (const std::int64_t task :
         methods::tasks_to_begin_with(kind, accuracies, config.network.outputs)) {
      chosen.push_back(scores.at(static_cast<std::size_t>(task)));
    }
    if (chosen.empty()) chosen.push_back(recorded_scores(fixture, "net.", 2, networks));
    const runtime::NamedTensors begun = methods::mean_of_scores(chosen);
    for (const auto& [name, tensor] : begun) {
      const std::string recorded = prefix + name + ".2";
      comparison.elements(recorded, as_recorded(fixture, recorded, tensor), kTaskLimit);
    }
  };
  compare("net.best.", methods::Transfer::knn_best);
  compare("net.all_average.", methods::Transfer::knn_all);
  for (const char* layer : {"linear.0", "linear.2", "linear.4"}) {
    comparison.dismiss("net." + std::string(layer) + ".scores.2",
                       "what the new task would have begun with");
  }
}

}  // namespace

void check_exssnet_kkt(const Fixture& fixture, Comparison& comparison) {
  for (const auto& [number, config] : fixture.config.items()) {
    if (fixture.has(number + ".reps")) compare_votes(fixture, number, config, comparison);
  }
  if (fixture.config.contains("net")) compare_network(fixture, comparison);
}

void check_exssnet_metrics(const Fixture& fixture, Comparison& comparison) {
  for (int i = 0; fixture.has(std::to_string(i) + ".acc"); ++i) {
    const std::string prefix = std::to_string(i) + ".";
    const auto row_of = [](const at::Tensor& row) {
      const at::Tensor plain = row.contiguous();
      const double* first = plain.const_data_ptr<double>();
      return std::vector<double>(first, first + plain.numel());
    };
    eval::AccuracyMatrix rows;
    const at::Tensor& accuracies = fixture.at(prefix + "acc");
    for (std::int64_t row = 0; row < accuracies.size(0); ++row) {
      rows.push_back(row_of(accuracies[row]));
    }
    const eval::ContinualFigures figures =
        eval::continual_figures(rows, row_of(fixture.at(prefix + "random_acc")));
    const auto compare = [&](const char* name, const std::vector<double>& values) {
      comparison.scaled(prefix + name, at::tensor(values, at::kDouble), kMetricLimit);
    };
    compare("bwt", figures.backward_transfer);
    compare("forgetting", figures.forgetting);
    compare("forward_transfer", figures.forward_transfer);
    comparison.scaled(prefix + "average_accuracy",
                      at::tensor(figures.average_accuracy, at::kDouble), kMetricLimit);
  }
}

void check_exssnet_text(const Fixture& fixture, Comparison& comparison) {
  const nlohmann::json& file = fixture.config;
  methods::TaskNetworksConfig config;
  config.network = {.kind = nn::MaskedNetworkKind::text,
                    .outputs = file.at("classes").get<std::int64_t>(),
                    .length = file.at("length").get<std::int64_t>(),
                    .embedding = file.at("embedding").get<std::int64_t>(),
                    .filters = file.at("filters").get<std::int64_t>(),
                    .kernels = file.at("widths").get<std::vector<std::int64_t>>()};
  config.density.density = file.at("density").get<double>();
  methods::TaskNetworks networks(config);
  networks.initialise();
  set_weights(fixture, "", networks);
  for (std::int64_t task = 0; task < file.at("tasks").get<std::int64_t>(); ++task) {
    const std::string prefix = std::to_string(task) + ".";
    networks.begin_task(task);
    networks.set_scores(recorded_scores(fixture, "", task, networks));
    const nn::MaskedPass pass = networks.network().forward(
        fixture.at("x"), differentiable(networks), {}, at::kFloat, nn::NormMode::training);
    const at::Tensor loss =
        objectives::label_smoothing_cross_entropy(pass.logits, fixture.at("y"), /*smoothing=*/0);
    loss.backward();
    comparison.elements(prefix + "logits", pass.logits.detach(), kTaskLimit);
    comparison.elements(prefix + "features", pass.features.detach(), kTaskLimit);
    comparison.elements(prefix + "loss", loss.detach(), kTaskLimit);
    compare_gradients(fixture, prefix, networks, comparison);
  }
}

}  // namespace dbot::golden
