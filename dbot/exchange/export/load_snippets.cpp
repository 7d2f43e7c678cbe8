#include "dbot/exchange/export/load_snippets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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

/// Pillow opens grey and RGB images alone.
bool opens_with_pillow(const nn::EncoderConfig& config) {
  return config.channels == 1 || config.channels == 3;
}

constexpr const char* kPillow = "from PIL import Image, ImageOps\n";

/// Two lines that open an image and cut it as evaluations do: `bleed` leaves the middle 7/8 of the
/// sides of inputs up to 224 pixels.
std::string open_image(const nn::EncoderConfig& config) {
  const bool small = std::min(config.image_size.height, config.image_size.width) <= 224;
  return fmt::format(
      "image = ImageOps.exif_transpose(Image.open(\"image.jpg\")).convert(\"{}\")  # yours\n"
      "image = ImageOps.fit(image, ({}, {}), Image.Resampling.BICUBIC{})\n",
      config.channels == 1 ? "L" : "RGB", config.image_size.width, config.image_size.height,
      small ? ", bleed=0.0625" : "");
}

/// "numpy.array(image).reshape(224, 224, 3)"
std::string image_values(const nn::EncoderConfig& config) {
  return fmt::format("numpy.array(image).reshape({}, {}, {})", config.image_size.height,
                     config.image_size.width, config.channels);
}

/// The lines that make `images` of an image file, or of nothing where no reader is known.
std::string torch_images(const EncoderDescription& description) {
  const nn::EncoderConfig& config = description.config;
  if (!opens_with_pillow(config)) {
    return fmt::format("images = torch.zeros({})  # {}\n", image_shape(config),
                       normalisation_note(description));
  }
  const std::string pixels = fmt::format("torch.from_numpy({}) / 255", image_values(config));
  if (description.mean.empty()) {
    return fmt::format("{}images = ({}).permute(2, 0, 1)[None]  # then {}\n", open_image(config),
                       pixels, normalisation_note(description));
  }
  return fmt::format(
      "{}images = (({} - torch.tensor({})) / torch.tensor({})).permute(2, 0, 1)[None]\n",
      open_image(config), pixels, tuple(description.mean), tuple(description.std));
}

/// What `torch_images` imports, before torch.
std::string torch_imports(const nn::EncoderConfig& config) {
  return fmt::format("{}import torch\n{}", opens_with_pillow(config) ? "import numpy\n" : "",
                     opens_with_pillow(config) ? kPillow : "");
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

/// timm's word for what the head looks at; features come as tokens without one.
const char* timm_pooling(const std::optional<HeadDescription>& head) {
  return head && head->pooling == nn::Pooling::mean ? "avg" : "token";
}

TimmClass timm_class(const EncoderDescription& description) {
  const nn::EncoderConfig& config = description.config;
  const char* pooling = timm_pooling(description.head);
  if (kind_of(config) != NetworkKind::beit) {
    return {"timm.models.vision_transformer", "VisionTransformer",
            description.head ? fmt::format("    global_pool=\"{}\",\n", pooling) : ""};
  }
  using nn::RelativePositions;
  return {"timm.models.beit", "Beit",
          fmt::format("    global_pool=\"{}\", use_abs_pos_emb={}, use_rel_pos_bias={},\n"
                      "    use_shared_rel_pos_bias={}, init_values={},\n",
                      pooling, python(config.position_table),
                      python(config.relative_positions == RelativePositions::each_block),
                      python(config.relative_positions == RelativePositions::shared),
                      config.layer_scale > 0 ? fmt::format("{}", config.layer_scale) : "None")};
}

/// timm's own GELU is the exact one.
const char* timm_activation(nn::Gelu gelu) {
  return gelu == nn::Gelu::tanh ? " act_layer=partial(torch.nn.GELU, approximate=\"tanh\")," : "";
}

}  // namespace

