#pragma once

#include <string>
#include <vector>

#include "dbot/runtime/named_tensors.h"

// What some families leave out, put in place without computing anything else. Each says what it did
// in `filled`.
namespace dbot::exchange {

/// Networks fine-tuned on the mean of their patches have a norm of that mean alone, `fc_norm`: it
/// becomes `norm`, and `head` gets it too. Returns whether it did.
bool take_pooled_norm(runtime::NamedTensors& tensors, runtime::NamedTensors& head,
                      std::vector<std::string>& filled);

/// Zeros for the biases of attention, where no block has any.
void fill_attention_biases(runtime::NamedTensors& tensors, std::vector<std::string>& filled);

/// Zeros for the biases of the other matrices of blocks, each where no block has it.
void fill_matrix_biases(runtime::NamedTensors& tensors, std::vector<std::string>& filled);

}  // namespace dbot::exchange
