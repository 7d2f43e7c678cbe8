#include "dbot/exchange/export/hugging_face_folder.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/names/tensor_names.h"
#include "dbot/exchange/tensor_file.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kBicubic = 3;  // as Pillow numbers it

/// One number where height and width are equal: all that some of their classes understand.
Json image_size(const nn::EncoderConfig& config) {
  const auto [height, width] = config.image_size;
  if (height == width) return height;
  return {height, width};
}

std::int64_t hidden_width(std::int64_t width, double ratio) {
  return static_cast<std::int64_t>(static_cast<double>(width) * ratio);
}

Json configuration(const NetworkWeights& network, const std::string& model_class) {
  const nn::EncoderConfig& config = network.description.config;
  const bool masked = model_class != "ViTModel";
  Json fields{{"architectures", {model_class}},
              {"model_type", masked ? "vit_mae" : "vit"},
              {"image_size", image_size(config)},
              {"num_channels", config.channels},
              {"patch_size", config.patch_size},
              {"hidden_size", config.width},
              {"num_hidden_layers", config.depth},
              {"num_attention_heads", config.heads},
              {"intermediate_size", config.hidden_width()},
              {"hidden_act", "gelu"},
              {"layer_norm_eps", config.layer_norm_eps},
              {"qkv_bias", true},
              {"hidden_dropout_prob", 0.0},
              {"attention_probs_dropout_prob", 0.0},
              {"initializer_range", 0.02}};
  if (!masked) {
    fields["encoder_stride"] = config.patch_size;
    return fields;
  }
  // Without a decoder its sizes say nothing; the class wants some.
  const DecoderDescription decoder = network.decoder.value_or(DecoderDescription());
  fields["decoder_hidden_size"] = decoder.config.width;
  fields["decoder_num_hidden_layers"] = decoder.config.depth;
  fields["decoder_num_attention_heads"] = decoder.config.heads;
  fields["decoder_intermediate_size"] = hidden_width(decoder.config.width, config.mlp_ratio);
  fields["mask_ratio"] = decoder.mask_ratio;
  fields["norm_pix_loss"] = decoder.normalised_pixels;
  return fields;
}

Json preprocessing(const EncoderDescription& description) {
  const auto [height, width] = description.config.image_size;
  return {{"image_processor_type", "ViTImageProcessor"},
          {"do_resize", true},
          {"size", {{"height", height}, {"width", width}}},
          {"resample", kBicubic},
          {"do_rescale", true},
          {"rescale_factor", 1.0 / 255},
          {"do_normalize", true},
          {"image_mean", description.mean},
          {"image_std", description.std}};
}

/// A folder and, in it, a name for weights that are not whole yet. It ends without that file, and
/// a folder that had to be made is gone again if nothing came into it.
class OutputFolder {
 public:
  explicit OutputFolder(const fs::path& path) : path_(path) {
    std::error_code ignored;
    made_ = !fs::exists(path, ignored);
    core::create_folders(path);
  }
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder() {
    std::error_code ignored;
    fs::remove(unfinished(), ignored);
    if (made_) fs::remove(path_, ignored);  // not where something is in it
  }

  fs::path unfinished() const { return path_ / ".dbot-weights.tmp"; }

 private:
  fs::path path_;
  bool made_ = false;
};

std::uint64_t write_json(const fs::path& path, const Json& fields) {
  const std::string text = fields.dump(2) + "\n";
  core::write_file_atomically(path, text);
  return text.size();
}

}  // namespace

void check_vit_mae(const nn::EncoderConfig& config) {
  if (config.image_size.height == config.image_size.width) return;
  throw UsageError(
      {.operation = "export",
       .subject = "the model",
       .fault = Fault::mismatch,
       .reason = fmt::format("is for images of {}×{}, and transformers' ViTMAE is for square ones",
                             config.image_size.height, config.image_size.width),
       .way_out = "choose the format huggingface, or a square image size"});
}

HuggingFaceFolder write_hugging_face_folder(const fs::path& folder, const NetworkWeights& network,
                                            bool masked, const core::OnWritten& written) {
  HuggingFaceFolder result;
  result.model_class = !masked           ? "ViTModel"
                       : network.decoder ? "ViTMAEForPreTraining"
                                         : "ViTMAEModel";
  const RenamedTensors renamed = to_hugging_face(
      network.parameters, NameStyle::hugging_face_classic, network.decoder ? "vit." : "");
  if (!renamed.left_out.empty()) {
    throw Error(fmt::format("[export] transformers' {} has no place for {}", result.model_class,
                            renamed.left_out.front()));
  }
  const OutputFolder output(folder);
  const fs::path weights = folder / "model.safetensors";
  write_tensor_file(output.unfinished(), renamed.tensors,
                    {{"format", "pt"}, {kEncoderConfigKey, to_json(network.description)}},
                    /*replace=*/true, written);
  // Whoever looks meanwhile finds no model rather than a mixture of two.
  core::remove_tree(folder / "config.json");
  core::rename_path(output.unfinished(), weights);
  result.tensors = static_cast<std::int64_t>(renamed.tensors.size());
  result.bytes = fs::file_size(weights);
  if (!network.description.mean.empty()) {
    result.bytes +=
        write_json(folder / "preprocessor_config.json", preprocessing(network.description));
  }
  result.bytes += write_json(folder / "config.json", configuration(network, result.model_class));
  return result;
}

}  // namespace dbot::exchange
