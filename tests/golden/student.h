#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbot/masking/random_mask.h"
#include "dbot/nn/vit/masked_autoencoder.h"
#include "dbot/objectives/teacher.h"
#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

namespace dbot::golden {

/// Blocks of a network among stored weights: "blocks." or "decoder_blocks.".
std::int64_t depth_of(const runtime::NamedTensors& weights, const std::string& prefix);

/// An encoder as `config` describes it; `depth` from the weights.
nn::EncoderConfig encoder_config(const nlohmann::json& config, std::int64_t channels,
                                 const runtime::NamedTensors& weights);
/// Encoder, decoder and predictor as `config` and the stored weights describe them.
nn::MaskedAutoencoderConfig student_config(const nlohmann::json& config, std::int64_t channels,
                                           const runtime::NamedTensors& weights);

/// Parameters with these values. Throws Error naming a stored weight that none of them takes.
std::shared_ptr<nn::ParameterStore> make_store(const std::vector<nn::ParameterSpec>& specs,
                                               const runtime::NamedTensors& weights);

nn::MaskedAutoencoder make_student(const nn::MaskedAutoencoderConfig& config,
                                   const runtime::NamedTensors& weights);
objectives::Teacher make_teacher(const nn::EncoderConfig& config,
                                 const runtime::NamedTensors& weights, bool final_norm);

/// The mask with the cls token in front, which is always a loss position: [batch, 1 + patches].
at::Tensor with_cls_position(const at::Tensor& mask);

/// Compares every gradient of the network with the fixture's tensors `prefix`+name.
void compare_gradients(const Fixture& fixture, const std::string& prefix,
                       const nn::ParameterStore& parameters, Comparison& comparison);

}  // namespace dbot::golden
