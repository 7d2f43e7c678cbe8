#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <set>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/formats/safetensors/safetensors.h"
#include "dbot/formats/safetensors/safetensors_header.h"
#include "dbot/formats/safetensors/safetensors_json.h"

namespace dbot::formats {
namespace {

constexpr std::size_t alignment = 64;

void check_tensors(std::span<const TensorBytes> tensors) {
  std::set<std::string_view> names;
  for (const TensorBytes& tensor : tensors) {
    if (tensor.name == metadata_key || !names.insert(tensor.name).second) {
      throw Error(fmt::format("the name \"{}\" is reserved or given twice", tensor.name));
    }
    const auto bytes = byte_count(tensor.type, tensor.shape);
    if (bytes != tensor.data.size()) {
      throw Error(fmt::format("tensor \"{}\" has {} bytes of data, which do not fill {} [{}]",
                              tensor.name, tensor.data.size(), element_name(tensor.type),
                              fmt::join(tensor.shape, ", ")));
    }
  }
}

/// Length and header, padded with blanks (which readers skip) so that the data begin aligned.
std::string preamble(const std::map<std::string, std::string>& metadata,
                     std::span<const TensorBytes> tensors) {
  std::string header = write_header(metadata, tensors);
  constexpr std::size_t size_of_length = 8;
  const std::size_t ragged = (size_of_length + header.size()) % alignment;
  if (ragged != 0) header.append(alignment - ragged, ' ');
  if (header.size() > longest_header) {
    throw Error(
        fmt::format("the header has {} bytes, expected at most {}", header.size(), longest_header));
  }
  std::string text;
  for (std::size_t i = 0; i < size_of_length; ++i) {
    text += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  }
  return text + header;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       std::span<const TensorBytes> tensors, bool replace) {
  std::string head;
  try {
    check_tensors(tensors);
    head = preamble(metadata, tensors);
  } catch (const Error& error) {
    throw Error(fmt::format("[safetensors] cannot write {}: {}", path.string(), error.what()));
  }
  std::vector<std::span<const std::byte>> parts{std::as_bytes(std::span(head))};
  for (const TensorBytes& tensor : tensors) parts.push_back(tensor.data);
  if (replace) {
    core::write_file_atomically(path, parts);
  } else {
    core::write_file_synced(path, parts);
  }
}

}  // namespace dbot::formats
