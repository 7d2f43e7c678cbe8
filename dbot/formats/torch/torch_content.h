#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dbot/formats/torch/pickle.h"
#include "dbot/formats/torch/weights_file.h"
#include "dbot/formats/torch/zip_file.h"

// What the two containers of torch.save have in common: one pickle, and storages by their keys.
// Everything here throws DataError without a path.
namespace dbot::formats {

struct TorchContent {
  PickleDocument document;
  std::map<std::string, ZipContent, std::less<>> storages;
  WeightsContainer container = WeightsContainer::torch_zip;
};

/// A zip file with NAME/data.pkl and NAME/data/KEY; TorchScript archives have the same two and
/// code.
TorchContent read_torch_zip(std::span<const std::byte> bytes);
/// Five pickles one after the other (magic number, version, machine, data, keys of the storages),
/// then the storages.
TorchContent read_torch_legacy(std::span<const std::byte> bytes);

/// A storage as a tensor names it.
struct StorageReference {
  std::string type_name;  // "torch.FloatStorage"
  std::string key;
  std::uint64_t elements = 0;
  /// Part of the storage that is meant, in elements: of files from before views shared storages.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> view;  // first, count
};
StorageReference storage_reference(const PickleValue& value);

/// Whether a value is what torch writes for a tensor.
bool is_tensor(const PickleValue& value);
/// The tensor, or why it cannot be read (of a kind that is not supported). Throws DataError if it
/// does not fit its storage.
std::variant<StoredTensor, std::string> read_tensor(const PickleValue& value,
                                                    const TorchContent& content);

/// All tensors and arrays of numpy below the root, under their names.
struct TorchTensors {
  std::vector<StoredTensor> tensors;
  std::deque<std::string> texts;  // what some of them point into
  std::vector<UnreadTensor> unread;
};
TorchTensors collect_tensors(const TorchContent& content);

/// Attributes of the root, or of a dictionary in it, whose name begins with "dbot.": texts.
std::map<std::string, std::string> own_attributes(const PickleDocument& document);

/// The document as JSON without its tensors. Throws DataError if that would be too long or too
/// deep.
std::string document_json(const PickleDocument& document);

}  // namespace dbot::formats
