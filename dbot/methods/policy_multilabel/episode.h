#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "dbot/methods/policy_multilabel/episode_config.h"
#include "dbot/methods/policy_multilabel/label_network.h"
#include "dbot/methods/policy_multilabel/policy_network.h"

// An episode: so many steps of the classifier under policies that the meta-learner says, and what
// the meta-learner learns from them. docs/methods/meta_multilabel.md §3.
namespace dbot::methods {

/// What a step of the classifier is made of, on the device of the networks.
struct EpisodeBatch {
  LabelRows rows = {};
  at::Tensor truth = {};     // float32 [batch, labels]
  LabelRows meta_rows = {};  // of samples that are not learned from
  at::Tensor meta_truth = {};
};

/// Changes the classifier: gradients of its parameters, in order.
using ClassifierUpdate = std::function<void(const std::vector<at::Tensor>& gradients)>;

struct EpisodeStep {
  PolicyStep said = {};                      // with its graph
  at::Tensor weights = {}, thresholds = {};  // in force, [1, labels], without a graph
  at::Tensor log_probability = {};  // of what was sampled, with its graph; undefined: nothing was
  at::Tensor train_loss = {}, reward = {};  // scalars without a graph
};

struct Episode {
  std::vector<EpisodeStep> steps;
  at::Tensor returns, advantages;  // float32 [steps]
  at::Tensor surrogate;            // a scalar with its graph: what is minimised
};

/// `noise_weights`, `noise_thresholds`: standard normal draws, [steps, labels]. `baseline`: of
/// returns. `batch_of(t)` is asked once for each step, in order. `classifier` shares its parameters
/// with what `update` changes.
Episode run_episode(const EpisodeConfig& config, const PolicyShape& shape,
                    const nn::ParameterStore& policy, const LabelNetwork& classifier,
                    const ClassifierUpdate& update,
                    const std::function<EpisodeBatch(std::int64_t)>& batch_of,
                    const at::Tensor& noise_weights, const at::Tensor& noise_thresholds,
                    double baseline);

/// The moving average of returns behind an episode: 0.9 · baseline + 0.1 · the mean return.
double next_baseline(double baseline, const Episode& episode);

/// One step of the classifier on weighted cross entropy; the loss.
at::Tensor classifier_step(const LabelNetwork& classifier, const ClassifierUpdate& update,
                           const LabelRows& rows, const at::Tensor& truth,
                           const at::Tensor& weights);

/// The gradient of the unweighted loss on the meta samples, behind one plain step of `rate` on
/// `weights`, for these weights: [1, labels]. A step is linear in the weights, so one forward-mode
/// product along the meta gradient gives all of them.
struct LookAhead {
  at::Tensor gradient, meta_loss;
};
LookAhead look_ahead(const LabelNetwork& classifier, const EpisodeBatch& batch,
                     const at::Tensor& weights, double rate);

}  // namespace dbot::methods
