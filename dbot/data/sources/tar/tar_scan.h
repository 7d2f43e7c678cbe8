#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/tar/shard_files.h"
#include "dbot/data/sources/tar/sharded_dataset.h"

namespace dbot::data {

/// The images of one tar archive, in its order, by the convention of WebDataset
/// (webdataset.github.io): files of a sample follow each other and share the name up to the first
/// dot of its last part; "KEY.cls" holds its label, "KEY.json" too, as {"label": …}.
struct TarScan {
  core::TextList names;
  std::vector<ShardPlace> places;
  std::vector<std::string> labels;  // of each image; empty where the archive has none
  bool labelled = false;            // any of them has a label
  /// Images that belong to another of their sample: KEY.mask.png beside KEY.jpg, or KEY.npy.
  std::int64_t companions = 0;
  std::int64_t other_files = 0, links = 0;
  std::string first_other;
  bool ended_by_mark = false;
};

/// Hidden files are passed over, as in folders. Throws DataError naming the archive.
TarScan scan_tar(const ShardFiles& files, std::uint32_t shard);

}  // namespace dbot::data
