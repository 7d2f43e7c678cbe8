#pragma once

#include <cstdint>
#include <filesystem>

#include "dbot/core/files/told_writing.h"
#include "dbot/formats/onnx/onnx_model.h"

namespace dbot::formats {

/// Constants of more bytes than this all together do not go into the model's file: a message of
/// protocol buffers ends at 2 GiB, and the graph needs its share.
inline constexpr std::uint64_t kLargestOnnxFile = 2'000'000'000;

struct OnnxFiles {
  std::filesystem::path model;
  std::filesystem::path data;  // empty: the model's file holds everything
  std::uint64_t bytes = 0;     // of both
};

/// The file that holds the constants of a model that does not: "vit.onnx" → "vit.onnx.data".
std::filesystem::path onnx_data_path(const std::filesystem::path& model);

/// Writes `model`, each file in one step; equal models give equal bytes. Constants of more than
/// `data_above` bytes go into a second file beside it, which must stay there under its name. An
/// older model at `path` is gone before data are replaced that it names, and not before all new
/// data are written. `written` is told while weights are; what it throws leaves everything as it
/// was. It may be empty. Throws Error with the path and the reason.
OnnxFiles write_onnx(const std::filesystem::path& path, const OnnxModel& model,
                     std::uint64_t data_above = kLargestOnnxFile,
                     const core::OnWritten& written = {});

}  // namespace dbot::formats