std::string timm_snippet(const std::filesystem::path& out, const EncoderDescription& description) {
  const nn::EncoderConfig& config = description.config;
  const TimmClass model = timm_class(description);
  const std::size_t classes = description.head ? description.head->classes.size() : 0;
  const char* use = description.head ? "    logits = model(images)\n"
                                     : "    tokens = model.forward_features(images)\n"
                                       "cls, patches = tokens[:, 0], tokens[:, 1:]\n";
  const Loading weights = loading(out, {});
  return fmt::format(
      "from functools import partial\n\n"
      "{}{}"
      "from {} import {}\n\n"
      "model = {}(\n"
      "    img_size=({}, {}), patch_size={}, in_chans={}, num_classes={}, embed_dim={},\n"
      "    depth={}, num_heads={}, mlp_ratio={},\n"
      "{}"
      "    norm_layer=partial(torch.nn.LayerNorm, eps={}),{}\n"
      ")\n"
      "model.load_state_dict({}, strict=True)\n"
      "model.eval()\n"
      "{}"
      "with torch.inference_mode():\n{}",
      torch_imports(config), weights.import, model.module, model.name, model.name,
      config.image_size.height, config.image_size.width, config.patch_size, config.channels,
      classes, config.width, config.depth, config.heads, config.mlp_ratio, model.options,
      config.layer_norm_eps, timm_activation(config.gelu), weights.expression,
      torch_images(description), use);
}

std::string hugging_face_snippet(const std::filesystem::path& folder,
                                 const EncoderDescription& description,
                                 const std::string& model_class) {
  std::string options, use =
                           "with torch.inference_mode():\n"
                           "    tokens = model(images).last_hidden_state\n"
                           "cls, patches = tokens[:, 0], tokens[:, 1:]\n";
  if (description.head) {
    use =
        "with torch.inference_mode():\n"
        "    logits = model(images).logits\n"
        "names = [model.config.id2label[i] for i in logits.argmax(-1).tolist()]\n";
  } else if (model_class == "ViTModel") {
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
      "{5}"
      "from transformers import {0}\n\n"
      "model = {0}.from_pretrained({1}{2})\n"
      "{3}{4}",
      model_class, quoted(folder), options, torch_images(description), use,
      torch_imports(description.config));
}

std::string onnx_snippet(const std::filesystem::path& out, const EncoderDescription& description,
                         OnnxPixels pixels) {
  const std::string note = pixels == OnnxPixels::normalised ? normalisation_note(description)
                           : pixels == OnnxPixels::unit     ? "pixel values in 0…1"
                                                            : "pixel values in 0…255";
  const nn::EncoderConfig& config = description.config;
  const bool has_cls = config.class_token || config.attention_pool;
  const char* type = pixels == OnnxPixels::bytes ? "uint8" : "float32";
  std::string images =
      fmt::format("images = numpy.zeros(({}), \"{}\")  # {}\n", image_shape(config), type, note);
  if (opens_with_pillow(config)) {
    std::string values = image_values(config);
    if (pixels != OnnxPixels::bytes) values += " / 255";
    if (pixels == OnnxPixels::normalised && !description.mean.empty()) {
      values =
          fmt::format("(({} - {}) / {})", values, tuple(description.mean), tuple(description.std));
    } else {
      values = "(" + values + ")";
    }
    images = fmt::format("{}images = {}.transpose(2, 0, 1)[None].astype(\"{}\")\n",
                         open_image(config), values, type);
  }
  return fmt::format(
      "import numpy\n"
      "import onnxruntime\n"
      "{}\n"
      "session = onnxruntime.InferenceSession({}, providers=[\"CPUExecutionProvider\"])\n"
      "{}"
      "{}",
      opens_with_pillow(config) ? kPillow : "", quoted(out), images,
      description.head ? "logits, = session.run([\"logits\"], {\"images\": images})\n"
      : has_cls        ? "cls, mean, patches = session.run([\"cls\", \"mean\", \"patches\"], "
                         "{\"images\": images})\n"
                       : "mean, patches = session.run([\"mean\", \"patches\"], "
                         "{\"images\": images})\n");
}

}  // namespace dbot::exchange
