#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/core/text_list.h"
#include "dbot/data/sources/folder/folder_index.h"

namespace dbot::data {

/// What lies under a folder. Hidden files and folders are passed over; symbolic links are followed,
/// each folder is entered once (so loops end), by its own path rather than through a link.
struct FolderScan {
  core::TextList images;  // relative to the folder, sorted byte-wise
  std::int64_t other_files = 0;
  std::string first_other;           // the first of them, byte-wise
  UnreadImages unread;               // of the other files
  std::vector<std::string> outputs;  // folders that dbot wrote, sorted; nothing of them is counted
  std::size_t folders = 0;           // entered
  std::size_t read = 0;              // of these, without the help of an index
};

struct ScanOptions {
  /// Where indexes are kept (folder_index.h); empty: nowhere, every folder is read.
  std::filesystem::path index_folder = default_index_folder();
  std::int64_t least_indexed = 10'000;  // smaller folders are read as fast without
  /// A folder that changed less than so long before it was read is read again next time: the times
  /// of file systems are coarse.
  double settled_seconds = 2;
  int threads = 0;  // 0: by the number of cores
  const core::StopRequest* stop = nullptr;
  /// Indexes are of images; other folders are read as they are.
  Content content = Content::images;
};

/// Folders that may not be read are named in the log and left out. With an index, only folders are
/// read whose entries changed since the last scan; the result is the same. An index that cannot be
/// read or written is as if there were none. Throws Stopped when asked to stop.
FolderScan scan_folder(const std::filesystem::path& root, const core::Log& log,
                       const ScanOptions& options = {});

}  // namespace dbot::data
