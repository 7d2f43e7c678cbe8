#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/nn/config.h"
#include "dbot/nn/vision_transformer.h"

namespace dbot::exchange {

/// An encoder on disk: official names, and in the header key `dbot.config` (JSON) what the tensors do
/// not say: image size, heads, eps and the pixel normalisation it was trained with.
struct EncoderDescription {
  nn::EncoderConfig config;
  std::vector<double> mean, std;  // empty if the file does not say
};

/// The value of the header key `dbot.config`, and back. Throws DataError naming the missing or wrong
/// key and `where` it was read.
std::string to_json(const EncoderDescription& description);
EncoderDescription description_from_json(std::string_view json, const std::string& where);

/// Writes encoder parameters (no decoder) as float32. No time, host or path in it: equal weights give
/// equal bytes.
void save_encoder(const std::filesystem::path& path, const EncoderDescription& description,
                  const nn::NamedTensors& parameters);

struct LoadedEncoder {
  EncoderDescription description;
  nn::NamedTensors parameters;  // encoder names only
};

/// What a file without `dbot.config` cannot say (heads: width/64 if unset; image size: a square grid).
struct EncoderHints {
  std::optional<std::int64_t> heads;
  std::optional<core::Size> image_size;
};

/// Reads an encoder: a safetensors file with official names (decoder tensors are ignored; width, depth,
/// patch, channels and grid follow from the shapes), with or without `dbot.config`. Throws DataError
/// for a broken file or one that is not such an encoder, saying which tensor is missing or misshapen.
LoadedEncoder load_encoder(const std::filesystem::path& path, const EncoderHints& hints = {});

/// A network ready to compute. `image_size`: resize the position table to another input size.
std::unique_ptr<nn::VisionTransformer> make_encoder(const LoadedEncoder& encoder,
                                                    std::optional<core::Size> image_size = {});

/// What `--model` may name: a weights file; a run folder (its model.safetensors, else the newest good
/// checkpoint's student); a checkpoint folder (its student). Returns the file to load. Throws DataError
/// naming what was looked for.
std::filesystem::path resolve_model_path(const std::filesystem::path& path);

}  // namespace dbot::exchange
