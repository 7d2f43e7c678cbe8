#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/exchange/onnx/onnx_graph.h"
#include "dbot/nn/vit/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// The layers of an encoder as ONNX operations, with its parameters by their official names.
class OnnxLayers {
 public:
  /// All must outlive it.
  OnnxLayers(OnnxGraph& graph, const nn::EncoderConfig& config,
             const runtime::NamedTensors& parameters)
      : graph_(graph), config_(config), parameters_(parameters) {}

  const at::Tensor& parameter(const std::string& name) const { return parameters_.at(name); }

  std::string linear(const std::string& name, const std::string& x);
  std::string layer_norm(const std::string& name, const std::string& x);
  /// The norm of that name a second time, for what is called `result`.
  std::string norm_again(const std::string& name, const std::string& result, const std::string& x);
  std::string reshape(const std::string& name, const std::string& x,
                      const std::vector<std::int64_t>& shape);
  std::string transpose(const std::string& name, const std::string& x,
                        const std::vector<std::int64_t>& order);

  /// All blocks, one after the other: [batch, tokens, width].
  std::string blocks(std::string tokens);

  /// What the attention pool makes of the patches, [batch, width].
  std::string attention_pool(const std::string& patches);

 private:
  std::string head_major(const std::string& part,
                         const std::vector<std::int64_t>& order = {0, 2, 1, 3});
  std::string placed(const std::string& part, const std::string& norm);
  std::string rotated(const std::string& x);
  std::string hidden_layer(const std::string& name, const std::string& x);
  std::string query_key_value(const std::string& name, const std::string& x);
  std::string logits(const std::string& name, const std::string& query, const std::string& keys);
  std::string attention(const std::string& name, const std::string& x);
  std::string gelu(const std::string& name, const std::string& x);
  std::string scaled(const std::string& gain, const std::string& branch);
  std::string block(const std::string& name, const std::string& x);
  std::string relative_bias(const std::string& table);
  void make_rotary_tables();

  OnnxGraph& graph_;
  const nn::EncoderConfig& config_;
  const runtime::NamedTensors& parameters_;
  std::string relative_index_, shared_bias_;
  std::string cosine_, sine_, quarter_turn_;  // of rotary positions, for all tokens
};

}  // namespace dbot::exchange
