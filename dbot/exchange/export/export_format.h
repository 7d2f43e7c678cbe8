#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace dbot::exchange {

/// What other tools load.
enum class ExportFormat {
  safetensors,      // official names and dbot.config: what this program reads
  pth,              // the same names as a plain state dict of PyTorch
  timm,             // an encoder for timm's VisionTransformer
  mae,              // {"model": state dict}, as MAE's scripts write and load
  dbot,             // the same with dBOT's decoder
  huggingface,      // a folder for transformers' ViTModel
  huggingface_mae,  // a folder for transformers' ViTMAEModel or ViTMAEForPreTraining
  onnx,             // a graph that computes features
  torchvision,      // a state dict for torchvision's ResNets
};

/// The words that `parse_export_format` takes: "safetensors, pth, …".
std::string export_format_names(std::string_view separator);
/// Throws UsageError naming `option` for other words.
ExportFormat parse_export_format(std::string_view text, std::string_view option);
std::string_view export_format_name(ExportFormat format);

/// A folder, not a file.
bool writes_folder(ExportFormat format);
/// Can hold the decoder.
bool takes_decoder(ExportFormat format);

/// Throws UsageError unless the name of `out` ends as files of that format do; folders have any
/// name.
void check_export_name(ExportFormat format, const std::filesystem::path& out);

}  // namespace dbot::exchange
