#include "dbot/runtime/cuda/failure.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace dbot::runtime::cuda {
namespace {

/// LibTorch appends advice and a stack trace.
std::string first_line(const c10::Error& error) {
  const std::string_view text = error.what_without_backtrace();
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

std::optional<ErrorFields> failure_of(const std::exception& exception) {
  if (const auto* full = dynamic_cast<const c10::OutOfMemoryError*>(&exception)) {
    return ErrorFields{.operation = "memory",
                       .subject = "the GPU",
                       .fault = Fault::too_large,
                       .reason = fmt::format("has not enough memory: {}", first_line(*full)),
                       .way_out =
                           "lower train.batch_size and raise train.accumulate, or choose a "
                           "smaller image size or model"};
  }
  if (const auto* broken = dynamic_cast<const c10::AcceleratorError*>(&exception)) {
    return ErrorFields{
        .operation = "cuda",
        .subject = "the GPU",
        .fault = Fault::unreadable,
        .reason =
            fmt::format("fails with error {} ({})", broken->get_error_code(), first_line(*broken)),
        .way_out =
            "see what nvidia-smi and the kernel's log (dmesg, \"Xid\") say, and go on from "
            "the last checkpoint"};
  }
  return std::nullopt;
}

}  // namespace dbot::runtime::cuda
