#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/image/unread_images.h"
#include "dbot/data/sources/content.h"
#include "dbot/data/sources/label_reader.h"
#include "dbot/data/sources/tar/shard_files.h"
#include "dbot/data/sources/tar/sharded_dataset.h"

namespace dbot::data {

/// The images or videos of one tar archive, in its order, by the convention of WebDataset
/// (webdataset.github.io): files of a sample share the name up to the first dot of its last part;
/// "KEY.cls" holds its label, "KEY.json" too, as {"label": …}. Where base names hold dots, what
/// stands before the last one tells first. Files of a sample usually follow each other; those that
/// do not are found by name.
struct TarScan {
  core::TextList names;
  std::vector<ShardPlace> places;
  std::vector<std::string> labels;  // of each image; empty where the archive has none
  bool labelled = false;            // any of them has a label
  /// Images that belong to another of their sample: KEY.mask.png beside KEY.jpg, or KEY.npy.
  std::int64_t companions = 0;
  std::int64_t other_files = 0, links = 0;
  std::string first_other;
  UnreadImages unread_images;    // of the other files
  std::int64_t lone_labels = 0;  // .cls files that belong to no image
  std::string first_lone_label;
  LabelReader odd_labels;          // what names no class
  std::int64_t archives = 1;       // that lie one behind the other
  std::uint64_t unread_bytes = 0;  // behind the end mark
  bool ended_by_mark = false;
};

/// Hidden files are passed over, as in folders. Throws DataError naming the archive.
TarScan scan_tar(const ShardFiles& files, std::uint32_t shard, Content content = Content::images);

}  // namespace dbot::data
