#include "dbot/formats/safetensors/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/formats/mapped_file.h"
#include "dbot/formats/safetensors/safetensors_header.h"

namespace dbot::formats {

/// The mapped file and what its header says.
struct SafetensorsFile::Mapping {
  MappedFile file;
  std::map<std::string, std::string> metadata;
  std::vector<TensorBytes> tensors;
  std::unordered_map<std::string_view, std::size_t> index;  // names live in `tensors`
};

namespace {

constexpr std::uint64_t kLengthBytes = 8;

std::uint64_t little_endian(std::span<const std::byte, kLengthBytes> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return value;
}

/// The header's JSON, once its length is known to lie inside the file.
std::string_view header_of(std::span<const std::byte> bytes) {
  if (bytes.size() < kLengthBytes) {
    throw DataError({.fault = Fault::truncated,
                     .reason = fmt::format("it has {} bytes, expected at least {}", bytes.size(),
                                           kLengthBytes)});
  }
  const std::uint64_t length = little_endian(bytes.first<kLengthBytes>());
  const std::uint64_t rest = bytes.size() - kLengthBytes;
  if (length > kLongestHeader || length > rest) {
    throw DataError({.fault = rest < kLongestHeader ? Fault::truncated : Fault::too_large,
                     .reason = fmt::format(
                         "the header's length is {}, expected at most {}, {}", length,
                         std::min(rest, kLongestHeader),
                         rest < kLongestHeader
                             ? "what the file holds: it was cut short or is no safetensors file"
                             : "the format's limit")});
  }
  const auto text = bytes.subspan(kLengthBytes, length);
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  auto mapping = std::make_unique<Mapping>();
  try {
    mapping->file = MappedFile::open(path);
    const auto bytes = mapping->file.bytes();
    const std::string_view json = header_of(bytes);
    const auto data = bytes.subspan(kLengthBytes + json.size());
    Header header = parse_header(json, data.size());
    mapping->metadata = std::move(header.metadata);
    for (HeaderTensor& tensor : header.tensors) {
      mapping->tensors.push_back({std::move(tensor.name), tensor.type, std::move(tensor.shape),
                                  data.subspan(tensor.begin, tensor.end - tensor.begin)});
    }
  } catch (const DataError& error) {
    throw data_error_about("safetensors", path.string(), error);
  }
  for (std::size_t i = 0; i < mapping->tensors.size(); ++i) {
    mapping->index.emplace(mapping->tensors[i].name, i);
  }
  return SafetensorsFile(std::move(mapping));
}

SafetensorsFile::SafetensorsFile(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

const std::map<std::string, std::string>& SafetensorsFile::metadata() const {
  return mapping_->metadata;
}

const std::vector<TensorBytes>& SafetensorsFile::tensors() const {
  return mapping_->tensors;
}

const TensorBytes* SafetensorsFile::find(std::string_view name) const {
  const auto found = mapping_->index.find(name);
  return found == mapping_->index.end() ? nullptr : &mapping_->tensors[found->second];
}

}  // namespace dbot::formats
