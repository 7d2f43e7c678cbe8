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
  std::string reshape(const std::string& name, const std::string& x,
                      const std::vector<std::int64_t>& shape);
  std::string transpose(const std::string& name, const std::string& x,
                        const std::vector<std::int64_t>& order);

  /// All blocks, one after the other: [batch, tokens, width].
  std::string blocks(std::string tokens);

 private:
  std::string query_key_value(const std::string& name, const std::string& x);
  std::string logits(const std::string& name, const std::string& query, const std::string& keys);
  std::string attention(const std::string& name, const std::string& x);
  std::string gelu(const std::string& name, const std::string& x);
  std::string scaled(const std::string& gain, const std::string& branch);
  std::string block(const std::string& name, const std::string& x);
  std::string relative_bias(const std::string& table);

  OnnxGraph& graph_;
  const nn::EncoderConfig& config_;
  const runtime::NamedTensors& parameters_;
  std::string relative_index_, shared_bias_;
};

}  // namespace dbot::exchange
