#pragma once

#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

namespace dbot::golden {

/// Gradients of a whole dBOT step in bfloat16 beside the file's, of float32: by the project's
/// products on every engine that there is, the emulated one included.
void check_bf16_step(const Fixture& fixture, Comparison& comparison);

}  // namespace dbot::golden
