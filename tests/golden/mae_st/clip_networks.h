#pragma once

#include "dbot/nn/clip/config.h"
#include "tests/golden/harness/fixture.h"

namespace dbot::golden {

/// The network of a file of MAE-ST.
nn::ClipConfig clip_config(const Fixture& fixture);

}  // namespace dbot::golden
