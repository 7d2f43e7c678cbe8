#pragma once

#include <ATen/Parallel.h>

#include <ctime>

namespace dbot::report {

/// How long this process has computed: its processor time divided by its compute threads. On an
/// idle machine that is the wall time; other load does not count, so that what is measured by it
/// hardly depends on who else is there.
class WorkClock {
 public:
  double seconds() const {
    const auto ticks = static_cast<double>(std::clock() - begin_);
    return ticks / static_cast<double>(CLOCKS_PER_SEC) / at::get_num_threads();
  }

 private:
  std::clock_t begin_ = std::clock();
};

}  // namespace dbot::report
