#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/golden/exssnet/recorded_tasks.h"

namespace dbot::golden {

/// A recorded run over several tasks: its settings, its batches, and how a phase is trained.
class TraceFile {
 public:
  explicit TraceFile(const Fixture& fixture);

  const Fixture& fixture() const { return fixture_; }
  std::int64_t tasks() const { return tasks_; }
  bool exclusive() const;
  methods::TaskNetworksConfig network() const;

  /// Images and labels of a batch of a task.
  std::pair<at::Tensor, at::Tensor> batch(std::int64_t task, std::int64_t number) const;
  static at::Tensor loss(const nn::MaskedPass& pass, const at::Tensor& labels);
  /// Trains the phase "mask" or "weight" of the task that `networks` have under way.
  void train(methods::TaskNetworks& networks, std::int64_t task, const std::string& phase) const;
  /// The file's running values of a task's BatchNorms at the end, by our names.
  runtime::NamedTensors final_norms(std::int64_t task, const methods::TaskNetworks& networks) const;

 private:
  const Fixture& fixture_;
  std::int64_t tasks_, batch_;
  std::map<std::pair<std::int64_t, std::string>, std::vector<double>> rates_;
};

/// "after_mask0.layer2.0.shortcut.0.scores".
std::string layer_tensor(const std::string& when, std::int64_t task, const std::string& layer,
                         const std::string& what);

/// Whether the file holds weights as they were at each moment. Those of the released traces are
/// views of one tensor: all of them, `init` too, are what the run ended with.
bool holds_every_moment(const TraceFile& file);

/// The whole run, from its start.
void follow_trace(const TraceFile& file, Comparison& comparison);
/// What can be known where the end alone is recorded: docs/methods/exssnet.md §9.
void check_trace_from_its_end(const TraceFile& file, Comparison& comparison);

}  // namespace dbot::golden
