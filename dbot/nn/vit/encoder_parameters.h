#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/nn/parameters.h"
#include "dbot/nn/vit/config.h"

// What parameters networks have: official names and shapes, in official order, and how they start.
namespace dbot::nn {

/// Parameters of an encoder: cls_token, register_tokens, pos_embed, rope_embed.periods,
/// patch_embed.proj.*, norm_pre.*, rel_pos_bias.relative_position_bias_table, blocks.N.*, norm.*,
/// attn_pool.*, head.weight, as far as the configuration has them. docs/methods/mae.md §8,
/// docs/methods/dbot.md §8, docs/methods/teachers.md §6.
std::vector<ParameterSpec> encoder_parameters(const EncoderConfig& config);

/// Appends the parameters of one block behind `prefix` ("blocks.0.").
void append_block_parameters(std::vector<ParameterSpec>& specs, const std::string& prefix,
                             const EncoderConfig& config);
/// A learned token [1, 1, width].
ParameterSpec token_parameter(const std::string& name, std::int64_t width);
/// A fixed position table [1, 1 + patches, width] for the grid of `config`.
ParameterSpec position_table_parameter(const std::string& name, const EncoderConfig& config,
                                       std::int64_t width);
/// Appends name.weight [outputs, inputs] and name.bias.
void append_linear_parameters(std::vector<ParameterSpec>& specs, const std::string& name,
                              std::int64_t inputs, std::int64_t outputs);
/// Appends name.weight and name.bias of a LayerNorm.
void append_norm_parameters(std::vector<ParameterSpec>& specs, const std::string& name,
                            std::int64_t width);

}  // namespace dbot::nn
