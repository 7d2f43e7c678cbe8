#include "dbot/exchange/export/hugging_face_folder.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/export/hugging_face_classifier.h"
#include "dbot/exchange/export/hugging_face_config.h"
#include "dbot/exchange/names/tensor_names.h"
#include "dbot/exchange/tensor_file.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;

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

std::uint64_t write_text(const fs::path& path, const std::string& text) {
  core::write_file_atomically(path, text);
  return text.size();
}

std::string model_class(const NetworkWeights& network, bool masked) {
  if (network.description.head) return hugging_face_classifier(network);
  return !masked ? "ViTModel" : network.decoder ? "ViTMAEForPreTraining" : "ViTMAEModel";
}

runtime::NamedTensors tensors_of(const NetworkWeights& network, const std::string& model_class) {
  if (network.description.head) return hugging_face_classifier_tensors(network);
  const RenamedTensors renamed = to_hugging_face(
      network.parameters, NameStyle::hugging_face_classic, network.decoder ? "vit." : "");
  if (renamed.left_out.empty()) return renamed.tensors;
  throw Error(fmt::format("[export] transformers' {} has no place for {}", model_class,
                          renamed.left_out.front()));
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
  result.model_class = model_class(network, masked);
  const runtime::NamedTensors tensors = tensors_of(network, result.model_class);
  const OutputFolder output(folder);
  const fs::path weights = folder / "model.safetensors";
  write_tensor_file(output.unfinished(), tensors,
                    {{"format", "pt"}, {kEncoderConfigKey, to_json(network.description)}},
                    /*replace=*/true, written);
  // Whoever looks meanwhile finds no model rather than a mixture of two.
  core::remove_tree(folder / "config.json");
  core::rename_path(output.unfinished(), weights);
  result.tensors = static_cast<std::int64_t>(tensors.size());
  result.bytes = fs::file_size(weights);
  if (!network.description.mean.empty()) {
    result.bytes += write_text(folder / "preprocessor_config.json",
                               hugging_face_preprocessing(network.description));
  }
  result.bytes +=
      write_text(folder / "config.json", hugging_face_config(network, result.model_class));
  return result;
}

}  // namespace dbot::exchange
