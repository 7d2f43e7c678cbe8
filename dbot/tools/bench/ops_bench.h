#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dbot/runtime/device.h"
#include "dbot/runtime/precision.h"

// How fast the project's operations are beside the same arithmetic in LibTorch's, on the shapes
// that training steps have.
namespace dbot::tools {

/// Two ways to compute the same thing, with what they work on. They return what both compute, up to
/// rounding, if they were called equally often.
struct OperationWays {
  std::function<at::Tensor()> ours, reference;
  std::function<void()> before = {};  // not timed, before each of both; may be empty
};

/// An operation on one shape.
struct OperationCase {
  std::string operation;  // "linear forward"
  std::string network;    // whose shape it is: "dbot/tiny-32, visible tokens"
  std::string shape;      // "64 x 17 x 192 -> 768"
  std::string reference;  // what it is compared with: "at::linear"
  /// What cannot be avoided: arithmetic (multiply-adds × 2), or else what is read and written once.
  /// 0: the other one says more.
  double flops = 0, bytes = 0;
  runtime::Device device = {};  // where it computes
  /// Makes the tensors, so that they exist for the case that is timed only.
  std::function<OperationWays()> prepare;

  /// Operation, network, shape and reference: what a filter looks in.
  std::string title() const;
};

/// All of them, those of one network together; on a device those that it has kernels for, on shapes
/// that keep it busy.
std::vector<OperationCase> operation_cases(runtime::Precision precision,
                                           const runtime::Device& device = {});

/// Medians over the rounds, in seconds.
struct OperationTimes {
  double ours = 0, reference = 0;
  double ratio = 0;  // reference/ours within a round: above 1, ours is faster
};

/// Times both ways in turn, `rounds` times: a machine that others use may be slower a moment later,
/// but hardly between two turns. rounds: 1 or more.
OperationTimes time_operation(const OperationCase& operation, std::int64_t rounds);

}  // namespace dbot::tools
