#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dbot::report {

/// What the progress line says. Negative: not known, left out.
struct ProgressFigures {
  std::int64_t stage = 1, stages = 1;  // counted from 1
  double epoch = 0, epochs = 0;        // over the whole run
  std::int64_t step = 0, steps = 0;
  std::int64_t micro_batch = 0, micro_batches = 0;  // of the step under way; 0 between steps
  double loss = -1;
  double gradient_norm = -1;
  double learning_rate = -1;
  double images_per_second = -1;
  double data_wait_fraction = -1;
  double batches_ready = -1;       // of those that are loaded ahead
  std::int64_t batches_ahead = 0;  // the most; 0: nothing is loaded ahead
  double seconds_left = -1;
  std::int64_t skipped_steps = 0;
};

/// "stage 1/2  epoch 3.4/10  step 120/400 + 5/32  loss 0.3412  grad 1.23  lr 1.2e-04  850 images/s
/// data wait 3%  queue 1.8/2  left 4m12s", without the least important parts where `columns` has no
/// room for them (0: no limit).
std::string progress_text(const ProgressFigures& figures, int columns);

/// "12s", "4m12s", "1h03m", "2d05h".
std::string duration_text(double seconds);

/// Text with every control character but line ends replaced, so that a file name cannot steer a
/// terminal.
std::string printable(std::string_view text);

}  // namespace dbot::report
