#include "dbot/exchange/onnx_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/exchange/onnx_graph.h"

namespace dbot::exchange {
namespace {

using formats::OnnxType;

class EncoderGraph {
 public:
  EncoderGraph(const LoadedEncoder& encoder, OnnxPixels pixels)
      : config_(encoder.description.config),
        description_(encoder.description),
        parameters_(encoder.parameters),
        pixels_(pixels) {}

  formats::OnnxModel build() {
    std::string tokens = embedding(images());
    for (std::int64_t block = 0; block < config_.depth; ++block) {
      tokens = transformer_block(tokens, fmt::format("blocks.{}", block));
    }
    outputs(layer_norm("norm", tokens));
    formats::OnnxModel model = graph_.take();
    model.name = "dbot encoder";
    model.metadata[kEncoderConfigKey] = to_json(description_);
    if (!description_.mean.empty()) {
      model.metadata["mean"] = nlohmann::json(description_.mean).dump();
      model.metadata["std"] = nlohmann::json(description_.std).dump();
    }
    return model;
  }

 private:
  const at::Tensor& parameter(const std::string& name) const { return parameters_.at(name); }

  std::string linear(const std::string& name, const std::string& x) {
    return graph_.linear(name, x, parameter(name + ".weight"), parameter(name + ".bias"));
  }

  std::string layer_norm(const std::string& name, const std::string& x) {
    return graph_.layer_norm(name, x, parameter(name + ".weight"), parameter(name + ".bias"),
                             config_.layer_norm_eps);
  }

  /// One number a channel, as [1, channels, 1, 1].
  std::string channel_values(const char* name, std::vector<double> values, double scale) {
    for (double& value : values) value *= scale;
    return graph_.weight(name, at::tensor(values, at::kDouble).to(at::kFloat).view({1, -1, 1, 1}));
  }

  /// Normalised images, float32.
  std::string images() {
    const bool bytes = pixels_ == OnnxPixels::bytes;
    graph_.input({"images",
                  bytes ? OnnxType::uint8 : OnnxType::float32,
                  {"batch", config_.channels, "height", "width"}});
    if (pixels_ == OnnxPixels::normalised) return "images";
    if (description_.mean.empty()) {
      throw UsageError(
          "[onnx] the model does not say its pixel normalisation, so the graph cannot normalise; "
          "expected images that are normalised already (--pixels normalised)");
    }
    const double largest = bytes ? 255 : 1;
    std::string values = "images";
    if (bytes) {
      values = graph_.node("Cast", "pixels.float", {values},
                           {{"to", static_cast<std::int64_t>(OnnxType::float32)}});
    }
    const std::string centred =
        graph_.node("Sub", "pixels.centred",
                    {values, channel_values("pixels.mean", description_.mean, largest)});
    return graph_.node("Div", "pixels.normalised",
                       {centred, channel_values("pixels.std", description_.std, largest)});
  }

  std::string reshape(const std::string& name, const std::string& x,
                      const std::vector<std::int64_t>& shape) {
    return graph_.node("Reshape", name, {x, graph_.integers(shape)});
  }

  std::string transpose(const std::string& name, const std::string& x,
                        const std::vector<std::int64_t>& order) {
    return graph_.node("Transpose", name, {x}, {{"perm", order}});
  }

  /// [1, width, rows, columns]: the patches' rows of the table, for the grid of `planes`.
  std::string positions(const std::string& shape) {
    const auto [rows, columns] = config_.grid();
    const at::Tensor table = parameter("pos_embed")
                                 .slice(1, 1)
                                 .reshape({1, rows, columns, config_.width})
                                 .permute({0, 3, 1, 2});
    const std::string sides =
        graph_.node("Slice", "pos_embed.grid", {shape, graph_.integers({2}), graph_.integers({4})});
    const std::string sizes =
        graph_.node("Concat", "pos_embed.sizes", {graph_.integers({1, config_.width}), sides},
                    {{"axis", std::int64_t{0}}});
    return graph_.node("Resize", "pos_embed.resized",
                       {graph_.weight("pos_embed.patches", table), "", "", sizes},
                       {{"mode", std::string("cubic")},
                        {"cubic_coeff_a", -0.75F},
                        {"coordinate_transformation_mode", std::string("half_pixel")}});
  }

