#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbot/methods/capabilities/task_capability.h"
#include "dbot/nn/masked/masked_network.h"
#include "dbot/nn/parameters.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/named_tensors.h"

// One set of weights, and a mask and BatchNorms of its own for each task that came by.
// docs/methods/exssnet.md §2 to §4.
//
// Design goals: a task is two phases, scores and then weights, and what it leaves is a few flat
// tensors; the mask of a finished task is its stored bits and is never computed again.
// Non-goals: losses, data, stages of a run.
namespace dbot::methods {

/// Which weights a task may change.
enum class EditableWeights {
  exclusive,  // those of its mask that no earlier task uses: ExSSNeT
  used,       // all of its mask: SSNeT
};

struct TaskNetworksConfig {
  nn::MaskedNetworkConfig network;
  nn::MaskDensity density;
  EditableWeights editable = EditableWeights::exclusive;
  bool keep_scores = true;   // of finished tasks, in half precision, for other tasks to begin with
  bool shared_norm = false;  // one set of running values for all tasks: a control
  std::uint64_t seed = 0;
  runtime::Device device;
};

/// A task's network without a graph: weights under its mask by layer, running values by name.
struct FrozenTask {
  std::vector<at::Tensor> weights;
  runtime::NamedTensors norms;
};

class TaskNetworks {
 public:
  /// All weights are zero until `initialise` or `load_state`.
  explicit TaskNetworks(TaskNetworksConfig config);

  /// Draws the weights. Of a task nothing is drawn before it begins.
  void initialise();
  const nn::MaskedNetwork& network() const { return network_; }

  /// Task `task`, which follows the last finished one, begins: scores drawn from (seed, task,
  /// layer), BatchNorms afresh.
  void begin_task(std::int64_t task);
  /// Puts scores in the place of the drawn ones, by "layer.scores".
  void set_scores(const runtime::NamedTensors& scores);
  /// Ends the phase of scores: their mask is what the weights are trained under.
  void fix_mask();
  /// What the task leaves is kept.
  void finish_task();

  std::int64_t finished() const { return std::ssize(finished_); }
  bool mask_is_fixed() const { return !masks_.empty(); }
  /// Scores, or weights once the mask is fixed; with the running values as buffers.
  nn::ParameterStore& trained() const { return mask_is_fixed() ? *weights_ : *scores_; }
  const nn::ParameterStore& weights() const { return *weights_; }
  const nn::ParameterStore& scores() const { return *scores_; }
  /// All weights, one behind the other, with their graph.
  at::Tensor flat_weights() const;
  /// Their gradients, once the mask is fixed.
  at::Tensor flat_weight_gradients() const;
  /// Boolean masks of the task under way by layer: of its scores as they are, or the fixed ones.
  std::vector<at::Tensor> current_masks() const;
  /// Which weights it may change; after fix_mask.
  const std::vector<at::Tensor>& editable() const { return editable_; }

  /// The task under way, with its graph. x: as nn::MaskedNetwork takes it.
  nn::MaskedPass pass(const at::Tensor& x, at::ScalarType compute, nn::NormMode mode) const;
  /// A finished task, the one under way, or one to come: its drawn scores, nothing trained.
  FrozenTask frozen(std::int64_t task) const;
  nn::MaskedPass pass(const FrozenTask& task, const at::Tensor& x, at::ScalarType compute) const;

  /// Of a finished task or the one under way.
  TaskShare share(std::int64_t task) const;
  /// Its mask, one bit a weight, in the order of the layers.
  at::Tensor bits_of(std::int64_t task) const;
  /// Scores of a finished task in float32, by "layer.scores"; empty where they were not kept.
  runtime::NamedTensors kept_scores(std::int64_t task) const;

  /// "network.weights.…", "network.scores.…", "tasks.N.bits", "tasks.N.norms", "tasks.N.scores",
  /// "tasks.current.bits".
  runtime::NamedTensors state() const;
  /// Throws DataError for a state of another network.
  void load_state(const runtime::NamedTensors& state);

 private:
  /// What a finished task leaves, flat in the order of the layers.
  struct Finished {
    at::Tensor bits;    // uint8, one a weight
    at::Tensor norms;   // float32 running values
    at::Tensor scores;  // float16; undefined: not kept
  };
  std::vector<at::Tensor> masks_of(const nn::ParameterStore& scores) const;
  std::vector<at::Tensor> masks_of(const at::Tensor& bits) const;
  /// Weights that the finished tasks before `task` use; undefined: none.
  at::Tensor used_before(std::int64_t task) const;
  at::Tensor packed_masks() const;
  at::Tensor flat_of(const std::function<at::Tensor(const std::string& weight)>& tensor) const;
  at::Tensor flat_norms(const nn::ParameterStore& store) const;
  void decide_editable();
  FrozenTask frozen_with(const std::vector<at::Tensor>& masks,
                         const runtime::NamedTensors& norms) const;

  TaskNetworksConfig config_;
  nn::MaskedNetwork network_;
  std::vector<nn::ParameterSpec> norm_specs_;
  std::unique_ptr<nn::ParameterStore> weights_, scores_;
  runtime::NamedTensors weights_by_name_, scores_by_name_;  // views of both
  std::vector<Finished> finished_;
  std::vector<at::Tensor> masks_, editable_, untouched_;  // of a task whose mask is fixed
  bool whole_ = false;  // it may change all weights: nothing is chosen among them
};

}  // namespace dbot::methods
