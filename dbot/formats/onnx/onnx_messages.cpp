#include "dbot/formats/onnx/onnx_messages.h"

#include <string_view>

#include "dbot/formats/protobuf_writer.h"

namespace dbot::formats {
namespace {

// Field numbers, a namespace a message.
namespace model_field {
constexpr int ir_version = 1, producer = 2, producer_version = 3, opset = 8, metadata = 14;
}
namespace opset_field {
constexpr int domain = 1, version = 2;
}
namespace graph_field {
constexpr int node = 1, name = 2, input = 11, output = 12;
}
namespace node_field {
constexpr int input = 1, output = 2, name = 3, type = 4, attribute = 5;
}
namespace attribute_field {
constexpr int name = 1, number = 2, integer = 3, text = 4, integers = 8, type = 20;
}
namespace tensor_field {
constexpr int extent = 1, type = 2, name = 8, raw_data = 9, external = 13, location = 14;
}
namespace value_field {
constexpr int name = 1, type = 2;
}
namespace type_field {
constexpr int tensor = 1, element = 1, shape = 2, dimension = 1, extent = 1, extent_name = 2;
}
namespace pair_field {
constexpr int key = 1, value = 2;
}

constexpr std::uint64_t kLocationElsewhere = 1;

std::uint64_t wire(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

std::string pair(std::string_view key, std::string_view value) {
  ProtobufWriter writer;
  writer.text(pair_field::key, key);
  writer.text(pair_field::value, value);
  return writer.bytes();
}

/// Writes an attribute's value and says of which type it is.
struct AttributeValue {
  ProtobufWriter& writer;

  std::uint64_t operator()(float value) const {
    writer.fixed32(attribute_field::number, value);
    return 1;
  }
  std::uint64_t operator()(std::int64_t value) const {
    writer.varint(attribute_field::integer, wire(value));
    return 2;
  }
  std::uint64_t operator()(const std::string& value) const {
    writer.text(attribute_field::text, value);
    return 3;
  }
  std::uint64_t operator()(const std::vector<std::int64_t>& values) const {
    for (const std::int64_t value : values) writer.varint(attribute_field::integers, wire(value));
    return 7;
  }
};

std::string message(const OnnxAttribute& attribute) {
  ProtobufWriter writer;
  writer.text(attribute_field::name, attribute.name);
  const std::uint64_t type = std::visit(AttributeValue{writer}, attribute.value);
  writer.varint(attribute_field::type, type);
  return writer.bytes();
}

std::string message(const OnnxNode& node) {
  ProtobufWriter writer;
  for (const std::string& input : node.inputs) writer.text(node_field::input, input);
  for (const std::string& output : node.outputs) writer.text(node_field::output, output);
  writer.text(node_field::name, node.name);
  writer.text(node_field::type, node.type);
  for (const OnnxAttribute& attribute : node.attributes) {
    writer.text(node_field::attribute, message(attribute));
  }
  return writer.bytes();
}

std::string message(const OnnxExtent& extent) {
  ProtobufWriter writer;
  if (const auto* name = std::get_if<std::string>(&extent)) {
    writer.text(type_field::extent_name, *name);
  } else {
    writer.varint(type_field::extent, wire(std::get<std::int64_t>(extent)));
  }
  return writer.bytes();
}

std::string message(const OnnxValue& value) {
  ProtobufWriter shape;
  for (const OnnxExtent& extent : value.shape) shape.text(type_field::dimension, message(extent));
  ProtobufWriter tensor;
  tensor.varint(type_field::element, wire(static_cast<std::int64_t>(value.type)));
  tensor.text(type_field::shape, shape.bytes());
  ProtobufWriter type;
  type.text(type_field::tensor, tensor.bytes());
  ProtobufWriter writer;
  writer.text(value_field::name, value.name);
  writer.text(value_field::type, type.bytes());
  return writer.bytes();
}

ProtobufWriter constant_without_data(const OnnxConstant& constant) {
  ProtobufWriter writer;
  for (const std::int64_t extent : constant.shape) {
    writer.varint(tensor_field::extent, wire(extent));
  }
  writer.varint(tensor_field::type, wire(static_cast<std::int64_t>(constant.type)));
  writer.text(tensor_field::name, constant.name);
  return writer;
}

}  // namespace

std::string onnx_constant_head(const OnnxConstant& constant) {
  ProtobufWriter writer = constant_without_data(constant);
  writer.text_head(tensor_field::raw_data, constant.bytes());
  return writer.bytes();
}

std::string onnx_constant_elsewhere(const OnnxConstant& constant, const OnnxDataPlace& place) {
  ProtobufWriter writer = constant_without_data(constant);
  writer.text(tensor_field::external, pair("location", place.file));
  writer.text(tensor_field::external, pair("offset", std::to_string(place.offset)));
  writer.text(tensor_field::external, pair("length", std::to_string(constant.bytes())));
  writer.varint(tensor_field::location, kLocationElsewhere);
  return writer.bytes();
}

std::string onnx_graph(const OnnxModel& model) {
  ProtobufWriter writer;
  for (const OnnxNode& node : model.nodes) writer.text(graph_field::node, message(node));
  writer.text(graph_field::name, model.name);
  for (const OnnxValue& input : model.inputs) writer.text(graph_field::input, message(input));
  for (const OnnxValue& output : model.outputs) writer.text(graph_field::output, message(output));
  return writer.bytes();
}

std::string onnx_model_head(const OnnxModel& model) {
  ProtobufWriter opset;
  opset.text(opset_field::domain, "");  // the standard operators
  opset.varint(opset_field::version, wire(model.opset));
  ProtobufWriter writer;
  writer.varint(model_field::ir_version, wire(model.ir_version));
  writer.text(model_field::producer, model.producer);
  writer.text(model_field::producer_version, model.producer_version);
  writer.text(model_field::opset, opset.bytes());
  for (const auto& [key, value] : model.metadata) {
    writer.text(model_field::metadata, pair(key, value));
  }
  return writer.bytes();
}

}  // namespace dbot::formats
