#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "dbot/exchange/video/clip_description.h"
#include "dbot/nn/clip/clip_encoder.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// Whether a weights file of ours holds an encoder of clips, by its description.
bool holds_clips(const std::filesystem::path& file);

/// What such a file says of itself; nothing where it holds something else. Reads no tensor. Throws
/// DataError for a description that is broken.
std::optional<ClipDescription> describe_clips(const std::filesystem::path& file);

struct LoadedClips {
  ClipDescription description;
  std::unique_ptr<nn::ClipEncoder> network;  // frozen, on the device
};

/// Reads such a file. `image_size`: of its frames, where it is to be another than the file's
/// (nn/clip/resize_clip_positions.h). Throws DataError for a file that is broken, naming the
/// tensor, UsageError for a size that the patches do not divide.
LoadedClips load_clips(const std::filesystem::path& file, std::optional<core::Size> image_size = {},
                       const runtime::Device& device = {});

/// The tensors of an MAE-ST by our names, from a weights file of any kind: ours, a checkpoint's
/// student, or published ones (video/mae_st_names.h). Throws DataError for a broken file.
runtime::NamedTensors read_mae_st(const std::filesystem::path& file);

}  // namespace dbot::exchange
