#pragma once

#include <filesystem>

#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// The tensors of the decoder beside the encoder of a weights file: mask_token and decoder_…, under
/// MAE's names, as float32. Names are MAE's own or Hugging Face's ViTMAEForPreTraining. Empty where
/// there is none; whether they make a whole decoder is the caller's question. `path` is a file, as
/// resolve_autoencoder_path gives it. Throws DataError for a broken file, and naming a tensor with
/// values that are not finite.
runtime::NamedTensors load_decoder_tensors(const std::filesystem::path& path);

/// Like resolve_model_path, but of a run the student of its newest sound checkpoint, which has its
/// decoder, comes before model.safetensors, which has none. Throws DataError alike.
std::filesystem::path resolve_autoencoder_path(const std::filesystem::path& path);

}  // namespace dbot::exchange
