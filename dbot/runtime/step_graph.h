#pragma once

#include <functional>
#include <memory>

#include "dbot/runtime/device.h"

namespace dbot::runtime {

/// Work that a device was told once and makes again without being told: a CUDA graph. It reads and
/// writes the memory that it did when it was recorded, so inputs are copied into fixed tensors, and
/// what is to change is no number of the host. What it allocated is its own until it ends.
class StepGraph {
 public:
  virtual ~StepGraph() = default;

  /// Calls `work`, which tells the device what to do; the device does nothing of it yet. Once. What
  /// the work throws is passed on; then there is nothing to replay, and the graph is to be dropped.
  /// Throws where the host waits for the device inside.
  virtual void record(const std::function<void()>& work) = 0;
  /// Tells the device to do it all, behind what this thread has told it before.
  virtual void replay() = 0;
};

using MakeStepGraph = std::function<std::unique_ptr<StepGraph>(const Device& device)>;

/// Null for a device that has none.
std::unique_ptr<StepGraph> make_step_graph(const Device& device);
bool has_step_graphs(const Device& device);

/// For this process: graphs of the devices that LibTorch was taught from outside
/// (Device::Kind::other), which tests have; empty: none.
void use_step_graphs(MakeStepGraph make);

}  // namespace dbot::runtime
