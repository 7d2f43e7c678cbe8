#include "dbot/exchange/onnx/onnx_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/exchange/onnx/onnx_graph.h"
#include "dbot/exchange/onnx/onnx_layers.h"

namespace dbot::exchange {
namespace {

using formats::OnnxType;

runtime::NamedTensors all_parameters(const LoadedEncoder& encoder) {
  runtime::NamedTensors all = encoder.parameters;
  all.insert(encoder.head.begin(), encoder.head.end());
  return all;
}

class EncoderGraph {
 public:
  EncoderGraph(const LoadedEncoder& encoder, OnnxPixels pixels)
      : config_(encoder.description.config),
        description_(encoder.description),
        pixels_(pixels),
        parameters_(all_parameters(encoder)),
        layers_(graph_, config_, parameters_) {}

  formats::OnnxModel build() {
    const std::string tokens = layers_.blocks(embedding(images()));
    if (description_.head) {
      classify(tokens);
    } else {
      outputs(tokens);
    }
    formats::OnnxModel model = graph_.take();
    model.name = description_.head ? "dbot classifier" : "dbot encoder";
    model.producer = "dbot";
    model.metadata[kEncoderConfigKey] = to_json(description_);
    if (!description_.mean.empty()) {
      model.metadata["mean"] = nlohmann::json(description_.mean).dump();
      model.metadata["std"] = nlohmann::json(description_.std).dump();
    }
    return model;
  }

 private:
  const at::Tensor& parameter(const std::string& name) const { return layers_.parameter(name); }

  /// One number a channel, as [1, channels, 1, 1].
  std::string channel_values(const char* name, std::vector<double> values, double scale) {
    for (double& value : values) value *= scale;
    return graph_.weight(name, at::tensor(values, at::kDouble).to(at::kFloat).view({1, -1, 1, 1}));
  }

  /// Relative and rotary positions are those of one grid; not every way to resize a table is an
  /// operation of the opset.
  bool has_one_size() const {
    return config_.relative_positions != nn::RelativePositions::none ||
           config_.rotary.coordinates != nn::RotaryCoordinates::none ||
           config_.position_resize != nn::PositionResize::bicubic;
  }

  std::vector<formats::OnnxExtent> image_extents() const {
    if (!has_one_size()) {
      return {"batch", config_.channels, "height", "width"};
    }
    return {"batch", config_.channels, config_.image_size.height, config_.image_size.width};
  }

