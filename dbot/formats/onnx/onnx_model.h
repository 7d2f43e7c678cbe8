#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "dbot/core/files/files.h"

// A model of the Open Neural Network Exchange as plain data, as much of it as a network without
// control flow needs. Source: onnx/onnx.proto (numbers of types) and onnx/docs/IR.md.
namespace dbot::formats {

enum class OnnxType { float32 = 1, uint8 = 2, int64 = 7 };

/// Bytes of one element.
std::uint64_t element_size(OnnxType type);

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>> value;
};

/// One operation. An input with an empty name is left out.
struct OnnxNode {
  std::string type;  // "MatMul"
  std::string name;
  std::vector<std::string> inputs, outputs;
  std::vector<OnnxAttribute> attributes;
};

/// A number, or the name of an extent that only the input decides ("batch").
using OnnxExtent = std::variant<std::int64_t, std::string>;

/// An input or output of the graph.
struct OnnxValue {
  std::string name;
  OnnxType type = OnnxType::float32;
  std::vector<OnnxExtent> shape;
};

/// A constant. Its bytes (little-endian, row-major) are made when they are written and not before,
/// so that a large model is never in memory twice.
struct OnnxConstant {
  std::string name;
  OnnxType type = OnnxType::float32;
  std::vector<std::int64_t> shape;
  std::function<void(const core::WriteBytes&)> write;

  std::uint64_t bytes() const;
};

struct OnnxModel {
  std::string name;      // of the graph
  std::string producer;  // the program
  std::string producer_version;
  std::int64_t ir_version = 8;
  std::int64_t opset = 17;      // of the standard operators
  std::vector<OnnxNode> nodes;  // each after those whose outputs it takes
  std::vector<OnnxConstant> constants;
  std::vector<OnnxValue> inputs, outputs;
  std::map<std::string, std::string> metadata;
};

}  // namespace dbot::formats
