#include "dbot/data/sources/source_kinds.h"

#include <algorithm>
#include <array>

#include "dbot/core/error.h"
#include "dbot/data/sources/binary/cifar_dataset.h"
#include "dbot/data/sources/binary/idx.h"
#include "dbot/data/sources/binary/idx_dataset.h"
#include "dbot/data/sources/list/list_dataset.h"
#include "dbot/data/sources/list/list_file.h"
#include "dbot/data/sources/pack/pack_dataset.h"
#include "dbot/data/sources/parquet/parquet_dataset.h"
#include "dbot/data/sources/tar/tar_dataset.h"
#include "dbot/data/sources/tar/unpacked_archive.h"

namespace dbot::data {
namespace {

/// Of each part: the images and, where there are any, the labels.
std::vector<std::shared_ptr<const Dataset>> open_idx_parts(const std::vector<PartFiles>& parts,
                                                           const OpenContext&) {
  std::vector<IdxPair> pairs;
  pairs.reserve(parts.size());
  for (const auto& files : parts) {
    pairs.push_back({files.at(0), files.size() > 1 ? files[1] : std::filesystem::path{}});
  }
  return read_idx_pairs(pairs);
}

using Several = SourceKind::Several;

constexpr std::array all_kinds{
    SourceKind{"a pack", is_pack_index_name, Several::nothing,
               "class folders or labels where it is packed from", open_packs},
    SourceKind{"a list of images", is_list_name, Several::by_pattern,
               "a label behind each path, after a comma or a tab", open_lists},
    SourceKind{"tar archives", is_tar_name, Several::by_folder,
               "a .cls file beside each image, or class folders inside", open_tars},
    SourceKind{"CIFAR's binary files", is_cifar_name, Several::by_folder, "CIFAR's labels",
               open_cifar},
    SourceKind{"Parquet files", is_parquet_name, Several::by_folder,
               "a column of labels, named so or a ClassLabel", open_parquets},
    // Last: a file is an IDX file by what it begins with.
    SourceKind{"an IDX file", is_idx_file, Several::nothing,
               "its labels' file beside it, such as train-labels-idx1-ubyte.gz", open_idx_parts}};

}  // namespace

std::span<const SourceKind> source_kinds() {
  return all_kinds;
}

const SourceKind* kind_of(const std::filesystem::path& file) {
  const auto found =
      std::ranges::find_if(all_kinds, [&](const auto& kind) { return kind.accepts(file); });
  return found == all_kinds.end() ? nullptr : &*found;
}

const SourceKind& idx_kind() {
  return all_kinds.back();
}

}  // namespace dbot::data
