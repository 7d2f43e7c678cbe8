// A whole run of the reference over several tasks: every mask, weight, editable set and logit.
#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dbot/objectives/classification_loss.h"
#include "dbot/optim/optimizer.h"
#include "tests/golden/exssnet/recorded_tasks.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

using methods::TaskNetworks;

class Trace {
 public:
  Trace(const Fixture& fixture, Comparison& comparison)
      : fixture_(fixture),
        config_(fixture.config),
        comparison_(comparison),
        tasks_(config_.at("tasks").get<std::int64_t>()),
        batch_(config_.at("batch").get<std::int64_t>()),
        networks_(network_of(config_)) {
    for (const auto& row : config_.at("lr_per_epoch")) {
      rates_[{row[0].get<std::int64_t>(), row[1].get<std::string>()}].push_back(
          row[3].get<double>());
    }
  }

  void run() {
    networks_.initialise();
    set_weights(fixture_, "init.", networks_);
    for (const std::int64_t task : {std::int64_t{0}, tasks_ - 1}) compare_first_pass(task);
    compare_untrained_features();
    for (std::int64_t task = 0; task < tasks_; ++task) learn(task);
    compare_norms();
    comparison_.elements("overlap_sparse_percent", at::tensor(sparse_, at::kDouble),
                         {.absolute = 1e-4});
    comparison_.elements("overlap_total_percent", at::tensor(total_, at::kDouble),
                         {.absolute = 1e-4});
  }

 private:
  static methods::TaskNetworksConfig network_of(const nlohmann::json& config) {
    methods::TaskNetworksConfig network = recorded_network(config);
    network.editable = config.at("weight_mask_type") == "exclusive"
                           ? methods::EditableWeights::exclusive
                           : methods::EditableWeights::used;
    return network;
  }

  void begin(std::int64_t task) {
    networks_.begin_task(task);
    networks_.set_scores(recorded_scores(fixture_, "init.", task, networks_));
    const auto norms = first_norms_.find(task);
    if (norms != first_norms_.end()) networks_.set_scores(norms->second);
  }

  std::pair<at::Tensor, at::Tensor> batch(std::int64_t task, std::int64_t number) const {
    const auto rows = [&](const char* name) {
      return fixture_.at(name)[task].slice(0, number * batch_, (number + 1) * batch_);
    };
    return {rows("x"), rows("y")};
  }

  static at::Tensor loss_of(const nn::MaskedPass& pass, const at::Tensor& labels) {
    return objectives::label_smoothing_cross_entropy(pass.logits, labels, /*smoothing=*/0);
  }

  /// The file's pass in training mode before any step; its running values stay.
  void compare_first_pass(std::int64_t task) {
    const std::string prefix = "fwd" + std::to_string(task) + ".";
    if (!fixture_.has(prefix + "logits")) return;
    begin(task);
    const auto [x, y] = batch(task, 0);
    const runtime::NamedTensors norms = networks_.scores().named();
    const nn::MaskedPass pass = networks_.network().forward(x, differentiable(networks_), norms,
                                                            at::kFloat, nn::NormMode::training);
    const at::Tensor loss = loss_of(pass, y);
    loss.backward();
    comparison_.elements(prefix + "logits", pass.logits.detach(), kTaskLimit);
    comparison_.elements(prefix + "loss", loss.detach(), kTaskLimit);
    for (const nn::MaskedLayer& layer : networks_.network().layers()) {
      for (const auto* store : {&networks_.weights(), &networks_.scores()}) {
        const std::string name =
            layer.name + (store == &networks_.weights() ? ".weight" : ".scores");
        const std::string recorded = prefix + "grad." + reference_name(name);
        comparison_.elements(recorded, as_recorded(fixture_, recorded, store->at(name).grad()),
                             kTaskLimit);
        store->at(name).grad().zero_();
      }
    }
    for (const auto& [name, tensor] : norms) {
      if (!name.ends_with(".scores")) first_norms_[task][name] = tensor.clone();
    }
  }

  void compare_untrained_features() {
    if (!fixture_.has("reps_task0")) return;
    begin(0);
    const nn::MaskedPass pass =
        networks_.pass(networks_.frozen(0), fixture_.at("x_test"), at::kFloat);
    comparison_.elements("reps_task0", pass.features, kTaskLimit);
  }

