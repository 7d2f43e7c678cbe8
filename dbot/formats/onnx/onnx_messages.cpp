#include "dbot/formats/onnx/onnx_messages.h"

#include <string_view>

#include "dbot/formats/protobuf_writer.h"

namespace dbot::formats {
namespace {

// Field numbers, a namespace a message.
namespace model_field {
constexpr int kIrVersion = 1, kProducer = 2, kProducerVersion = 3, kOpset = 8, kMetadata = 14;
}
namespace opset_field {
constexpr int kDomain = 1, kVersion = 2;
}
namespace graph_field {
constexpr int kNode = 1, kName = 2, kInput = 11, kOutput = 12;
}
namespace node_field {
constexpr int kInput = 1, kOutput = 2, kName = 3, kType = 4, kAttribute = 5;
}
namespace attribute_field {
constexpr int kName = 1, kNumber = 2, kInteger = 3, kText = 4, kIntegers = 8, kType = 20;
}
namespace tensor_field {
constexpr int kExtent = 1, kType = 2, kName = 8, kRawData = 9, kExternal = 13, kLocation = 14;
}
namespace value_field {
constexpr int kName = 1, kType = 2;
}
namespace type_field {
constexpr int kTensor = 1, kElement = 1, kShape = 2, kDimension = 1, kExtent = 1, kExtentName = 2;
}
namespace pair_field {
constexpr int kKey = 1, kValue = 2;
}

constexpr std::uint64_t kLocationElsewhere = 1;

std::uint64_t wire(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

std::string pair(std::string_view key, std::string_view value) {
  ProtobufWriter writer;
  writer.text(pair_field::kKey, key);
  writer.text(pair_field::kValue, value);
  return writer.bytes();
}

/// Writes an attribute's value and says of which type it is.
struct AttributeValue {
  ProtobufWriter& writer;

  std::uint64_t operator()(float value) const {
    writer.fixed32(attribute_field::kNumber, value);
    return 1;
  }
  std::uint64_t operator()(std::int64_t value) const {
    writer.varint(attribute_field::kInteger, wire(value));
    return 2;
  }
  std::uint64_t operator()(const std::string& value) const {
    writer.text(attribute_field::kText, value);
    return 3;
  }
  std::uint64_t operator()(const std::vector<std::int64_t>& values) const {
    for (const std::int64_t value : values) writer.varint(attribute_field::kIntegers, wire(value));
    return 7;
  }
};

std::string message(const OnnxAttribute& attribute) {
  ProtobufWriter writer;
  writer.text(attribute_field::kName, attribute.name);
  const std::uint64_t type = std::visit(AttributeValue{writer}, attribute.value);
  writer.varint(attribute_field::kType, type);
  return writer.bytes();
}

std::string message(const OnnxNode& node) {
  ProtobufWriter writer;
  for (const std::string& input : node.inputs) writer.text(node_field::kInput, input);
  for (const std::string& output : node.outputs) writer.text(node_field::kOutput, output);
  writer.text(node_field::kName, node.name);
  writer.text(node_field::kType, node.type);
  for (const OnnxAttribute& attribute : node.attributes) {
    writer.text(node_field::kAttribute, message(attribute));
  }
  return writer.bytes();
}

std::string message(const OnnxExtent& extent) {
  ProtobufWriter writer;
  if (const auto* name = std::get_if<std::string>(&extent)) {
    writer.text(type_field::kExtentName, *name);
  } else {
    writer.varint(type_field::kExtent, wire(std::get<std::int64_t>(extent)));
  }
  return writer.bytes();
}

std::string message(const OnnxValue& value) {
  ProtobufWriter shape;
  for (const OnnxExtent& extent : value.shape) shape.text(type_field::kDimension, message(extent));
  ProtobufWriter tensor;
  tensor.varint(type_field::kElement, wire(static_cast<std::int64_t>(value.type)));
  tensor.text(type_field::kShape, shape.bytes());
  ProtobufWriter type;
  type.text(type_field::kTensor, tensor.bytes());
  ProtobufWriter writer;
  writer.text(value_field::kName, value.name);
  writer.text(value_field::kType, type.bytes());
  return writer.bytes();
}

ProtobufWriter constant_without_data(const OnnxConstant& constant) {
  ProtobufWriter writer;
  for (const std::int64_t extent : constant.shape) {
    writer.varint(tensor_field::kExtent, wire(extent));
  }
  writer.varint(tensor_field::kType, wire(static_cast<std::int64_t>(constant.type)));
  writer.text(tensor_field::kName, constant.name);
  return writer;
}

}  // namespace

std::string onnx_constant_head(const OnnxConstant& constant) {
  ProtobufWriter writer = constant_without_data(constant);
  writer.text_head(tensor_field::kRawData, constant.bytes());
  return writer.bytes();
}

std::string onnx_constant_elsewhere(const OnnxConstant& constant, const OnnxDataPlace& place) {
  ProtobufWriter writer = constant_without_data(constant);
  writer.text(tensor_field::kExternal, pair("location", place.file));
  writer.text(tensor_field::kExternal, pair("offset", std::to_string(place.offset)));
  writer.text(tensor_field::kExternal, pair("length", std::to_string(constant.bytes())));
  writer.varint(tensor_field::kLocation, kLocationElsewhere);
  return writer.bytes();
}

std::string onnx_graph(const OnnxModel& model) {
  ProtobufWriter writer;
  for (const OnnxNode& node : model.nodes) writer.text(graph_field::kNode, message(node));
  writer.text(graph_field::kName, model.name);
  for (const OnnxValue& input : model.inputs) writer.text(graph_field::kInput, message(input));
  for (const OnnxValue& output : model.outputs) writer.text(graph_field::kOutput, message(output));
  return writer.bytes();
}

std::string onnx_model_head(const OnnxModel& model) {
  ProtobufWriter opset;
  opset.text(opset_field::kDomain, "");  // the standard operators
  opset.varint(opset_field::kVersion, wire(model.opset));
  ProtobufWriter writer;
  writer.varint(model_field::kIrVersion, wire(model.ir_version));
  writer.text(model_field::kProducer, model.producer);
  writer.text(model_field::kProducerVersion, model.producer_version);
  writer.text(model_field::kOpset, opset.bytes());
  for (const auto& [key, value] : model.metadata) {
    writer.text(model_field::kMetadata, pair(key, value));
  }
  return writer.bytes();
}

}  // namespace dbot::formats
