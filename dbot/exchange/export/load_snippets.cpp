#include "dbot/exchange/export/load_snippets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "dbot/exchange/network_kind.h"

namespace dbot::exchange {
namespace {

/// A path as a Python literal: JSON's are a part of them.
std::string quoted(const std::filesystem::path& path) {
  return nlohmann::json(path.string())
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string tuple(const std::vector<double>& values) {
  return fmt::format("({}{})", fmt::join(values, ", "), values.size() == 1 ? "," : "");
}

/// "1, 3, 224, 224": one image.
std::string image_shape(const nn::EncoderConfig& config) {
  return fmt::format("1, {}, {}, {}", config.channels, config.image_size.height,
                     config.image_size.width);
}

std::string normalisation_note(const EncoderDescription& description) {
  if (description.mean.empty()) return "normalised as the network was trained";
  return fmt::format("normalised: (pixel / 255 - mean) / std, mean {}, std {}",
                     tuple(description.mean), tuple(description.std));
}

std::string made_up_images(const EncoderDescription& description) {
  return fmt::format("images = torch.zeros({})  # {}\n", image_shape(description.config),
                     normalisation_note(description));
}

/// The expression that loads a state dict, and what it imports.
struct Loading {
  std::string import, expression;
};

Loading loading(const std::filesystem::path& out, std::string_view root) {
  if (out.extension() == ".safetensors") {
    return {"from safetensors.torch import load_file\n", fmt::format("load_file({})", quoted(out))};
  }
  std::string expression = fmt::format("torch.load({}, weights_only=True)", quoted(out));
  if (!root.empty()) expression += fmt::format("[\"{}\"]", root);
  return {"", expression};
}

}  // namespace

std::string weights_snippet(const std::filesystem::path& out, std::string_view root) {
  const Loading weights = loading(out, root);
  return fmt::format(
      "{}\n"
      "weights = {}  # tensors by their names in MAE, dBOT and timm\n",
      weights.import.empty() ? "import torch\n" : weights.import, weights.expression);
}

namespace {

const char* python(bool value) {
  return value ? "True" : "False";
}

/// The class of timm, and what it wants to know beyond the sizes.
struct TimmClass {
  std::string module, name, options;
};

TimmClass timm_class(const nn::EncoderConfig& config) {
  if (kind_of(config) != NetworkKind::beit) {
    return {"timm.models.vision_transformer", "VisionTransformer", ""};
  }
  using nn::RelativePositions;
  return {"timm.models.beit", "Beit",
          fmt::format("    global_pool=\"token\", use_abs_pos_emb={}, use_rel_pos_bias={},\n"
                      "    use_shared_rel_pos_bias={}, init_values={},\n",
                      python(config.position_table),
                      python(config.relative_positions == RelativePositions::each_block),
                      python(config.relative_positions == RelativePositions::shared),
                      config.layer_scale > 0 ? fmt::format("{}", config.layer_scale) : "None")};
}

}  // namespace

std::string timm_snippet(const std::filesystem::path& out, const EncoderDescription& description) {
  const nn::EncoderConfig& config = description.config;
  const TimmClass model = timm_class(config);
  const Loading weights = loading(out, {});
  return fmt::format(
      "from functools import partial\n\n"
      "import torch\n"
      "{}"
      "from {} import {}\n\n"
      "model = {}(\n"
      "    img_size=({}, {}), patch_size={}, in_chans={}, num_classes=0, embed_dim={},\n"
      "    depth={}, num_heads={}, mlp_ratio={},\n"
      "{}"
      "    norm_layer=partial(torch.nn.LayerNorm, eps={}),\n"
      ")\n"
      "model.load_state_dict({}, strict=True)\n"
      "model.eval()\n"
      "{}"
      "with torch.inference_mode():\n"
      "    tokens = model.forward_features(images)\n"
      "cls, patches = tokens[:, 0], tokens[:, 1:]\n",
      weights.import, model.module, model.name, model.name, config.image_size.height,
      config.image_size.width, config.patch_size, config.channels, config.width, config.depth,
      config.heads, config.mlp_ratio, model.options, config.layer_norm_eps, weights.expression,
      made_up_images(description));
}

std::string hugging_face_snippet(const std::filesystem::path& folder,
                                 const EncoderDescription& description,
                                 const std::string& model_class) {
  std::string options, use =
                           "with torch.inference_mode():\n"
                           "    tokens = model(images).last_hidden_state\n"
                           "cls, patches = tokens[:, 0], tokens[:, 1:]\n";
  if (model_class == "ViTModel") {
    options = ", add_pooling_layer=False";
  } else if (model_class == "ViTMAEModel") {
    options = ", mask_ratio=0.0";  // features of whole images
    use =
        "in_order = torch.arange(model.embeddings.patch_embeddings.num_patches)[None].float()\n"
        "with torch.inference_mode():\n"
        "    tokens = model(images, noise=in_order.expand(len(images), -1)).last_hidden_state\n"
        "cls, patches = tokens[:, 0], tokens[:, 1:]\n";
  } else {
    use =
        "with torch.inference_mode():\n"
        "    output = model(images)  # hides patches at random\n"
        "pixels = model.unpatchify(output.logits)\n";
  }
  return fmt::format(
      "import torch\n"
      "from transformers import {0}\n\n"
      "model = {0}.from_pretrained({1}{2})\n"
      "{3}{4}",
      model_class, quoted(folder), options, made_up_images(description), use);
}

std::string onnx_snippet(const std::filesystem::path& out, const EncoderDescription& description,
                         OnnxPixels pixels) {
  const std::string note = pixels == OnnxPixels::normalised ? normalisation_note(description)
                           : pixels == OnnxPixels::unit     ? "pixel values in 0…1"
                                                            : "pixel values in 0…255";
  return fmt::format(
      "import numpy\n"
      "import onnxruntime\n\n"
      "session = onnxruntime.InferenceSession({}, providers=[\"CPUExecutionProvider\"])\n"
      "images = numpy.zeros(({}), \"{}\")  # {}\n"
      "cls, mean, patches = session.run([\"cls\", \"mean\", \"patches\"], {{\"images\": "
      "images}})\n",
      quoted(out), image_shape(description.config),
      pixels == OnnxPixels::bytes ? "uint8" : "float32", note);
}

}  // namespace dbot::exchange
