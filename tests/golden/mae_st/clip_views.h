#pragma once

#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

namespace dbot::golden {

/// Which frames and which part of them a clip has: view.*, rrc.*, crop.* and repeat.*.
void check_clip_views(const Fixture& fixture, Comparison& comparison);

}  // namespace dbot::golden
