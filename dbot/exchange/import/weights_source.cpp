#include "dbot/exchange/import/weights_source.h"

#include <fmt/format.h>

#include <set>

#include "dbot/core/error.h"
#include "dbot/exchange/element_types.h"
#include "dbot/exchange/json_file.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;

// Tied and expanded tensors make a network larger than its file; a hostile file could name one
// storage a million times.
constexpr std::uint64_t kMostCopies = 8;
constexpr std::uint64_t kFreeBytes = 1 << 20;

/// Shards by name, with the tensors that should be in them. They are files of the same folder.
std::map<std::string, std::vector<std::string>> read_index(const fs::path& path) {
  const nlohmann::json index = read_json_file(path);
  const auto found = index.find("weight_map");
  if (found == index.end() || !found->is_object() || found->empty()) {
    throw DataError(
        {.operation = "weights",
         .subject = path.string(),
         .fault = Fault::missing,
         .reason = ": weight_map is missing, expected the index of a weights file in parts"});
  }
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& [tensor, file] : found->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos) {
      throw DataError(
          {.operation = "weights",
           .subject = path.string(),
           .fault = Fault::missing,
           .reason = fmt::format(": {} is in no file beside it, expected a file name", tensor)});
    }
    shards[name].push_back(tensor);
  }
  return shards;
}

}  // namespace

WeightsSource WeightsSource::open(const fs::path& path) {
  WeightsSource source;
  source.path_ = path;
  if (path.extension() != ".json") {
    source.add(path);
    return source;
  }
  for (const auto& [shard, tensors] : read_index(path)) {
    source.add(path.parent_path() / shard);
    for (const std::string& tensor : tensors) {
      const auto place = source.places_.find(tensor);
      if (place == source.places_.end() || place->second.file + 1 != source.files_.size()) {
        throw DataError({.operation = "weights",
                         .subject = path.string(),
                         .fault = Fault::missing,
                         .reason = fmt::format(": {} should be in {}, but is not", tensor, shard)});
      }
    }
  }
  return source;
}

void WeightsSource::add(const fs::path& path) {
  const formats::WeightsFile& file = files_.emplace_back(formats::WeightsFile::open(path));
  paths_.push_back(path);
  for (std::size_t i = 0; i < file.tensors().size(); ++i) {
    if (!places_.emplace(file.tensors()[i].name, Place{files_.size() - 1, i}).second) {
      throw DataError(
          {.operation = "weights",
           .subject = path.string(),
           .fault = Fault::mismatch,
           .reason = fmt::format(": {} is in another part too", file.tensors()[i].name)});
    }
  }
  unread_.insert(unread_.end(), file.unread().begin(), file.unread().end());
}

std::string_view WeightsSource::container() const {
  return formats::container_name(files_.front().container());
}

const std::map<std::string, std::string>& WeightsSource::metadata() const {
  return files_.front().metadata();
}

std::vector<std::string> WeightsSource::names() const {
  std::vector<std::string> names;
  for (const auto& [name, place] : places_) names.push_back(name);
  return names;
}

runtime::NamedTensors WeightsSource::read(const std::vector<std::string>& names) const {
  std::uint64_t held = 0;
  for (const formats::WeightsFile& file : files_) held += file.size();
  const std::uint64_t most = kMostCopies * held + kFreeBytes;
  std::uint64_t copied = 0;
  runtime::NamedTensors tensors;
  for (const std::string& name : names) {
    const auto place = places_.find(name);
    if (place == places_.end()) {
      throw DataError({.operation = "weights",
                       .subject = path_.string(),
                       .fault = Fault::missing,
                       .reason = fmt::format(": {} is missing", name)});
    }
    const formats::WeightsFile& file = files_[place->second.file];
    const formats::StoredTensor& stored = file.tensors()[place->second.tensor];
    // Extents were checked to count in 63 bits, bytes included.
    copied += static_cast<std::uint64_t>(stored.elements()) * formats::element_size(stored.type);
    if (copied > most) {
      throw DataError(
          {.operation = "weights",
           .subject = path_.string(),
           .fault = Fault::too_large,
           .reason = fmt::format(
               ": the tensors up to {} would take {} bytes, which is more than {} times the file",
               name, copied, kMostCopies)});
    }
    file.verify(stored);
    tensors.emplace(name, copy_of(stored));
  }
  return tensors;
}

}  // namespace dbot::exchange
