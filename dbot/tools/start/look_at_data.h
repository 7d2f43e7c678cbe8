#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/start/start_facts.h"

namespace dbot::tools {

/// What was seen of a data set, and the images to train on.
struct DataLook {
  run::StartData data;
  std::shared_ptr<const data::Dataset> images;
  std::string trouble;  // with values of more than 8 bits; empty: none
};

/// Opens the sources as a run of `recipe` does (data.leave_out, evaluate.labels, data.value_range),
/// and looks at a sample: headers of some hundred images, pixels of as many as `seconds` allow.
/// `channels`: as in model.channels; 0: what most images have, grey as RGB. Labels that cannot be
/// used count as none: the run says why. Throws DataError where there is no data set, Stopped.
DataLook look_at_data(const std::vector<std::filesystem::path>& sources, const run::Recipe& recipe,
                      std::int64_t channels, double seconds, const core::StopRequest& stop,
                      const core::Log& log);

}  // namespace dbot::tools
