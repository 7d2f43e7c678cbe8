#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "dbot/core/progress.h"
#include "dbot/core/stop.h"
#include "dbot/exchange/export/export_format.h"
#include "dbot/exchange/export/network_weights.h"
#include "dbot/exchange/onnx/onnx_encoder.h"

namespace dbot::exchange {

struct ExportOptions {
  std::filesystem::path out;
  ExportFormat format = ExportFormat::safetensors;
  OnnxPixels pixels = OnnxPixels::normalised;  // of an ONNX graph
  bool external_data = false;                  // of an ONNX graph: weights in a file of their own
};

struct Exported {
  std::int64_t tensors = 0;  // weights that were written
  std::uint64_t bytes = 0;   // of all files
  std::string snippet;       // a Python program that loads it
};

/// Throws UsageError if the format has no place for this kind of network, its decoder or its
/// sizes.
/// Writes nothing.
void check_export(const NetworkWeights& network, ExportFormat format);

/// Hands a network to other tools: float32, equal networks give equal bytes, what was at `out` is
/// replaced. `progress` is told of the bytes that are written; may be empty. Throws UsageError as
/// above, Stopped on request, which leaves what was there, and Error with the path and the reason.
Exported export_network(const NetworkWeights& network, const ExportOptions& options,
                        const core::StopRequest& stop = {},
                        const core::TellProgress& progress = {});

}  // namespace dbot::exchange
