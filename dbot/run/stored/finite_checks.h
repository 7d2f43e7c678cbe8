#pragma once

#include <vector>

#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/run/stored/replay.h"
#include "dbot/train/capture/gradient_step.h"

namespace dbot::run {

/// Weights of student and teacher, and the optimizer's moments if `tensors` hold them: what the
/// step began with.
std::vector<FiniteCheck> check_state(const runtime::NamedTensors& tensors);

/// Target, encoder and, where there is one, decoder (block by block), prediction and loss of one
/// micro-batch. Blocks are computed without stochastic depth, so that none hides.
std::vector<FiniteCheck> check_forward(methods::MaskedModeling& method,
                                       const train::MicroBatch& micro,
                                       runtime::Precision precision);

/// The gradients the method holds now, by parameter group: biases and gains, then matrices.
std::vector<FiniteCheck> check_gradients(methods::MaskedModeling& method);

}  // namespace dbot::run
