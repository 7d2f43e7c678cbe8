#pragma once

#include <cstdint>

namespace dbot::report {

/// Recipe table [report].
struct ReportConfig {
  bool pictures = true;           // at the start and at stage ends
  std::int64_t samples = 256;     // images of the map of the embedding
  std::int64_t every_epochs = 0;  // further pictures inside stages; 0: none
};

}  // namespace dbot::report
