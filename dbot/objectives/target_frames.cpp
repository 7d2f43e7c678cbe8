#include "dbot/objectives/target_frames.h"

#include <ATen/ops/linspace.h>
#include <fmt/format.h>

#include "dbot/core/error.h"

namespace dbot::objectives {

std::vector<std::int64_t> target_frames(std::int64_t frames, std::int64_t predicted,
                                        TargetFrames which) {
  const bool strides = which == TargetFrames::stride;
  const bool fits = predicted >= 1 && predicted <= frames && (!strides || frames % predicted == 0);
  if (!fits) {
    throw UsageError({.operation = "objective",
                      .subject = fmt::format("{} predicted frames of {}", predicted, frames),
                      .fault = Fault::mismatch,
                      .reason = strides ? "are no whole stride apart" : "are not 1 to all of them",
                      .way_out = strides ? "choose a number that divides the frames" : ""});
  }
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(predicted));
  // LibTorch's own rule of single precision decides what is cut down.
  const at::Tensor places = at::linspace(0, frames - 1, predicted, at::kFloat);
  for (std::int64_t i = 0; i < predicted; ++i) {
    numbers[static_cast<std::size_t>(i)] =
        strides ? i * (frames / predicted)
                : static_cast<std::int64_t>(places.const_data_ptr<float>()[i]);
  }
  return numbers;
}

}  // namespace dbot::objectives
