#include "dbot/data/sources/tar/sharded_dataset.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/scratch.h"
#include "dbot/data/video/video_place.h"

namespace dbot::data {

ShardedDataset::ShardedDataset(ShardFiles files, Index index)
    : files_(std::move(files)), index_(std::move(index)) {}

void ShardedDataset::read(std::int64_t index, Sample& sample) const {
  const ShardPlace& place = index_.places.at(static_cast<std::size_t>(index));
  sample.begin(name(index));
  if (index_.content == Content::videos) {
    const auto path = files_.path(place.shard).string();
    put_video(video_within(path, place.offset, place.bytes, sample.name()), sample.add(kVideoPart));
    return;
  }
  auto& bytes = sample.add(kImagePart).own_encoded();
  if (place.bytes == 0) throw data_error(name(index), Fault::empty, "is empty");
  room(bytes, place.bytes);
  bytes.resize(place.bytes);
  files_.read(place.shard, place.offset, bytes);
}

std::int64_t ShardedDataset::label(std::int64_t index) const {
  return index_.labels.classes.empty()
             ? -1
             : index_.labels.of_sample.at(static_cast<std::size_t>(index));
}

std::string ShardedDataset::name(std::int64_t index) const {
  const auto& place = index_.places.at(static_cast<std::size_t>(index));
  return (index_.shown.at(place.shard) / key(index)).string();
}

std::string ShardedDataset::key(std::int64_t index) const {
  return std::string(index_.names[static_cast<std::size_t>(index)]);
}

std::int64_t ShardedDataset::stored_bytes(std::int64_t index) const {
  return index_.places.at(static_cast<std::size_t>(index)).bytes;
}

}  // namespace dbot::data
