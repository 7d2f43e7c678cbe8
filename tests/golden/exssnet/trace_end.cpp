// A recorded run of which the file holds the end alone: its masks, editable sets and logits, the
// phases of its weights, made again from the signed constants that they began with, and the first
// passes, whose masks their gradients show.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/golden/exssnet/trace_file.h"

namespace dbot::golden {
namespace {

using methods::TaskNetworks;

/// Filters of more than one weight, [outputs, 1…]. A BatchNorm undoes the size of a single one: its
/// true gradient is 0, and what Adam makes of the rounding noise is nobody's.
at::Tensor has_several(const at::Tensor& mask) {
  const at::Tensor several = mask.flatten(1).sum(1).gt(1);
  return several.view({-1, 1, 1, 1});
}

class TraceEnd {
 public:
  TraceEnd(const TraceFile& file, Comparison& comparison)
      : file_(file), fixture_(file.fixture()), comparison_(comparison) {}

  void run() {
    compare_copies();
    compare_masks_and_logits();
    if (file_.exclusive()) {
      repeat_weight_phases();
    } else {
      for (const char* name : {"x", "y"}) {
        comparison_.dismiss(name,
                            "of steps that cannot be made again: of weights that several "
                            "tasks have trained the file holds the end alone");
      }
    }
    for (const std::int64_t task : {std::int64_t{0}, file_.tasks() - 1}) {
      if (file_.exclusive()) {
        compare_first_pass(task);
      } else {
        dismiss_first_pass(task);
      }
    }
    if (fixture_.has("reps_task0")) {
      comparison_.dismiss("reps_task0", "of scores that the file does not hold");
    }
  }

 private:
  /// What the file calls earlier moments is the end; the scores of a task's mask among it.
  void compare_copies() {
    const TaskNetworks networks(file_.network());
    for (const nn::MaskedLayer& layer : networks.network().layers()) {
      const std::string name = reference_name(layer.name);
      const at::Tensor& weight = fixture_.at("init." + name + ".weight");
      for (std::int64_t task = 0; task < file_.tasks(); ++task) {
        comparison_.exact(layer_tensor("after_weight", task, layer.name, "weight"), weight);
        comparison_.exact(layer_tensor("after_mask", task, layer.name, "scores"),
                          fixture_.at("init." + name + ".scores." + std::to_string(task)));
      }
    }
  }

  void begin(TaskNetworks& networks, std::int64_t task) {
    networks.begin_task(task);
    networks.set_scores(recorded_scores(fixture_, "init.", task, networks));
  }

  void compare_mask(const TaskNetworks& networks, std::int64_t task) {
    const auto masks = networks.current_masks();
    for (std::size_t place = 0; place < masks.size(); ++place) {
      const std::string& layer = networks.network().layers()[place].name;
      const auto compare = [&](const std::string& name, const at::Tensor& ours) {
        comparison_.exact(name, as_recorded(fixture_, name, ours.to(at::kByte)));
      };
      compare(layer_tensor("after_mask", task, layer, "mask"), masks[place]);
      compare(layer_tensor("after_weight", task, layer, "editable"), networks.editable()[place]);
    }
  }

  void compare_masks_and_logits() {
    TaskNetworks networks(file_.network());
    networks.initialise();
    set_weights(fixture_, "init.", networks);
    std::vector<double> sparse, total;
    for (std::int64_t task = 0; task < file_.tasks(); ++task) {
      begin(networks, task);
      networks.set_scores(file_.final_norms(task, networks));
      networks.fix_mask();
      compare_mask(networks, task);
      const methods::TaskShare share = networks.share(task);
      const auto overlap = static_cast<double>(share.used - share.free);
      sparse.push_back(100 * overlap / static_cast<double>(share.used));
      total.push_back(100 * overlap / static_cast<double>(share.all));
      networks.finish_task();
    }
    comparison_.elements("overlap_sparse_percent", at::tensor(sparse, at::kDouble),
                         {.absolute = 1e-4});
    comparison_.elements("overlap_total_percent", at::tensor(total, at::kDouble),
                         {.absolute = 1e-4});
    for (std::int64_t task = 0; task < file_.tasks(); ++task) {
      const at::Tensor logits =
          networks.pass(networks.frozen(task), fixture_.at("x_test"), at::kFloat).logits;
      for (std::int64_t after = task; after < file_.tasks(); ++after) {
        compare_logits(after, task, logits);
      }
    }
  }

  /// Weights of an exclusive mask stay what they are, so that the end's logits are those of every
  /// moment.
  void compare_logits(std::int64_t after, std::int64_t task, const at::Tensor& logits) {
    const std::string name =
        "after_task" + std::to_string(after) + ".logits_task" + std::to_string(task);
    if (file_.exclusive() || after + 1 == file_.tasks()) {
      comparison_.elements(name, logits, kTaskLimit);
    } else {
      comparison_.dismiss(name, "of weights that the file does not hold");
    }
  }

