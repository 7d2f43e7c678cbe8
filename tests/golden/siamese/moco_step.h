#pragma once

#include <string>

#include "dbot/methods/siamese/siamese_forward.h"
#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

// The tiny networks of MixMask's and Un-Mix' reference files, and one step of theirs.
namespace dbot::golden {

/// Two convolutions of 6 and 12 channels and a head, as the file's `config` describes them; nothing
/// is mixed.
methods::SiameseConfig moco_config(const Fixture& fixture);

/// Networks and queue with the file's w.*, the key encoder moved as the reference does before it
/// computes keys.
methods::SiameseNetworks read_moco(const Fixture& fixture, const methods::SiameseConfig& config);

/// The step on the file's views.
methods::SiameseForward moco_step(const Fixture& fixture, const methods::SiameseConfig& config,
                                  const methods::SiameseNetworks& networks,
                                  const methods::StepDraws& draws);

/// Loss, gradients and after.*, keys enqueued.
void compare_moco(const Fixture& fixture, const methods::SiameseForward& forward,
                  const methods::SiameseNetworks& networks, Comparison& comparison);

}  // namespace dbot::golden
