#include "dbot/exchange/joint/flax_names.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

using Names = std::pair<std::string_view, std::string_view>;  // theirs, ours

constexpr Names kInBlock[] = {
    {"LayerNorm_0", "norm1"},
    {"LayerNorm_1", "norm2"},
    {"Attention_0.Dense_0", "attn.qkv"},
    {"Attention_0.Dense_1", "attn.proj"},
    {"TransformerMLP_0.fc1", "mlp.fc1"},
    {"TransformerMLP_0.fc2", "mlp.fc2"},
};

/// Layers whose last part is their kind of tensor.
constexpr Names kLayers[] = {
    {"encoder.LayerNorm_0", "norm"},
    {"decoder.LayerNorm_0", "decoder_norm"},
    {"image_embedding", "patch_embed.proj"},
    {"decoder_input_projection", "decoder_embed"},
};

constexpr Names kVectors[] = {
    {"cls_token", "cls_token"},
    {"image_mask_embedding", "image_mask_token"},
    {"text_mask_embedding", "text_mask_token"},
    {"encoder_image_type_embedding", "image_type"},
    {"encoder_text_type_embedding", "text_type"},
    {"decoder_image_type_embedding", "decoder_image_type"},
    {"decoder_text_type_embedding", "decoder_text_type"},
    {"text_embedding.embedding", "text_embed.weight"},
};

constexpr Names kStacks[] = {{"encoder.Block_", "blocks."}, {"decoder.Block_", "decoder_blocks."}};

constexpr Names kHeads[] = {{"decoder_image_output.", "decoder_image_head"},
                            {"decoder_text_output.", "decoder_text_head"}};

constexpr Names kKinds[] = {{"kernel", "weight"}, {"scale", "weight"}, {"bias", "bias"}};

template <std::size_t kCount>
std::optional<std::string> found_in(const Names (&table)[kCount], std::string_view theirs) {
  const auto entry = std::ranges::find(table, theirs, &Names::first);
  if (entry == std::end(table)) return std::nullopt;
  return std::string(entry->second);
}

/// With dots, and from the network's root on.
std::string plain_name(std::string name) {
  std::ranges::replace(name, '/', '.');
  constexpr std::string_view kNest = "params.";
  const auto nest = name.rfind(kNest);
  return nest == std::string::npos ? name : name.substr(nest + kNest.size());
}

/// The number that `text` begins with, which is taken off.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// A layer of an output head. Its last matrix is the one with the highest number.
std::optional<std::string> head_layer(const std::string& head, std::string_view layer,
                                      std::int64_t last) {
  const bool norm = layer.starts_with("LayerNorm_");
  if (!norm && !layer.starts_with("Dense_")) return std::nullopt;
  layer.remove_prefix(layer.find('_') + 1);
  const auto number = take_number(layer);
  if (!number || !layer.empty()) return std::nullopt;
  if (norm && *number == 0) return head + ".norm";
  if (norm) return fmt::format("{}.layers.{}.norm", head, *number - 1);
  return *number == last ? head + ".output" : fmt::format("{}.layers.{}", head, *number);
}

/// Our name of a layer of theirs, both without the kind of tensor.
std::optional<std::string> layer_of(std::string_view theirs,
                                    const std::map<std::string, std::int64_t>& last_dense) {
  for (const auto& [stack, ours] : kStacks) {
    if (!theirs.starts_with(stack)) continue;
    std::string_view rest = theirs.substr(stack.size());
    const auto block = take_number(rest);
    if (!block || !rest.starts_with('.')) return std::nullopt;
    const auto layer = found_in(kInBlock, rest.substr(1));
    if (!layer) return std::nullopt;
    return fmt::format("{}{}.{}", ours, *block, *layer);
  }
  for (const auto& [head, ours] : kHeads) {
    if (!theirs.starts_with(head)) continue;
    const std::string name(ours);
    const auto last = last_dense.find(name);
    return head_layer(name, theirs.substr(head.size()),
                      last == last_dense.end() ? 0 : last->second);
  }
  return found_in(kLayers, theirs);
}

/// The number of the last matrix of each head.
std::map<std::string, std::int64_t> last_dense_of(const runtime::NamedTensors& tensors) {
  std::map<std::string, std::int64_t> last;
  for (const auto& [full, tensor] : tensors) {
    const std::string name = plain_name(full);
    for (const auto& [head, ours] : kHeads) {
      const std::string dense = std::string(head) + "Dense_";
      if (!name.starts_with(dense)) continue;
      std::string_view rest = std::string_view(name).substr(dense.size());
      const std::int64_t number = take_number(rest).value_or(0);
      std::int64_t& most = last[std::string(ours)];
      most = std::max(most, number);
    }
  }
  return last;
}

[[noreturn]] void refuse_tensor(const std::string& source, const std::string& name,
                                const std::string& reason) {
  throw DataError({.operation = "load M3AE",
                   .subject = source,
                   .fault = Fault::mismatch,
                   .reason = ": " + name + " " + reason,
                   .way_out = "convert the tree of parameters of an M3AE alone"});
}