  void train(std::int64_t task, const std::string& phase) {
    nn::ParameterStore& trained = networks_.trained();
    const optim::OptimizerConfig adam{.kind = optim::OptimizerKind::adam,
                                      .weight_decay = 0,
                                      .betas = {0.9, 0.999},
                                      .eps = 1e-8};
    const auto optimizer =
        optim::make_optimizer(optim::pretraining_groups(trained, 0), adam);
    const std::int64_t batches = fixture_.at("x").size(1) / batch_;
    for (const double rate : rates_.at({task, phase})) {
      for (std::int64_t i = 0; i < batches; ++i) {
        const auto [x, y] = batch(task, i);
        loss_of(networks_.pass(x, at::kFloat, nn::NormMode::training), y).backward();
        optimizer->step(rate);
      }
    }
  }

  void learn(std::int64_t task) {
    begin(task);
    train(task, "mask");
    compare_layers("after_mask", task, "scores", [&](std::size_t place) {
      return networks_.scores().at(networks_.network().layers()[place].name + ".scores");
    });
    networks_.fix_mask();
    compare_masks(task);
    train(task, "weight");
    compare_layers("after_weight", task, "weight", [&](std::size_t place) {
      return networks_.weights().at(networks_.network().layers()[place].name + ".weight");
    });
    const methods::TaskShare share = networks_.share(task);
    const auto overlap = static_cast<double>(share.used - share.free);
    sparse_.push_back(100 * overlap / static_cast<double>(share.used));
    total_.push_back(100 * overlap / static_cast<double>(share.all));
    networks_.finish_task();
    compare_logits(task);
  }

  template <typename Value>
  void compare_layers(const char* when, std::int64_t task, const char* what, const Value& value) {
    const auto& layers = networks_.network().layers();
    for (std::size_t place = 0; place < layers.size(); ++place) {
      const std::string name =
          when + std::to_string(task) + "." + reference_name(layers[place].name) + "." + what;
      comparison_.elements(name, as_recorded(fixture_, name, value(place)), kTaskLimit);
    }
  }

  void compare_masks(std::int64_t task) {
    const auto masks = networks_.current_masks();
    const auto compare = [&](const char* when, const char* what, const auto& ours) {
      for (std::size_t place = 0; place < masks.size(); ++place) {
        const std::string name = when + std::to_string(task) + "." +
                                 reference_name(networks_.network().layers()[place].name) + what;
        comparison_.exact(name, as_recorded(fixture_, name, ours[place].to(at::kByte)));
      }
    };
    compare("after_mask", ".mask", masks);
    compare("after_weight", ".editable", networks_.editable());
  }

  void compare_logits(std::int64_t task) {
    for (std::int64_t earlier = 0; earlier <= task; ++earlier) {
      const std::string name =
          "after_task" + std::to_string(task) + ".logits_task" + std::to_string(earlier);
      const nn::MaskedPass pass =
          networks_.pass(networks_.frozen(earlier), fixture_.at("x_test"), at::kFloat);
      comparison_.elements(name, pass.logits, kTaskLimit);
      if (config_.at("weight_mask_type") != "exclusive") continue;
      const auto [first, is_new] = first_logits_.emplace(earlier, pass.logits);
      if (!is_new) comparison_.truth(name + " keep their bits", pass.logits.equal(first->second));
    }
  }

  /// final.bn1.bns.TASK.running_mean.
  void compare_norms() {
    for (std::int64_t task = 0; task < tasks_; ++task) {
      for (const auto& [name, tensor] : networks_.frozen(task).norms) {
        if (name.ends_with("num_batches_tracked")) continue;
        const std::size_t dot = name.rfind('.');
        const std::string recorded = "final." + reference_name(name.substr(0, dot)) + ".bns." +
                                     std::to_string(task) + name.substr(dot);
        comparison_.elements(recorded, tensor, kTaskLimit);
      }
    }
  }

  const Fixture& fixture_;
  const nlohmann::json& config_;
  Comparison& comparison_;
  std::int64_t tasks_, batch_;
  TaskNetworks networks_;
  std::map<std::pair<std::int64_t, std::string>, std::vector<double>> rates_;
  std::map<std::int64_t, runtime::NamedTensors> first_norms_;
  std::map<std::int64_t, at::Tensor> first_logits_;
  std::vector<double> sparse_, total_;
};

}  // namespace

void check_exssnet_trace(const Fixture& fixture, Comparison& comparison) {
  Trace(fixture, comparison).run();
}

}  // namespace dbot::golden
