#pragma once

#include <cstdint>
#include <string>

#include "dbot/formats/onnx/onnx_model.h"

// The messages of an ONNX file as bytes of protocol buffers, apart from the constants' data.
// Source: onnx/onnx.proto (field numbers).
namespace dbot::formats {

/// Where in a second file the data of a constant stand.
struct OnnxDataPlace {
  std::string file;  // its name, beside the model
  std::uint64_t offset = 0;
};

/// TensorProto without its last field's content: `constant.bytes()` bytes of raw data follow.
std::string onnx_constant_head(const OnnxConstant& constant);
/// TensorProto whose data are elsewhere; whole.
std::string onnx_constant_elsewhere(const OnnxConstant& constant, const OnnxDataPlace& place);
/// GraphProto without its constants, which are to follow as texts of `kOnnxGraphConstant`.
std::string onnx_graph(const OnnxModel& model);
/// ModelProto without its graph, which is to follow as a text of `kOnnxModelGraph`.
std::string onnx_model_head(const OnnxModel& model);

inline constexpr int kOnnxGraphConstant = 5;
inline constexpr int kOnnxModelGraph = 7;

}  // namespace dbot::formats
