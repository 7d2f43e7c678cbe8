// A whole run of the reference over several tasks: every mask, weight, editable set and logit.
#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <map>
#include <string>
#include <vector>

#include "tests/golden/exssnet/trace_file.h"

namespace dbot::golden {
namespace {

class Trace {
 public:
  Trace(const TraceFile& file, Comparison& comparison)
      : file_(file), comparison_(comparison), networks_(file.network()) {}

  void run() {
    networks_.initialise();
    set_weights(file_.fixture(), "init.", networks_);
    for (const std::int64_t task : {std::int64_t{0}, file_.tasks() - 1}) compare_first_pass(task);
    compare_untrained_features();
    for (std::int64_t task = 0; task < file_.tasks(); ++task) learn(task);
    for (std::int64_t task = 0; task < file_.tasks(); ++task) compare_norms(task);
    comparison_.elements("overlap_sparse_percent", at::tensor(sparse_, at::kDouble),
                         {.absolute = 1e-4});
    comparison_.elements("overlap_total_percent", at::tensor(total_, at::kDouble),
                         {.absolute = 1e-4});
  }

 private:
  void begin(std::int64_t task) {
    networks_.begin_task(task);
    networks_.set_scores(recorded_scores(file_.fixture(), "init.", task, networks_));
    const auto norms = first_norms_.find(task);
    if (norms != first_norms_.end()) networks_.set_scores(norms->second);
  }

  /// The file's pass in training mode before any step; its running values stay.
  void compare_first_pass(std::int64_t task) {
    const std::string prefix = "fwd" + std::to_string(task) + ".";
    if (!file_.fixture().has(prefix + "logits")) return;
    begin(task);
    const auto [x, y] = file_.batch(task, 0);
    const runtime::NamedTensors norms = networks_.scores().named();
    const nn::MaskedPass pass = networks_.network().forward(x, differentiable(networks_), norms,
                                                            at::kFloat, nn::NormMode::training);
    const at::Tensor loss = TraceFile::loss(pass, y);
    loss.backward();
    comparison_.elements(prefix + "logits", pass.logits.detach(), kTaskLimit);
    comparison_.elements(prefix + "loss", loss.detach(), kTaskLimit);
    compare_gradients(file_.fixture(), prefix, networks_, comparison_);
    for (const auto& [name, tensor] : norms) {
      if (!name.ends_with(".scores")) first_norms_[task][name] = tensor.clone();
    }
  }

  void compare_untrained_features() {
    if (!file_.fixture().has("reps_task0")) return;
    begin(0);
    const nn::MaskedPass pass =
        networks_.pass(networks_.frozen(0), file_.fixture().at("x_test"), at::kFloat);
    comparison_.elements("reps_task0", pass.features, kTaskLimit);
  }

  void learn(std::int64_t task) {
    begin(task);
    file_.train(networks_, task, "mask");
    compare_layers("after_mask", task, "scores", networks_.scores());
    networks_.fix_mask();
    compare_masks(task);
    file_.train(networks_, task, "weight");
    compare_layers("after_weight", task, "weight", networks_.weights());
    const methods::TaskShare share = networks_.share(task);
    const auto overlap = static_cast<double>(share.used - share.free);
    sparse_.push_back(100 * overlap / static_cast<double>(share.used));
    total_.push_back(100 * overlap / static_cast<double>(share.all));
    networks_.finish_task();
    compare_logits(task);
  }

  void compare_layers(const char* when, std::int64_t task, const std::string& what,
                      const nn::ParameterStore& store) {
    for (const nn::MaskedLayer& layer : networks_.network().layers()) {
      const std::string name = layer_tensor(when, task, layer.name, what);
      const at::Tensor& ours = store.at(layer.name + "." + what);
      comparison_.elements(name, as_recorded(file_.fixture(), name, ours), kTaskLimit);
    }
  }

  void compare_masks(std::int64_t task) {
    const auto masks = networks_.current_masks();
    for (std::size_t place = 0; place < masks.size(); ++place) {
      const std::string& layer = networks_.network().layers()[place].name;
      const auto compare = [&](const std::string& name, const at::Tensor& ours) {
        comparison_.exact(name, as_recorded(file_.fixture(), name, ours.to(at::kByte)));
      };
      compare(layer_tensor("after_mask", task, layer, "mask"), masks[place]);
      compare(layer_tensor("after_weight", task, layer, "editable"), networks_.editable()[place]);
    }
  }

  void compare_logits(std::int64_t task) {
    for (std::int64_t earlier = 0; earlier <= task; ++earlier) {
      const std::string name =
          "after_task" + std::to_string(task) + ".logits_task" + std::to_string(earlier);
      const nn::MaskedPass pass =
          networks_.pass(networks_.frozen(earlier), file_.fixture().at("x_test"), at::kFloat);
      comparison_.elements(name, pass.logits, kTaskLimit);
      if (!file_.exclusive()) continue;
      const auto [first, is_new] = first_logits_.emplace(earlier, pass.logits);
      if (!is_new) comparison_.truth(name + " keep their bits", pass.logits.equal(first->second));
    }
  }

  void compare_norms(std::int64_t task) {
    const auto recorded = file_.final_norms(task, networks_);
    const FrozenNorms ours = networks_.frozen(task).norms;
    for (const auto& [name, tensor] : recorded) {
      comparison_.number(name + " at the end", (ours.at(name) - tensor).abs().max().item<double>(),
                         0, kTaskLimit.absolute);
    }
  }

  using FrozenNorms = runtime::NamedTensors;
  const TraceFile& file_;
  Comparison& comparison_;
  methods::TaskNetworks networks_;
  std::map<std::int64_t, runtime::NamedTensors> first_norms_;
  std::map<std::int64_t, at::Tensor> first_logits_;
  std::vector<double> sparse_, total_;
};

}  // namespace

void follow_trace(const TraceFile& file, Comparison& comparison) {
  Trace(file, comparison).run();
}

}  // namespace dbot::golden
