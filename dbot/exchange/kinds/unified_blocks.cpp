#include "dbot/exchange/kinds/unified_blocks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

class Blocks {
 public:
  Blocks(runtime::NamedTensors& tensors, const std::string& source)
      : tensors_(tensors), source_(source) {}

  /// "blocks.0.", "blocks.1.", … as far as any tensor stands behind them.
  std::set<std::string> prefixes() const {
    constexpr std::string_view kBlocks = "blocks.";
    std::set<std::string> found;
    for (auto entry = tensors_.lower_bound(std::string(kBlocks));
         entry != tensors_.end() && entry->first.starts_with(kBlocks); ++entry) {
      const auto dot = entry->first.find('.', kBlocks.size());
      if (dot != std::string::npos) found.insert(entry->first.substr(0, dot + 1));
    }
    return found;
  }

  void join_attention(const std::string& block) {
    const std::string attn = block + "attn.";
    if (!has(attn + "q_proj.weight")) return;
    const at::Tensor query = take(attn + "q_proj.weight", 2);
    const at::Tensor key = take_like(attn + "k_proj.weight", query);
    const at::Tensor value = take_like(attn + "v_proj.weight", query);
    put(attn + "qkv.weight", at::cat({query, key, value}, 0));
  }

  /// Biases of queries and values alone stay as they are: `key_bias` of the configuration.
  void join_biases(const std::string& block) {
    const std::string attn = block + "attn.";
    constexpr std::array kNames{"q_bias", "k_bias", "v_bias"};
    std::array<at::Tensor, 3> parts;
    at::Tensor one;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      // What other blocks have is missing here, and will be said to be.
      if (!has(attn + kNames[i]) && any_block_has(std::string("attn.") + kNames[i])) return;
    }
    const bool key = has(attn + "k_bias");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (has(attn + kNames[i])) one = parts[i] = take(attn + kNames[i], 1);
    }
    if (!one.defined()) return;
    for (at::Tensor& part : parts) {
      if (!part.defined()) part = at::zeros_like(one);
      if (part.sizes() != one.sizes() || part.scalar_type() != one.scalar_type()) {
        refuse(attn + "q_bias", "differs from the other biases of the attention in shape or type");
      }
    }
    if (key) {
      put(attn + "qkv.bias", at::cat({parts[0], parts[1], parts[2]}));
    } else {
      put(attn + "q_bias", parts[0]);
      put(attn + "v_bias", parts[2]);
    }
  }

  /// DINOv3 multiplies the bias by a mask that is 0 for keys.
  void mask_bias(const std::string& block) {
    const std::string name = block + "attn.qkv.bias";
    if (!has(name + "_mask")) return;
    const at::Tensor mask = take(name + "_mask", 1);
    if (!has(name)) return;
    const at::Tensor bias = take(name, 1);
    if (mask.sizes() != bias.sizes()) {
      refuse(name + "_mask",
             fmt::format("is [{}], expected [{}] as the bias", fmt::join(mask.sizes(), ", "),
                         fmt::join(bias.sizes(), ", ")));
    }
    if (!mask.isfinite().all().item<bool>()) {
      refuse(name + "_mask", "holds values that are not finite (NaN or infinity)");
    }
    put(name, bias.to(at::kFloat) * mask.to(at::kFloat));
  }

  /// Both halves of a gated MLP in one matrix; true if its name did not say so.
  bool divide_gate(const std::string& block) {
    const std::string mlp = block + "mlp.";
    const bool named = has(mlp + "w12.weight");
    const std::string name = mlp + (named ? "w12" : "fc1");
    if (!named && !packs_gate(mlp)) return false;
    for (const char* part : {".weight", ".bias"}) {
      if (!has(name + part)) continue;
      const at::Tensor both = take(name + part, part[1] == 'w' ? 2 : 1);
      if (both.size(0) % 2 != 0) refuse(name + part, "cannot be divided into a gate and a value");
      const std::int64_t half = both.size(0) / 2;
      put(mlp + "fc1_g" + part, both.narrow(0, 0, half));
      put(mlp + "fc1_x" + part, both.narrow(0, half, half));
    }
    return !named;
  }

  void divide_pool() {
    for (const char* part : {"weight", "bias"}) {
      const std::string name = std::string("attn_pool.qkv.") + part;
      if (!has(name)) continue;
      const at::Tensor all = take(name, part[0] == 'w' ? 2 : 1);
      if (all.size(0) % 3 != 0) refuse(name, "has no thirds for query, key and value");
      const std::int64_t width = all.size(0) / 3;
      put(std::string("attn_pool.q.") + part, all.narrow(0, 0, width));
      put(std::string("attn_pool.kv.") + part, all.narrow(0, width, 2 * width));
    }
  }

 private:
  bool has(const std::string& name) const { return tensors_.contains(name); }

  /// By the name behind "blocks.N.".
  bool any_block_has(const std::string& name) const {
    return std::ranges::any_of(tensors_, [&](const auto& entry) {
      return entry.first.starts_with("blocks.") && entry.first.ends_with("." + name);
    });
  }

  bool packs_gate(const std::string& mlp) const {
    const auto first = tensors_.find(mlp + "fc1.weight"), last = tensors_.find(mlp + "fc2.weight");
    return first != tensors_.end() && last != tensors_.end() && first->second.dim() == 2 &&
           last->second.dim() == 2 && first->second.size(0) == 2 * last->second.size(1);
  }

  at::Tensor take(const std::string& name, std::int64_t dimensions) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) refuse(name, "is missing");
    const at::Tensor tensor = found->second;
    if (tensor.dim() != dimensions || !tensor.is_floating_point()) {
      refuse(name, fmt::format("is {} [{}], expected floating point of {} dimension{}",
                               c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", "),
                               dimensions, dimensions == 1 ? "" : "s"));
    }
    tensors_.erase(found);
    return tensor;
  }

  at::Tensor take_like(const std::string& name, const at::Tensor& other) {
    const at::Tensor tensor = take(name, other.dim());
    if (tensor.sizes() != other.sizes() || tensor.scalar_type() != other.scalar_type()) {
      refuse(name, fmt::format("is {} [{}], expected {} [{}] as the queries' matrix",
                               c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", "),
                               c10::toString(other.scalar_type()), fmt::join(other.sizes(), ", ")));
    }
    return tensor;
  }

  void put(const std::string& name, const at::Tensor& tensor) {
    if (!tensors_.emplace(name, tensor.contiguous()).second) {
      refuse(name, "stands beside its parts under other names, expected one of the two");
    }
  }

  [[noreturn]] void refuse(const std::string& name, const std::string& what) const {
    throw DataError({.operation = "load encoder",
                     .subject = source_,
                     .fault = Fault::mismatch,
                     .reason = fmt::format(": {} {}", name, what)});
  }

  runtime::NamedTensors& tensors_;
  const std::string& source_;
};

}  // namespace

