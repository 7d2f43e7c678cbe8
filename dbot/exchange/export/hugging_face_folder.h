#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "dbot/core/files/told_writing.h"
#include "dbot/exchange/export/network_weights.h"

namespace dbot::exchange {

struct HuggingFaceFolder {
  std::string model_class;  // "ViTModel", "ViTMAEModel", …
  std::int64_t tensors = 0;
  std::uint64_t bytes = 0;
};

/// Throws UsageError if transformers' ViTMAE cannot be of these sizes: it is for square images.
void check_vit_mae(const nn::EncoderConfig& config);

/// Writes what `from_pretrained` of transformers (4 and 5) loads: model.safetensors,
/// preprocessor_config.json and, last, config.json, without which the folder is no model. `masked`:
/// for ViTMAEForPreTraining, or ViTMAEModel without a decoder; else for ViTModel; a
/// classifier for the class that computes its logits (hugging_face_classifier.h). The tensors'
/// names are those of transformers 4, which both generations read. Files of these names are
/// replaced. `written` is told while the weights are written; what it throws leaves what was there
/// before. It may be empty. Throws Error with the path and the reason.
HuggingFaceFolder write_hugging_face_folder(const std::filesystem::path& folder,
                                            const NetworkWeights& network, bool masked,
                                            const core::OnWritten& written = {});

}  // namespace dbot::exchange
