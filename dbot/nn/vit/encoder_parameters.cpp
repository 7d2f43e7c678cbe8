#include "dbot/nn/vit/encoder_parameters.h"

#include "dbot/nn/vit/relative_positions.h"

namespace dbot::nn {
namespace {

ParameterSpec parameter(std::string name, std::vector<std::int64_t> shape,
                        const Start& start = {}) {
  ParameterSpec spec;
  spec.name = std::move(name);
  spec.shape = std::move(shape);
  spec.start = start;
  return spec;
}

ParameterSpec matrix_parameter(const std::string& name, std::int64_t inputs, std::int64_t outputs) {
  return parameter(name, {outputs, inputs},
                   glorot_uniform({static_cast<double>(inputs), static_cast<double>(outputs)}));
}

ParameterSpec zero_vector(const std::string& name, std::int64_t width) {
  return parameter(name, {width});
}

/// Biases of the attention's logits by distance, which start at zero.
ParameterSpec relative_positions_parameter(const std::string& name, const EncoderConfig& config) {
  return parameter(name, {relative_position_rows(config.grid()), config.heads});
}

void append_patch_embedding(std::vector<ParameterSpec>& specs, const EncoderConfig& config) {
  const std::int64_t p = config.patch_size;
  const auto fan_in = static_cast<double>(config.channels * p * p);
  specs.push_back(parameter("patch_embed.proj.weight", {config.width, config.channels, p, p},
                            glorot_uniform({fan_in, static_cast<double>(config.width)})));
  if (!config.patch_bias) return;
  specs.push_back(parameter("patch_embed.proj.bias", {config.width}, fan_in_uniform(fan_in)));
}

void append_layer_scale(std::vector<ParameterSpec>& specs, const std::string& prefix,
                        const EncoderConfig& config) {
  for (const char* name : {"gamma_1", "gamma_2"}) {
    specs.push_back(parameter(prefix + name, {config.width}, starts::Constant{config.layer_scale}));
  }
}

void append_query_key_value(std::vector<ParameterSpec>& specs, const std::string& prefix,
                            const EncoderConfig& config) {
  const std::int64_t width = config.width;
  if (!config.key_bias) {
    specs.push_back(zero_vector(prefix + "attn.q_bias", width));
    specs.push_back(zero_vector(prefix + "attn.v_bias", width));
  }
  if (config.relative_positions == RelativePositions::each_block) {
    specs.push_back(
        relative_positions_parameter(prefix + "attn.relative_position_bias_table", config));
  }
  specs.push_back(matrix_parameter(prefix + "attn.qkv.weight", width, 3 * width));
  if (config.key_bias) specs.push_back(zero_vector(prefix + "attn.qkv.bias", 3 * width));
}

/// The MLP's matrices but the last; its norm.
void append_hidden_layer(std::vector<ParameterSpec>& specs, const std::string& prefix,
                         const EncoderConfig& config) {
  const std::int64_t width = config.width, hidden = config.hidden_width();
  if (config.mlp == Mlp::gated) {
    append_linear_parameters(specs, prefix + "mlp.fc1_g", width, hidden);
    append_linear_parameters(specs, prefix + "mlp.fc1_x", width, hidden);
  } else {
    append_linear_parameters(specs, prefix + "mlp.fc1", width, hidden);
  }
  if (config.mlp_norm) append_norm_parameters(specs, prefix + "mlp.norm", hidden);
}

/// A learned query [1, 1, width], its attention to the patches, and an MLP behind it.
void append_attention_pool(std::vector<ParameterSpec>& specs, const EncoderConfig& config) {
  const std::int64_t width = config.width, hidden = config.hidden_width();
  specs.push_back(token_parameter("attn_pool.latent", width));
  append_linear_parameters(specs, "attn_pool.q", width, width);
  append_linear_parameters(specs, "attn_pool.kv", width, 2 * width);
  append_linear_parameters(specs, "attn_pool.proj", width, width);
  append_norm_parameters(specs, "attn_pool.norm", width);
  append_linear_parameters(specs, "attn_pool.mlp.fc1", width, hidden);
  append_linear_parameters(specs, "attn_pool.mlp.fc2", hidden, width);
}

/// Tokens before the patches, and what tells patches where they are.
std::vector<ParameterSpec> token_parameters(const EncoderConfig& config) {
  std::vector<ParameterSpec> specs;
  if (config.class_token) specs.push_back(token_parameter("cls_token", config.width));
  if (config.registers > 0) {
    specs.push_back(
        parameter("register_tokens", {1, config.registers, config.width}, starts::Normal{0.02}));
  }
  if (config.position_table) {
    ParameterSpec table = position_table_parameter("pos_embed", config, config.width);
    if (!config.class_token) {
      table.shape[1] -= 1;
      table.start = starts::Normal{0.02};  // the usual start has a row for the class token
    }
    specs.push_back(std::move(table));
  }
  if (config.rotary.coordinates != RotaryCoordinates::none) {
    ParameterSpec periods =
        parameter("rope_embed.periods", {config.head_width() / 4}, starts::Constant{1});
    periods.role = Role::fixed;
    specs.push_back(std::move(periods));
  }
  return specs;
}

}  // namespace

std::vector<ParameterSpec> encoder_parameters(const EncoderConfig& config) {
  std::vector<ParameterSpec> specs = token_parameters(config);
  append_patch_embedding(specs, config);
  if (config.norm_before) append_norm_parameters(specs, "norm_pre", config.width);
  if (config.relative_positions == RelativePositions::shared) {
    specs.push_back(
        relative_positions_parameter("rel_pos_bias.relative_position_bias_table", config));
  }
  for (std::int64_t block = 0; block < config.depth; ++block) {
    append_block_parameters(specs, "blocks." + std::to_string(block) + ".", config);
  }
  append_norm_parameters(specs, "norm", config.width);
  if (config.attention_pool) append_attention_pool(specs, config);
  if (config.projection > 0) {
    specs.push_back(matrix_parameter("head.weight", config.width, config.projection));
  }
  return specs;
}

void append_block_parameters(std::vector<ParameterSpec>& specs, const std::string& prefix,
                             const EncoderConfig& config) {
  const std::int64_t width = config.width, hidden = config.hidden_width();
  if (config.layer_scale > 0) append_layer_scale(specs, prefix, config);
  append_norm_parameters(specs, prefix + "norm1", width);
  append_query_key_value(specs, prefix, config);
  if (config.head_norm) {
    append_norm_parameters(specs, prefix + "attn.q_norm", config.head_width());
    append_norm_parameters(specs, prefix + "attn.k_norm", config.head_width());
  }
  if (config.attention_norm) append_norm_parameters(specs, prefix + "attn.norm", width);
  append_linear_parameters(specs, prefix + "attn.proj", width, width);
  append_norm_parameters(specs, prefix + "norm2", width);
  append_hidden_layer(specs, prefix, config);
  append_linear_parameters(specs, prefix + "mlp.fc2", hidden, width);
}

void append_linear_parameters(std::vector<ParameterSpec>& specs, const std::string& name,
                              std::int64_t inputs, std::int64_t outputs) {
  specs.push_back(matrix_parameter(name + ".weight", inputs, outputs));
  specs.push_back(zero_vector(name + ".bias", outputs));
}

void append_norm_parameters(std::vector<ParameterSpec>& specs, const std::string& name,
                            std::int64_t width) {
  specs.push_back(parameter(name + ".weight", {width}, starts::Constant{1}));
  specs.push_back(zero_vector(name + ".bias", width));
}

ParameterSpec token_parameter(const std::string& name, std::int64_t width) {
  return parameter(name, {1, 1, width}, starts::Normal{0.02});
}

ParameterSpec position_table_parameter(const std::string& name, const EncoderConfig& config,
                                       std::int64_t width) {
  ParameterSpec spec =
      parameter(name, {1, 1 + config.patches(), width}, starts::PositionTable{config.grid()});
  spec.role = Role::fixed;
  return spec;
}

}  // namespace dbot::nn
