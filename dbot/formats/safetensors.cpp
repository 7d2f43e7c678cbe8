#include "dbot/formats/safetensors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unordered_map>

#include "dbot/core/error.h"
#include "dbot/core/file_descriptor.h"
#include "dbot/formats/safetensors_header.h"

namespace dbot::formats {

/// The mapped file and what its header says.
struct SafetensorsFile::Mapping {
  std::span<const std::byte> bytes;
  std::map<std::string, std::string> metadata;
  std::vector<TensorBytes> tensors;
  std::unordered_map<std::string_view, std::size_t> index;  // names live in `tensors`

  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (!bytes.empty()) ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size());
  }
};

namespace {

constexpr std::uint64_t length_bytes = 8;

std::string system_reason() {
  return std::system_category().message(errno);
}

std::span<const std::byte> map_file(const std::filesystem::path& path) {
  // Without O_NONBLOCK a pipe would wait for its writer.
  const core::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) throw DataError("cannot open it: " + system_reason());
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw DataError("cannot inspect it: " + system_reason());
  if (!S_ISREG(status.st_mode)) throw DataError("it is not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < length_bytes) {
    throw DataError(fmt::format("it has {} bytes, expected at least {}", size, length_bytes));
  }
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) throw DataError("cannot map it: " + system_reason());
  return {static_cast<const std::byte*>(start), size};
}

std::uint64_t little_endian(std::span<const std::byte, length_bytes> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return value;
}

/// The header's JSON, once its length is known to lie inside the file.
std::string_view header_of(std::span<const std::byte> bytes) {
  const std::uint64_t length = little_endian(bytes.first<length_bytes>());
  const std::uint64_t rest = bytes.size() - length_bytes;
  if (length > longest_header || length > rest) {
    throw DataError(fmt::format("the header's length is {}, expected at most {}, {}", length,
                                std::min(rest, longest_header),
                                rest < longest_header ? "what the file holds: it was cut short or "
                                                        "is no safetensors file"
                                                      : "the format's limit"));
  }
  const auto text = bytes.subspan(length_bytes, length);
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  auto mapping = std::make_unique<Mapping>();
  try {
    mapping->bytes = map_file(path);
    const std::string_view json = header_of(mapping->bytes);
    const auto data = mapping->bytes.subspan(length_bytes + json.size());
    Header header = parse_header(json, data.size());
    mapping->metadata = std::move(header.metadata);
    for (HeaderTensor& tensor : header.tensors) {
      mapping->tensors.push_back({std::move(tensor.name), tensor.type, std::move(tensor.shape),
                                  data.subspan(tensor.begin, tensor.end - tensor.begin)});
    }
  } catch (const DataError& error) {
    throw DataError(fmt::format("[safetensors] {}: {}", path.string(), error.what()));
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
