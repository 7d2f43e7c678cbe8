#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace dbot::core {

enum class Counted { images, steps, bytes };

/// How far one pass of long work is. `done` rises to `total`; after that another pass may begin.
struct PassProgress {
  std::int64_t done = 0, total = 0;
  Counted counted = Counted::images;
  std::string doing = {};  // "k-NN"; may be empty
};

/// Is told between the parts of long work, as often as a stop is looked for (stop.h).
using TellProgress = std::function<void(const PassProgress&)>;

}  // namespace dbot::core
