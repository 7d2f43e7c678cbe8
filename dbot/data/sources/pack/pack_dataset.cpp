#include "dbot/data/sources/pack/pack_dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/file_bytes.h"
#include "dbot/data/sources/labels.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> shard_paths(const fs::path& index_path, const PackIndex& index) {
  std::vector<fs::path> paths;
  for (std::size_t i = 0; i < index.shards.size(); ++i) {
    paths.push_back(index_path.parent_path() / pack_shard_name(i));
  }
  return paths;
}

ShardFiles open_shards(const fs::path& index_path, const PackIndex& index) {
  ShardFiles files(shard_paths(index_path, index));
  for (std::size_t i = 0; i < files.count(); ++i) {
    if (files.size(i) == index.shards[i].bytes) continue;
    throw DataError({.operation = "data",
                     .subject = files.path(i).string(),
                     .fault = Fault::mismatch,
                     .reason = fmt::format(": has {} bytes, but its index says {}", files.size(i),
                                           index.shards[i].bytes),
                     .way_out = "copy or pack it again"});
  }
  return files;
}

LabelWords words_of_pack(const PackIndex& index) {
  LabelWords words;
  for (const auto label : index.labels) {
    words.add(label < 0 ? std::string_view{} : index.classes[static_cast<std::size_t>(label)]);
  }
  return words;
}

std::shared_ptr<const Dataset> dataset_of(const fs::path& index_path, PackIndex index,
                                          Labels labels) {
  if (index.images() == 0) {
    throw data_error(index_path.string(), Fault::empty, "holds no image");
  }
  ShardFiles files = open_shards(index_path, index);
  std::vector<fs::path> shown(index.shards.size(), index_path.parent_path());
  return std::make_shared<ShardedDataset>(
      std::move(files),
      ShardedDataset::Index{std::move(shown), std::move(index.places), std::move(index.names),
                            std::move(labels), Content::images});
}

/// What is wrong with a shard; empty if nothing is.
std::string problem_of_shard(const fs::path& path, const PackIndex::Shard& shard) try {
  const auto size = fs::file_size(path);
  if (size != shard.bytes) return fmt::format("has {} bytes, expected {}", size, shard.bytes);
  return core::checksum_of_file(path) == shard.checksum ? ""
                                                        : "is damaged: its checksum does not hold";
} catch (const std::exception& error) {
  return error.what();
}

}  // namespace

bool is_pack_index_name(const fs::path& path) {
  return path.filename() == kPackIndexName;
}

PackIndex read_pack_index(const fs::path& path) {
  std::vector<std::uint8_t> bytes;
  read_file_bytes(path, bytes);
  try {
    return parse_pack_index(std::as_bytes(std::span(bytes)));
  } catch (const DataError& error) {
    throw DataError({.operation = "data",
                     .subject = path.string(),
                     .fault = Fault::corrupt,
                     .reason = error.what()});
  }
}

std::vector<std::shared_ptr<const Dataset>> open_packs(
    const std::vector<std::vector<fs::path>>& parts, const OpenContext&) {
  std::vector<PackIndex> indices;
  std::vector<LabelWords> words;
  bool alike = true;
  for (const auto& part : parts) {
    indices.push_back(read_pack_index(part.front()));
    words.push_back(words_of_pack(indices.back()));
    alike &= indices.back().classes == indices.front().classes;
  }
  auto labels = number_alike(words, alike ? indices.front().classes : std::vector<std::string>{});
  std::vector<std::shared_ptr<const Dataset>> datasets;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    datasets.push_back(dataset_of(parts[i].front(), std::move(indices[i]), std::move(labels[i])));
  }
  return datasets;
}

PackCheck verify_pack(const fs::path& folder, const core::StopRequest& stop) {
  PackCheck check;
  std::vector<std::string> problems;
  bool found = false;
  for (const char* part : {"", "train", "test"}) {
    const fs::path path = folder / part / kPackIndexName;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    found = true;
    const PackIndex index = read_pack_index(path);
    const auto paths = shard_paths(path, index);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (stop.requested()) throw Stopped("[data pack] stopped on request; nothing was changed");
      const auto problem = problem_of_shard(paths[i], index.shards[i]);
      if (!problem.empty()) problems.push_back(fmt::format("{} {}", paths[i].string(), problem));
      check.bytes += index.shards[i].bytes;
    }
    check.images += static_cast<std::int64_t>(index.images());
    check.shards += static_cast<std::int64_t>(index.shards.size());
  }
  if (!found) {
    throw DataError({.operation = "data",
                     .subject = folder.string(),
                     .fault = Fault::mismatch,
                     .reason = fmt::format("is no pack: it has no {}", kPackIndexName)});
  }
  if (problems.empty()) return check;
  throw DataError(
      {.operation = "data",
       .fault = Fault::corrupt,
       .reason = fmt::format("{} of {} shards are not sound; copy or pack them again:\n  {}",
                             problems.size(), check.shards, fmt::join(problems, "\n  "))});
}

}  // namespace dbot::data
