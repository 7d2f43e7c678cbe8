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

#include "dbot/formats/safetensors/safetensors.h"

// Weights files of every kind as one list of named tensors: safetensors; what torch.save writes, as
// a zip file or as the stream of before 2020; TorchScript archives. The kind is told by the
// content. Design goals: nothing in a file is ever executed; every size is checked against the file
// before anything is allocated; opening reads names and shapes alone, data are mapped. Non-goals:
// whole pickled models, compressed archives, quantised and sparse tensors.
namespace dbot::formats {

enum class WeightsContainer { safetensors, torch_zip, torch_legacy, torch_script };

/// "safetensors", "PyTorch zip", …
std::string_view container_name(WeightsContainer container);

/// A tensor as it lies in a file: element i, j, … is at offset + i·strides[0] + j·strides[1] + …
/// elements of `storage`, little-endian, which holds every element. Storages may be shared.
struct StoredTensor {
  std::string name;  // keys from the file's root, joined by dots: "model.blocks.0.norm1.weight"
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> shape, strides;
  std::int64_t offset = 0;
  std::span<const std::byte> storage;

  std::int64_t elements() const;
  /// Row-major, without gaps.
  bool contiguous() const;
};

/// A tensor that is in the file and cannot be read, and why.
struct UnreadTensor {
  std::string name, reason;
};

class WeightsFile {
 public:
  /// Throws DataError, beginning with "[weights] PATH:", for a file of another kind, a broken one,
  /// or one that asks for more than data.
  static WeightsFile open(const std::filesystem::path& path);

  WeightsContainer container() const;
  std::uint64_t size() const;  // bytes
  /// In the file's order.
  const std::vector<StoredTensor>& tensors() const;
  const std::vector<UnreadTensor>& unread() const;
  /// Of a safetensors file, or of a state dict that dbot wrote.
  const std::map<std::string, std::string>& metadata() const;
  /// Everything that is no tensor (arguments, epoch, optimizer settings), as one JSON value. Throws
  /// DataError if it is too large to write out.
  std::string values() const;

  /// Reads the whole storage of a tensor of this file and compares it with its checksum, once; not
  /// from several threads. Throws DataError if it is damaged.
  void verify(const StoredTensor& tensor) const;

  ~WeightsFile();
  WeightsFile(WeightsFile&&) noexcept;
  WeightsFile& operator=(WeightsFile&&) noexcept;

 private:
  struct Content;
  explicit WeightsFile(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

}  // namespace dbot::formats