  /// The weights that task `task` begins with: those that earlier ones have trained, all others
  /// ±√(2/fan_in), from which training moves a weight by less than that.
  void set_weights_before(std::int64_t task, TaskNetworks& networks) {
    runtime::NamedTensors state = networks.state();
    for (const nn::MaskedLayer& layer : networks.network().layers()) {
      const std::string name = "network.weights." + layer.name + ".weight";
      const at::Tensor end = in_shape_of(
          state.at(name), fixture_.at("init." + reference_name(layer.name) + ".weight"));
      at::Tensor weight = end.sign() * std::sqrt(2 / nn::fans_of(layer.shape).in);
      for (std::int64_t earlier = 0; earlier < task; ++earlier) {
        const at::Tensor& trained =
            fixture_.at(layer_tensor("after_weight", earlier, layer.name, "editable"));
        weight = at::where(in_shape_of(weight, trained).ne(0), end, weight);
      }
      state[name] = weight;
    }
    networks.load_state(state);
  }

  void repeat_weight_phases() {
    TaskNetworks networks(file_.network());
    networks.initialise();
    for (std::int64_t task = 0; task < file_.tasks(); ++task) {
      set_weights_before(task, networks);
      begin(networks, task);
      networks.fix_mask();
      file_.train(networks, task, "weight");
      networks.finish_task();
      compare_trained(networks, task);
    }
  }

  void compare_trained(const TaskNetworks& networks, std::int64_t task) {
    const auto& layers = networks.network().layers();
    for (std::size_t place = 0; place < layers.size(); ++place) {
      const std::string name = "init." + reference_name(layers[place].name) + ".weight";
      const at::Tensor& end = fixture_.at(name);
      const at::Tensor ours =
          as_recorded(fixture_, name, networks.weights().at(layers[place].name + ".weight"));
      at::Tensor compared =
          fixture_.at(layer_tensor("after_weight", task, layers[place].name, "editable")).ne(0);
      if (!layers[place].norm.empty()) {
        const at::Tensor& mask =
            fixture_.at(layer_tensor("after_mask", task, layers[place].name, "mask"));
        compared = compared.logical_and(has_several(mask));
      }
      comparison_.elements(name, at::where(compared, ours, end), kTaskLimit);
    }
  }

  /// Scores of a mask: those weights that have a gradient. One without has no part in the result.
  runtime::NamedTensors scores_of_first_mask(const std::string& prefix, TaskNetworks& networks) {
    runtime::NamedTensors scores;
    for (const nn::MaskedLayer& layer : networks.network().layers()) {
      const at::Tensor gradient =
          in_shape_of(networks.weights().at(layer.name + ".weight"),
                      fixture_.at(prefix + "grad." + reference_name(layer.name) + ".weight"));
      first_masks_.push_back(gradient.ne(0));
      scores[layer.name + ".scores"] = at::full_like(gradient, 1.0);
    }
    return scores;
  }

  /// Trained by several tasks, weights can have changed their signs.
  void dismiss_first_pass(std::int64_t task) {
    for (const std::string& name : fixture_.names("fwd" + std::to_string(task) + ".")) {
      comparison_.dismiss("fwd" + std::to_string(task) + "." + name,
                          "of weights that the file does not hold");
    }
  }

  void compare_first_pass(std::int64_t task) {
    const std::string prefix = "fwd" + std::to_string(task) + ".";
    if (!fixture_.has(prefix + "logits")) return;
    first_masks_.clear();
    TaskNetworks networks(file_.network());
    networks.initialise();
    set_weights_before(/*task=*/0, networks);
    networks.begin_task(task);
    networks.set_scores(scores_of_first_mask(prefix, networks));
    const auto [x, y] = file_.batch(task, 0);
    const nn::MaskedPass pass =
        networks.network().forward(x, differentiable(networks, first_masks_),
                                   networks.scores().named(), at::kFloat, nn::NormMode::training);
    const at::Tensor loss = TraceFile::loss(pass, y);
    loss.backward();
    comparison_.elements(prefix + "logits", pass.logits.detach(), kTaskLimit);
    comparison_.elements(prefix + "loss", loss.detach(), kTaskLimit);
    compare_gradients(fixture_, prefix, networks, comparison_, /*signs=*/false);
  }

  const TraceFile& file_;
  const Fixture& fixture_;
  Comparison& comparison_;
  std::vector<at::Tensor> first_masks_;  // of the pass that is compared
};

}  // namespace

void check_trace_from_its_end(const TraceFile& file, Comparison& comparison) {
  TraceEnd(file, comparison).run();
}

}  // namespace dbot::golden
