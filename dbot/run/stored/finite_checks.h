#pragma once

#include <vector>

#include "dbot/methods/method.h"
#include "dbot/run/stored/replay.h"
#include "dbot/train/capture/gradient_step.h"

namespace dbot::run {

/// Weights of student and teacher, and the optimizer's moments if `tensors` hold them: what the
/// step began with.
std::vector<FiniteCheck> check_state(const runtime::NamedTensors& tensors);

/// What a method shows of one micro-batch (Method::visit_step), part by part.
std::vector<FiniteCheck> check_forward(methods::Method& method, const train::MicroBatch& micro,
                                       runtime::Precision precision);

/// The gradients the method holds now, by parameter group: biases and gains, then matrices.
std::vector<FiniteCheck> check_gradients(methods::Method& method);

}  // namespace dbot::run
