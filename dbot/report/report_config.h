#pragma once

#include <cstdint>
#include <vector>

namespace dbot::report {

/// Recipe table [report].
struct ReportConfig {
  bool pictures = true;           // at the start and at stage ends
  std::int64_t samples = 256;     // images of the map of the embedding
  std::int64_t every_epochs = 0;  // further pictures inside stages; 0: none
  /// Channels that pictures show as red, green and blue, or one as grey; empty: the first three.
  std::vector<std::int64_t> channels;
};

}  // namespace dbot::report
