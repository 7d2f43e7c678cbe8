#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/vit/config.h"
#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::exchange {

/// The encoder's tensors among `parameters`, as float32 under their official names. Throws Error
/// naming one that is missing or does not fit the configuration.
runtime::NamedTensors encoder_tensors(const nn::EncoderConfig& config,
                                      const runtime::NamedTensors& parameters);

/// Writes a backbone's tensors and in the header `format` = "pt", which Python tools expect, and
/// its description under `dbot.config`. No time, host or path in it: equal weights give equal
/// bytes. Throws Error.
void save_backbone(const std::filesystem::path& path, const std::string& description,
                   const runtime::NamedTensors& tensors);

/// Both for an encoder; names that are not of the encoder are left out, and a head with them.
void save_encoder(const std::filesystem::path& path, const EncoderDescription& description,
                  const runtime::NamedTensors& parameters);

struct LoadedEncoder {
  EncoderDescription description;
  runtime::NamedTensors parameters;  // encoder names only
  /// Of a classifier: head.*, where the description has it, and fc_norm.*, whose place in
  /// `parameters` is also `norm.*`.
  runtime::NamedTensors head = {};
  bool own = false;  // dbot wrote the file, and its description with it
};

/// What a file without `dbot.config` cannot say (heads: width/64 if unset; image size: a square
/// grid; epsilon: 1e-6).
struct EncoderHints {
  std::optional<std::int64_t> heads;
  std::optional<core::Size> image_size;
  std::optional<double> layer_norm_eps;
  std::optional<std::string> key;  // the nest to read where a file holds several networks
};

/// Reads an encoder from a weights file of any kind, or from a folder that resolve_model_path
/// knows: see import_encoder, which also reports what was mapped. Decoder tensors are ignored;
/// width, depth, patch, channels and grid follow from the shapes. A missing position table is the
/// sin-cos table of the image size. Parameters come as float32, in memory of their own. Throws
/// DataError for a broken file or one that is not such an encoder, saying which tensor is missing
/// or misshapen.
LoadedEncoder load_encoder(const std::filesystem::path& path, const EncoderHints& hints = {});

/// A frozen network (no gradients) ready to compute on the device. `image_size`: resize the
/// position table to another input size, an absolute one as `positions` says, else in the way of
/// the network's kind. Throws UsageError if the patch size does not divide it.
std::unique_ptr<nn::VisionTransformer> make_encoder(
    const LoadedEncoder& encoder, std::optional<core::Size> image_size = {},
    const runtime::Device& device = {}, std::optional<nn::PositionResize> positions = {});

/// Puts every position table among the tensors of such a network, absolute ones and relative ones,
/// onto another grid, in the way of its kind. Rotary positions have no table.
void resize_positions(runtime::NamedTensors& parameters, const nn::EncoderConfig& config,
                      core::Size to);

/// What people name as a model: a weights file; a run folder (its model.safetensors, else the
/// student of checkpoints/latest, else of the newest checkpoint whose student file is sound); a
/// checkpoint folder (its student); a Hugging Face folder (model.safetensors or pytorch_model.bin,
/// or the index of their parts). Returns the file to load. Throws DataError naming what was looked
/// for.
std::filesystem::path resolve_model_path(const std::filesystem::path& path);

}  // namespace dbot::exchange
