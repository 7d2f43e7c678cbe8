#include "dbot/formats/onnx/onnx_write.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/formats/onnx/onnx_messages.h"
#include "dbot/formats/protobuf_writer.h"

namespace dbot::formats {
namespace {

namespace fs = std::filesystem;

// Runtimes need the values of shapes and axes with the graph: only weights go elsewhere.
constexpr std::uint64_t kSmallConstant = 1024;  // bytes
// So that runtimes can map each constant.
constexpr std::uint64_t kPage = 4096;

/// A constant as it stands in the graph: `head`, then its data unless they are elsewhere.
struct Part {
  const OnnxConstant* constant = nullptr;
  std::string head;
  bool elsewhere = false;
};

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::uint64_t next_page(std::uint64_t offset) {
  return (offset + kPage - 1) / kPage * kPage;
}

void write_data(const OnnxConstant& constant, const core::WriteBytes& write) {
  std::uint64_t written = 0;
  constant.write([&](std::span<const std::byte> bytes) {
    written += bytes.size();
    write(bytes);
  });
  if (written != constant.bytes()) {
    throw Error(fmt::format("[onnx] the constant {} gave {} bytes, expected {}", constant.name,
                            written, constant.bytes()));
  }
}

std::vector<Part> parts_inside(const OnnxModel& model) {
  std::vector<Part> parts;
  for (const OnnxConstant& constant : model.constants) {
    const std::string head = onnx_constant_head(constant);
    ProtobufWriter text;
    text.text_head(kOnnxGraphConstant, head.size() + constant.bytes());
    parts.push_back({&constant, text.bytes() + head});
  }
  return parts;
}

std::vector<Part> parts_elsewhere(const OnnxModel& model, const std::string& file) {
  std::vector<Part> parts = parts_inside(model);
  std::uint64_t offset = 0;
  for (Part& part : parts) {
    if (part.constant->bytes() < kSmallConstant) continue;
    ProtobufWriter text;
    text.text(kOnnxGraphConstant, onnx_constant_elsewhere(*part.constant, {file, offset}));
    part.head = text.bytes();
    part.elsewhere = true;
    offset = next_page(offset + part.constant->bytes());
  }
  return parts;
}

/// `model` is the file that names `path`.
std::uint64_t write_data_file(const fs::path& path, const std::vector<Part>& parts,
                              const fs::path& model, const core::OnWritten& written) {
  std::uint64_t offset = 0;
  core::write_file_atomically(path, [&](const core::WriteBytes& plain) {
    const core::WriteBytes write = core::told_writing(plain, written);
    static constexpr std::array<std::byte, kPage> kZeros{};
    for (const Part& part : parts) {
      if (!part.elsewhere) continue;
      write(std::span(kZeros).first(next_page(offset) - offset));
      offset = next_page(offset);
      write_data(*part.constant, write);
      offset += part.constant->bytes();
    }
    core::remove_tree(model);
  });
  return offset;
}

std::uint64_t write_model_file(const fs::path& path, const OnnxModel& model,
                               const std::vector<Part>& parts,
                               const core::OnWritten& written = {}) {
  const std::string graph = onnx_graph(model);
  std::uint64_t size = graph.size();
  for (const Part& part : parts) {
    size += part.head.size() + (part.elsewhere ? 0 : part.constant->bytes());
  }
  ProtobufWriter graph_head;
  graph_head.text_head(kOnnxModelGraph, size);
  const std::string head = onnx_model_head(model) + graph_head.bytes() + graph;
  core::write_file_atomically(path, [&](const core::WriteBytes& plain) {
    const core::WriteBytes write = core::told_writing(plain, written);
    write(bytes_of(head));
    for (const Part& part : parts) {
      write(bytes_of(part.head));
      if (!part.elsewhere) write_data(*part.constant, write);
    }
  });
  return head.size() - graph.size() + size;
}

}  // namespace

fs::path onnx_data_path(const fs::path& model) {
  return model.string() + ".data";
}

OnnxFiles write_onnx(const fs::path& path, const OnnxModel& model, std::uint64_t data_above,
                     const core::OnWritten& written) {
  std::uint64_t data = 0;
  for (const OnnxConstant& constant : model.constants) data += constant.bytes();
  if (data <= data_above) {
    return {path, {}, write_model_file(path, model, parts_inside(model), written)};
  }
  const fs::path data_path = onnx_data_path(path);
  const std::vector<Part> parts = parts_elsewhere(model, data_path.filename().string());
  const std::uint64_t bytes = write_data_file(data_path, parts, path, written);
  return {path, data_path, bytes + write_model_file(path, model, parts)};
}

}  // namespace dbot::formats
