#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/progress.h"
#include "dbot/core/stop.h"
#include "dbot/data/audit/set_split.h"

namespace dbot::data {

struct DataSplitOptions {
  std::filesystem::path data, out;  // `out`: a new or empty folder
  data::SetSplitConfig split;
  bool keep_copies_together = false;  // reads every image
  data::CopiesConfig copies;
  std::filesystem::path leave_out;  // a list as data check writes it; empty: none
  bool links = false;               // folders of symbolic links in place of lists
  int workers = 1;
};

struct DataSplit {
  std::int64_t train = 0, val = 0, test = 0, left_out = 0, groups = 0;
  std::vector<std::filesystem::path> written;
};

/// Divides a data set: train.csv, val.csv and test.csv with paths relative to `out`, or folders of
/// these names with links. Images that cannot be read go where they are drawn to, as others do.
/// `tell` may be empty. Throws UsageError, DataError and Error as its parts do, and Stopped on
/// request.
DataSplit split_data_set(const DataSplitOptions& options, const core::TellProgress& tell,
                         const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::data