void unify_blocks(runtime::NamedTensors& tensors, const std::string& source,
                  std::vector<std::string>& assumed) {
  // transformers writes registers even where there are none.
  const auto registers = tensors.find("register_tokens");
  if (registers != tensors.end() && registers->second.numel() == 0) tensors.erase(registers);
  Blocks blocks(tensors, source);
  bool packed = false;
  for (const std::string& block : blocks.prefixes()) {
    blocks.join_attention(block);
    blocks.join_biases(block);
    blocks.mask_bias(block);
    packed = blocks.divide_gate(block) || packed;
  }
  blocks.divide_pool();
  if (packed) {
    assumed.emplace_back(
        "mlp.fc1: gate and value of a gated MLP (SwiGLU), as it has twice the rows that mlp.fc2 "
        "has columns");
  }
}

void name_ungated(runtime::NamedTensors& tensors) {
  constexpr std::string_view kGate = ".mlp.fc1_g.", kValue = ".mlp.fc1_x.";
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) {
    if (name.find(kGate) != std::string::npos) return;
    if (name.find(kValue) != std::string::npos) names.push_back(name);
  }
  for (const std::string& name : names) {
    std::string plain = name;
    plain.replace(plain.find(kValue), kValue.size(), ".mlp.fc1.");
    tensors.emplace(std::move(plain), tensors.at(name));
    tensors.erase(name);
  }
}

}  // namespace dbot::exchange
