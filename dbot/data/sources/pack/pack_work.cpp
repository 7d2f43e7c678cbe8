#include "dbot/data/sources/pack/pack_work.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/core/files/system_calls.h"
#include "dbot/data/sources/pack/pack_dataset.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

void append(PackIndex& index, const PackIndex& piece) {
  const auto shard = static_cast<std::uint32_t>(index.shards.size());
  index.shards.push_back(piece.shards.front());
  for (std::size_t i = 0; i < piece.images(); ++i) {
    index.places.push_back({piece.places[i].offset, shard, piece.places[i].bytes});
    index.labels.push_back(piece.labels[i]);
    index.names.add(piece.names[i]);
  }
}

}  // namespace

PackWork::PackWork(fs::path folder) : folder_(std::move(folder)) {
  core::create_folders(folder_);
  std::error_code ignored;
  finished_ = fs::is_regular_file(folder_ / kPackIndexName, ignored);
  if (finished_) index_ = read_pack_index(folder_ / kPackIndexName);
  while (!finished_ && keep_shard(index_.shards.size())) {
  }
  remove_leavings();
}

PackWork::~PackWork() {
  if (!file_.valid()) return;
  std::error_code ignored;
  fs::remove(shard_path(), ignored);  // half a shard is of no use
}

void PackWork::remove_leavings() {
  std::set<fs::path> wanted{folder_ / kPackIndexName};
  for (std::size_t i = 0; i < index_.shards.size(); ++i) {
    wanted.insert(folder_ / pack_shard_name(i));
    if (!finished_) wanted.insert(piece_path(i));
  }
  std::vector<fs::path> leavings;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (!wanted.contains(entry.path())) leavings.push_back(entry.path());
  }
  for (const auto& path : leavings) core::remove_tree(path);
}

fs::path PackWork::shard_path() const {
  return folder_ / pack_shard_name(index_.shards.size());
}

fs::path PackWork::piece_path(std::size_t shard) const {
  return folder_ / fmt::format("piece-{:05}", shard);
}

/// A piece: the index of the next image as text, a line end, an index of one shard.
bool PackWork::keep_shard(std::size_t shard) try {
  std::error_code ignored;
  if (!fs::is_regular_file(piece_path(shard), ignored)) return false;
  const std::string text = core::read_text_file(piece_path(shard));
  const auto line = text.find('\n');
  if (line == std::string::npos) return false;
  std::int64_t next = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + line, next);
  const std::string_view rest = std::string_view(text).substr(line + 1);
  const PackIndex piece = parse_pack_index(std::as_bytes(std::span(rest)));
  if (error != std::errc{} || end != text.data() + line || piece.shards.size() != 1 ||
      fs::file_size(folder_ / pack_shard_name(shard)) != piece.shards[0].bytes) {
    return false;
  }
  append(index_, piece);
  next_ = next;
  return true;
} catch (const std::exception&) {
  return false;  // it is packed again
}

void PackWork::add(std::span<const std::uint8_t> bytes, std::string_view name, std::int32_t label) {
  if (!file_.valid()) {
    file_ = core::open_for_writing(shard_path(), O_CREAT | O_TRUNC);
    piece_ = {};
    shard_bytes_ = 0;
  }
  core::write_all(file_.get(), std::as_bytes(bytes), shard_path());
  piece_.places.push_back({shard_bytes_, 0, static_cast<std::uint32_t>(bytes.size())});
  piece_.labels.push_back(label);
  piece_.names.add(name);
  shard_bytes_ += bytes.size();
}

void PackWork::end_shard(std::int64_t next) {
  core::sync(file_.get(), shard_path());
  piece_.shards = {{shard_bytes_, core::checksum_of_file(shard_path())}};
  // A piece needs a name for each label; the real ones are the same for all shards.
  std::int32_t largest = -1;
  for (const auto label : piece_.labels) largest = std::max(largest, label);
  piece_.classes.resize(static_cast<std::size_t>(std::int64_t{largest} + 1));
  core::write_file_atomically(piece_path(index_.shards.size()),
                              fmt::format("{}\n{}", next, pack_index_bytes(piece_)));
  const core::FileDescriptor done = std::move(file_);
  append(index_, piece_);
  next_ = next;
}

void PackWork::finish(const std::vector<std::string>& classes) {
  index_.classes = classes;
  core::write_file_atomically(folder_ / kPackIndexName, pack_index_bytes(index_));
  for (std::size_t i = 0; i < index_.shards.size(); ++i) core::remove_tree(piece_path(i));
  finished_ = true;
}

}  // namespace dbot::data
