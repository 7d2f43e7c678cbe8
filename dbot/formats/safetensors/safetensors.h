#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/files/told_writing.h"

// The safetensors container (huggingface/safetensors): 8 bytes little-endian header length, a JSON
// header, then the data. Reading validates everything before it allocates or touches data: length,
// JSON, names, types, shapes (overflow), offsets inside the file, contiguous without gaps or
// overlap.
namespace dbot::formats {

enum class ElementType {
  float64,
  float32,
  float16,
  bfloat16,
  int64,
  int32,
  int16,
  int8,
  uint8,
  uint16,
  uint32,
  uint64,
  boolean,
  float8_e5m2,
  float8_e4m3,
  complex64,
};

/// The most dimensions of a tensor that any reader takes: ATen's own limit.
inline constexpr std::size_t kMostDimensions = 64;

/// Bytes of one element.
std::size_t element_size(ElementType type);
/// The container's spelling: "F32", "BF16", "I64", …
std::string_view element_name(ElementType type);

/// A tensor inside a file or memory that must outlive it; row-major, little-endian. `data` of a
/// file has no alignment guarantee.
struct TensorBytes {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;
};

/// A read-only, memory-mapped safetensors file.
class SafetensorsFile {
 public:
  /// Throws dbot::DataError with the path and what is wrong.
  static SafetensorsFile open(const std::filesystem::path& path);

  const std::map<std::string, std::string>& metadata() const;
  /// In the order of their data.
  const std::vector<TensorBytes>& tensors() const;
  /// Null if there is none of that name.
  const TensorBytes* find(std::string_view name) const;

  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

 private:
  struct Mapping;
  explicit SafetensorsFile(std::unique_ptr<Mapping> mapping);
  std::unique_ptr<Mapping> mapping_;
};

/// Writes and fsyncs a file; equal input gives equal bytes. Tensors stand in the given order, data
/// aligned to 64 bytes by padding of the header. The rename into place is the caller's choice:
/// `replace` writes aside and renames, and tells `written`, which may be empty.
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       std::span<const TensorBytes> tensors, bool replace = true,
                       const core::OnWritten& written = {});

}  // namespace dbot::formats
