#pragma once

namespace dbot::methods {

/// Where a network's first weights come from: the recipe key start.init.
enum class StartKind { random, file };

}  // namespace dbot::methods