/// [p·p·channels, width], the channel fastest → [width, channels, p, p] of three channels.
std::optional<at::Tensor> patch_kernel(const at::Tensor& kernel) {
  constexpr std::int64_t kChannels = 3;
  const auto side = static_cast<std::int64_t>(
      std::llround(std::sqrt(static_cast<double>(kernel.size(0)) / kChannels)));
  if (side * side * kChannels != kernel.size(0)) return std::nullopt;
  return kernel.t().reshape({kernel.size(1), side, side, kChannels}).permute({0, 3, 1, 2});
}

/// The inverse of `patch_kernel`.
at::Tensor flat_kernel(const at::Tensor& kernel) {
  return kernel.permute({2, 3, 1, 0}).reshape({-1, kernel.size(0)});
}

template <std::size_t kCount>
std::optional<std::string> theirs_in(const Names (&table)[kCount], std::string_view ours) {
  const auto entry = std::ranges::find(table, ours, &Names::second);
  if (entry == std::end(table)) return std::nullopt;
  return std::string(entry->first);
}

/// Their name of a layer of an output head with so many hidden layers: "norm", "layers.1.norm".
std::string theirs_of_head(std::string_view layer, std::int64_t depth) {
  if (layer == "norm") return "LayerNorm_0";
  if (layer == "output") return fmt::format("Dense_{}", depth);
  layer.remove_prefix(std::string_view("layers.").size());
  const std::int64_t number = take_number(layer).value_or(0);
  return layer.empty() ? fmt::format("Dense_{}", number) : fmt::format("LayerNorm_{}", number + 1);
}

std::int64_t head_depth_of(const runtime::NamedTensors& tensors, std::string_view head) {
  std::int64_t depth = 0;
  while (tensors.contains(fmt::format("{}.layers.{}.weight", head, depth))) ++depth;
  return depth;
}

/// Their name of one of our layers, both without the kind of tensor.
std::optional<std::string> theirs_of_layer(std::string_view ours,
                                           const runtime::NamedTensors& tensors) {
  for (const auto& [theirs, stack] : kStacks) {
    if (!ours.starts_with(stack)) continue;
    std::string_view rest = ours.substr(stack.size());
    const std::int64_t block = take_number(rest).value_or(0);
    const auto layer = theirs_in(kInBlock, rest.substr(1));
    if (!layer) return std::nullopt;
    return fmt::format("{}{}.{}", theirs, block, *layer);
  }
  for (const auto& [theirs, head] : kHeads) {
    if (!ours.starts_with(head)) continue;
    return std::string(theirs) +
           theirs_of_head(ours.substr(head.size() + 1), head_depth_of(tensors, head));
  }
  return theirs_in(kLayers, ours);
}

}  // namespace

runtime::NamedTensors joint_to_flax(const runtime::NamedTensors& tensors) {
  runtime::NamedTensors theirs;
  for (const auto& [name, tensor] : tensors) {
    if (name == "pos_embed") continue;
    if (const auto vector = theirs_in(kVectors, name)) {
      theirs[*vector] = tensor;
      continue;
    }
    const auto dot = name.rfind('.');
    const std::string ours = name.substr(0, dot);
    const auto layer = theirs_of_layer(ours, tensors);
    if (!layer) {
      throw Error({.operation = "export M3AE",
                   .subject = name,
                   .fault = Fault::mismatch,
                   .reason = "is no tensor of an M3AE"});
    }
    if (name.ends_with(".bias")) {
      theirs[*layer + ".bias"] = tensor;
    } else if (tensor.dim() == 1) {
      theirs[*layer + ".scale"] = tensor;
    } else {
      theirs[*layer + ".kernel"] =
          (tensor.dim() == 4 ? flat_kernel(tensor) : tensor.t()).contiguous();
    }
  }
  return theirs;
}

bool has_flax_names(const runtime::NamedTensors& tensors) {
  return std::ranges::any_of(tensors, [](const auto& entry) {
    return plain_name(entry.first).starts_with("encoder.Block_");
  });
}

runtime::NamedTensors joint_from_flax(const runtime::NamedTensors& tensors,
                                      const std::string& source) {
  const std::map<std::string, std::int64_t> last = last_dense_of(tensors);
  runtime::NamedTensors ours;
  for (const auto& [full, tensor] : tensors) {
    const std::string name = plain_name(full);
    if (const auto vector = found_in(kVectors, name)) {
      ours[*vector] = tensor;
      continue;
    }
    const auto dot = name.rfind('.');
    const std::string kind = dot == std::string::npos ? "" : name.substr(dot + 1);
    const auto ending = found_in(kKinds, kind);
    const auto layer = ending ? layer_of(name.substr(0, dot), last) : std::nullopt;
    if (!layer) refuse_tensor(source, full, "is no tensor of an M3AE");
    at::Tensor value = tensor;
    if (kind == "kernel") {
      if (tensor.dim() != 2) refuse_tensor(source, full, "is no matrix");
      if (*layer != "patch_embed.proj") {
        value = tensor.t();
      } else if (const auto kernel = patch_kernel(tensor)) {
        value = *kernel;
      } else {
        refuse_tensor(source, full, "has a number of rows that no patch of RGB pixels has");
      }
    }
    ours[*layer + "." + *ending] = value.contiguous();
  }
  return ours;
}

}  // namespace dbot::exchange
