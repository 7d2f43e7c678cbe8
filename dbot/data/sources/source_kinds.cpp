#include "dbot/data/sources/source_kinds.h"

#include <algorithm>
#include <array>

#include "dbot/core/error.h"
#include "dbot/data/sources/binary/cifar_dataset.h"
#include "dbot/data/sources/binary/idx.h"
#include "dbot/data/sources/binary/idx_dataset.h"
#include "dbot/data/sources/folder/open_folders.h"
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

bool is_no_file(const std::filesystem::path&) {
  return false;
}

constexpr std::array kAllKinds{
    SourceKind{"folder", "a folder of images", is_no_file, Several::nothing,
               "one folder a class, under train/ and val/ or test/, or under the folder itself",
               open_folders, /*parts_inside=*/false, /*videos=*/true},
    SourceKind{"pack", "a pack", is_pack_index_name, Several::nothing,
               "class folders or labels where it is packed from", open_packs},
    SourceKind{"list", "a list of images", is_list_name, Several::by_pattern,
               "a label behind each path, after a comma or a tab", open_lists,
               /*parts_inside=*/false, /*videos=*/true},
    SourceKind{"tar", "tar archives", is_tar_name, Several::by_folder,
               "a .cls file beside each image, or class folders inside", open_tars,
               /*parts_inside=*/true, /*videos=*/true},
    SourceKind{"cifar", "CIFAR's binary files", is_cifar_name, Several::by_folder, "CIFAR's labels",
               open_cifar},
    SourceKind{"parquet", "Parquet files", is_parquet_name, Several::by_folder,
               "a column of labels, named so or a ClassLabel", open_parquets},
    // Last: a file is an IDX file by what it begins with.
    SourceKind{"idx", "an IDX file", is_idx_file, Several::nothing,
               "its labels' file beside it, such as train-labels-idx1-ubyte.gz", open_idx_parts}};

}  // namespace

std::span<const SourceKind> source_kinds() {
  return kAllKinds;
}

const SourceKind* kind_of(const std::filesystem::path& file) {
  const auto found =
      std::ranges::find_if(kAllKinds, [&](const auto& kind) { return kind.accepts(file); });
  return found == kAllKinds.end() ? nullptr : &*found;
}

const SourceKind& folder_kind() {
  return kAllKinds.front();
}

const SourceKind& idx_kind() {
  return kAllKinds.back();
}

}  // namespace dbot::data