  /// [batch, 1 + patches, width], positions added.
  std::string embedding(const std::string& images) {
    const std::int64_t patch = config_.patch_size;
    const std::string planes = graph_.node(
        "Conv", "patch_embed.proj",
        {images, graph_.weight("patch_embed.proj.weight", parameter("patch_embed.proj.weight")),
         graph_.weight("patch_embed.proj.bias", parameter("patch_embed.proj.bias"))},
        {{"kernel_shape", std::vector{patch, patch}}, {"strides", std::vector{patch, patch}}});
    const std::string shape = graph_.node("Shape", "patch_embed.shape", {planes});
    const std::string placed = graph_.node("Add", "patch_embed.placed", {planes, positions(shape)});
    const std::string patches = transpose(
        "patch_embed", reshape("patch_embed.rows", placed, {0, config_.width, -1}), {0, 2, 1});
    const std::string batch =
        graph_.node("Slice", "batch_size", {shape, graph_.integers({0}), graph_.integers({1})});
    const std::string cls_shape =
        graph_.node("Concat", "cls_token.shape", {batch, graph_.integers({1, config_.width})},
                    {{"axis", std::int64_t{0}}});
    const at::Tensor cls = parameter("cls_token") + parameter("pos_embed").slice(1, 0, 1);
    const std::string expanded = graph_.node("Expand", "cls_token.expanded",
                                             {graph_.weight("cls_token.placed", cls), cls_shape});
    return graph_.node("Concat", "tokens", {expanded, patches}, {{"axis", std::int64_t{1}}});
  }

  std::string attention(const std::string& x, const std::string& name) {
    const std::int64_t heads = config_.heads, size = config_.width / heads;
    const auto qkv = graph_.nodes("Split", name + ".split", {linear(name + ".qkv", x)},
                                  {"q", "k", "v"}, {{"axis", std::int64_t{-1}}});
    const auto head_major = [&](const std::string& part, const std::vector<std::int64_t>& order) {
      return transpose(part + ".heads", reshape(part + ".parts", part, {0, 0, heads, size}), order);
    };
    const std::string scale = graph_.number(
        "attention_scale", static_cast<float>(1.0 / std::sqrt(static_cast<double>(size))));
    const std::string query =
        graph_.node("Mul", name + ".query", {head_major(qkv[0], {0, 2, 1, 3}), scale});
    const std::string logits =
        graph_.node("MatMul", name + ".logits", {query, head_major(qkv[1], {0, 2, 3, 1})});
    const std::string weights =
        graph_.node("Softmax", name + ".weights", {logits}, {{"axis", std::int64_t{-1}}});
    const std::string mixed =
        graph_.node("MatMul", name + ".mixed", {weights, head_major(qkv[2], {0, 2, 1, 3})});
    const std::string joined = reshape(
        name + ".joined", transpose(name + ".turned", mixed, {0, 2, 1, 3}), {0, 0, config_.width});
    return linear(name + ".proj", joined);
  }

  std::string transformer_block(const std::string& x, const std::string& name) {
    const std::string attended = graph_.node(
        "Add", name + ".attended", {x, attention(layer_norm(name + ".norm1", x), name + ".attn")});
    const std::string hidden = graph_.gelu(
        name + ".mlp.gelu", linear(name + ".mlp.fc1", layer_norm(name + ".norm2", attended)));
    return graph_.node("Add", name, {attended, linear(name + ".mlp.fc2", hidden)});
  }

  void outputs(const std::string& tokens) {
    const std::int64_t width = config_.width;
    const std::string first =
        graph_.node("Slice", "cls.token",
                    {tokens, graph_.integers({0}), graph_.integers({1}), graph_.integers({1})});
    const std::string patches = graph_.node(
        "Slice", "patches.tokens",
        {tokens, graph_.integers({1}), graph_.integers({INT64_MAX}), graph_.integers({1})});
    graph_.output({"cls", OnnxType::float32, {"batch", width}},
                  graph_.node("Squeeze", "cls.row", {first, graph_.integers({1})}));
    graph_.output(
        {"mean", OnnxType::float32, {"batch", width}},
        graph_.node("ReduceMean", "mean.rows", {patches},
                    {{"axes", std::vector<std::int64_t>{1}}, {"keepdims", std::int64_t{0}}}));
    graph_.output({"patches", OnnxType::float32, {"batch", "patches", width}}, patches);
  }

  nn::EncoderConfig config_;
  const EncoderDescription& description_;
  const nn::NamedTensors& parameters_;
  OnnxPixels pixels_;
  OnnxGraph graph_;
};

}  // namespace

OnnxPixels parse_onnx_pixels(std::string_view text, std::string_view option) {
  if (text == "normalised") return OnnxPixels::normalised;
  if (text == "unit") return OnnxPixels::unit;
  if (text == "bytes") return OnnxPixels::bytes;
  throw UsageError(
      fmt::format("[onnx] {} is {}, expected normalised, unit or bytes", option, text));
}

formats::OnnxModel onnx_encoder(const LoadedEncoder& encoder, OnnxPixels pixels) {
  return EncoderGraph(encoder, pixels).build();
}

}  // namespace dbot::exchange
