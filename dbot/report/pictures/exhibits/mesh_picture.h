#pragma once

#include <cstdint>

#include "dbot/data/image/image.h"
#include "dbot/methods/exhibits.h"

namespace dbot::report {

/// Solids side by side, each in a square of `side` pixels: seen in parallel projection from the
/// front, the right and above, at one scale for all, lit from the viewer's left. Both sides of a
/// triangle are seen. Vertices that are not finite take their triangles with them.
data::Image mesh_picture(const methods::Meshes& meshes, std::int64_t side);

}  // namespace dbot::report
