#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/progress.h"
#include "dbot/core/stop.h"
#include "dbot/data/audit/caption_statistics.h"
#include "dbot/data/audit/set_statistics.h"
#include "dbot/data/loader/statistics.h"

namespace dbot::data {

struct DataStatisticsOptions {
  std::filesystem::path data;  // see data::AuditedSet
  int workers = 1;
  int channels = 0;            // as in model.channels; 0: what most images have
  std::int64_t images = 1024;  // whose pixels are measured, drawn by `seed`
  std::uint64_t seed = 0;
  std::string captions = {};              // of the images, "beside" or a file; empty: none
  std::filesystem::path vocabulary = {};  // whose tokens of captions are counted; empty: none
};

struct DataStatistics {
  std::vector<std::string> parts;
  data::SetStatistics set;
  int channels = 3;
  data::PixelStatistics pixels;                    // of the first part, the one that is trained on
  std::int64_t measured = 0;                       // images
  std::optional<CaptionStatistics> captions = {};  // where they were asked for
};

/// Reads the header of every image, and the pixels of some. Mean and deviation are those that a run
/// measures by itself. `tell` may be empty. Throws DataError where there is no data set, no image
/// or none of the files named can be read, and Stopped on request.
DataStatistics measure_data_set(const DataStatisticsOptions& options,
                                const core::TellProgress& tell, const core::StopRequest& stop,
                                const core::Log& log);

}  // namespace dbot::data