  /// Normalised images, float32.
  std::string images() {
    const bool bytes = pixels_ == OnnxPixels::bytes;
    graph_.input({"images", bytes ? OnnxType::uint8 : OnnxType::float32, image_extents()});
    if (pixels_ == OnnxPixels::normalised) return "images";
    if (description_.mean.empty()) {
      throw UsageError(
          {.operation = "onnx",
           .subject = "the model",
           .fault = Fault::missing,
           .reason = "does not say its pixel normalisation, so the graph cannot normalise",
           .way_out = "choose images that are normalised already"});
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

  /// [1, width, rows, columns]: the patches' rows of the table, for the grid of `planes`.
  std::string positions(const std::string& shape) {
    const auto [rows, columns] = config_.grid();
    const at::Tensor table = parameter("pos_embed")
                                 .slice(1, config_.class_token ? 1 : 0)
                                 .reshape({1, rows, columns, config_.width})
                                 .permute({0, 3, 1, 2});
    if (has_one_size()) return graph_.weight("pos_embed.patches", table);
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

  /// Patches without positions, [batch, width, rows, columns].
  std::string planes(const std::string& images) {
    const std::int64_t patch = config_.patch_size;
    std::vector<std::string> inputs{
        images, graph_.weight("patch_embed.proj.weight", parameter("patch_embed.proj.weight"))};
    if (config_.patch_bias) {
      inputs.push_back(graph_.weight("patch_embed.proj.bias", parameter("patch_embed.proj.bias")));
    }
    return graph_.node(
        "Conv", "patch_embed.proj", std::move(inputs),
        {{"kernel_shape", std::vector{patch, patch}}, {"strides", std::vector{patch, patch}}});
  }

  /// The tokens before the patches of every image, positions added: [batch, prefix, width]. shape:
  /// of the planes.
  std::string prefix_tokens(const std::string& shape) {
    const std::string batch =
        graph_.node("Slice", "batch_size", {shape, graph_.integers({0}), graph_.integers({1})});
    const std::string all =
        graph_.node("Concat", "cls_token.shape",
                    {batch, graph_.integers({config_.prefix_tokens(), config_.width})},
                    {{"axis", std::int64_t{0}}});
    std::vector<at::Tensor> tokens;
    if (config_.class_token) {
      const at::Tensor& cls = parameter("cls_token");
      tokens.push_back(config_.position_table ? cls + parameter("pos_embed").slice(1, 0, 1) : cls);
    }
    if (config_.registers > 0) tokens.push_back(parameter("register_tokens"));
    return graph_.node("Expand", "cls_token.expanded",
                       {graph_.weight("cls_token.placed", at::cat(tokens, 1)), all});
  }

  /// What goes into the first block, [batch, 1 + patches, width].
  std::string embedding(const std::string& images) {
    std::string placed = planes(images);
    const std::string shape = graph_.node("Shape", "patch_embed.shape", {placed});
    if (config_.position_table) {
      placed = graph_.node("Add", "patch_embed.placed", {placed, positions(shape)});
    }
    const std::string patches = layers_.transpose(
        "patch_embed", layers_.reshape("patch_embed.rows", placed, {0, config_.width, -1}),
        {0, 2, 1});
    const std::string tokens =
        config_.prefix_tokens() == 0
            ? patches
            : graph_.node("Concat", "tokens", {prefix_tokens(shape), patches},
                          {{"axis", std::int64_t{1}}});
    return config_.norm_before ? layers_.layer_norm("norm_pre", tokens) : tokens;
  }

  /// The first token, [batch, width].
  std::string cls_row(const std::string& tokens) {
    const std::string first =
        graph_.node("Slice", "cls.token",
                    {tokens, graph_.integers({0}), graph_.integers({1}), graph_.integers({1})});
    return graph_.node("Squeeze", "cls.row", {first, graph_.integers({1})});
  }

  std::string patch_rows(const std::string& tokens, const std::string& name = "patches.tokens") {
    const std::int64_t prefix = config_.prefix_tokens();
    return graph_.node(
        "Slice", name,
        {tokens, graph_.integers({prefix}), graph_.integers({INT64_MAX}), graph_.integers({1})});
  }

  std::string mean_row(const std::string& patches) {
    return graph_.node("ReduceMean", "mean.rows", {patches},
                       {{"axes", std::vector<std::int64_t>{1}}, {"keepdims", std::int64_t{0}}});
  }

  void classify(const std::string& tokens) {
    const bool mean = description_.head->pooling == nn::Pooling::mean;
    const std::string features = mean ? layers_.layer_norm("fc_norm", mean_row(patch_rows(tokens)))
                                      : layers_.layer_norm("norm", cls_row(tokens));
    const std::string logits = layers_.linear("head", features);
    graph_.output({"logits", OnnxType::float32, {"batch", std::ssize(description_.head->classes)}},
                  logits);
    graph_.output({"features", OnnxType::float32, {"batch", config_.width}}, features);
  }

  /// The mean of the patches after the final norm, or the norm of their mean.
  std::string mean_feature(const std::string& tokens, const std::string& patches) {
    if (!config_.pooled_norm) return mean_row(patches);
    return layers_.norm_again("norm", "mean.normed", mean_row(patch_rows(tokens, "patches.raw")));
  }

  /// tokens: as the blocks give them.
  void outputs(const std::string& tokens) {
    const std::int64_t width = config_.width;
    const std::string normed = layers_.layer_norm("norm", tokens);
    const std::string patches = patch_rows(normed);
    if (config_.class_token || config_.attention_pool) {
      graph_.output({"cls", OnnxType::float32, {"batch", width}},
                    config_.class_token ? cls_row(normed) : layers_.attention_pool(patches));
    }
    graph_.output({"mean", OnnxType::float32, {"batch", width}}, mean_feature(tokens, patches));
    graph_.output({"patches", OnnxType::float32, {"batch", "patches", width}}, patches);
  }

  const nn::EncoderConfig& config_;
  const EncoderDescription& description_;
  OnnxPixels pixels_;
  runtime::NamedTensors parameters_;
  OnnxGraph graph_;
  OnnxLayers layers_;
};

}  // namespace

OnnxPixels parse_onnx_pixels(std::string_view text, std::string_view option) {
  if (text == "normalised") return OnnxPixels::normalised;
  if (text == "unit") return OnnxPixels::unit;
  if (text == "bytes") return OnnxPixels::bytes;
  throw UsageError({.operation = "onnx",
                    .subject = std::string(option),
                    .reason = fmt::format("is {}, expected normalised, unit or bytes", text)});
}

formats::OnnxModel onnx_encoder(const LoadedEncoder& encoder, OnnxPixels pixels) {
  return EncoderGraph(encoder, pixels).build();
}

}  // namespace dbot::exchange
