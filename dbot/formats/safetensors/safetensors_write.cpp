#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <set>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/formats/little_endian.h"
#include "dbot/formats/safetensors/safetensors.h"
#include "dbot/formats/safetensors/safetensors_header.h"
#include "dbot/formats/safetensors/safetensors_json.h"

namespace dbot::formats {
namespace {

constexpr std::size_t kDataAlignment = 64;

void check_tensors(std::span<const TensorBytes> tensors) {
  std::set<std::string_view> names;
  for (const TensorBytes& tensor : tensors) {
    if (tensor.name == kMetadataKey || !names.insert(tensor.name).second) {
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
  constexpr int kSizeOfLength = 8;
  const std::size_t ragged = (kSizeOfLength + header.size()) % kDataAlignment;
  if (ragged != 0) header.append(kDataAlignment - ragged, ' ');
  if (header.size() > kLongestHeader) {
    throw Error(
        fmt::format("the header has {} bytes, expected at most {}", header.size(), kLongestHeader));
  }
  std::string text;
  append_little_endian(text, header.size(), kSizeOfLength);
  return text + header;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       std::span<const TensorBytes> tensors, bool replace,
                       const core::OnWritten& written) {
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
    core::write_file_atomically(path, [&](const core::WriteBytes& write) {
      const core::WriteBytes told = core::told_writing(write, written);
      for (const auto part : parts) told(part);
    });
  } else {
    core::write_file_synced(path, parts);
  }
}

}  // namespace dbot::formats
