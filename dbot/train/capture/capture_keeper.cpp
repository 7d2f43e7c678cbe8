#include "dbot/train/capture/capture_keeper.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::train {
namespace {

constexpr std::int64_t kMostCaptures = 3;  // of steps that went wrong

/// Micro-batch number `micro` of the step once more. Throws DataError if it is another one now.
MicroBatch read_marked(const StepToKeep& step, std::size_t micro) {
  const auto fail = [&](Fault fault, std::string reason) {
    return DataError({.operation = "capture",
                      .subject = fmt::format("micro-batch {} of {}", micro + 1, step.marks.size()),
                      .fault = fault,
                      .reason = std::move(reason)});
  };
  MicroBatch again;
  try {
    again = step.read_again();
  } catch (const std::exception& problem) {
    throw fail(Fault::unreadable, fmt::format("cannot be read again: {}", problem.what()));
  }
  if (mark_of(again.batch) != step.marks.at(micro)) {
    throw fail(Fault::mismatch, "is another one when it is read again: files have changed since");
  }
  return again;
}

}  // namespace

CaptureKeeper::CaptureKeeper(CaptureSettings settings, std::int64_t asked_for, core::Log log)
    : settings_(std::move(settings)), asked_for_(asked_for), log_(std::move(log)) {}

bool CaptureKeeper::wants(std::int64_t step, bool skipped) const {
  if (!enabled()) return false;
  if (step == asked_for_) return true;
  return skipped && std::ssize(list_checkpoints(settings_.folder)) < kMostCaptures;
}

void CaptureKeeper::keep(const StepToKeep& step) const {
  try {
    const std::string folder = write(step).string();
    log_(core::LogLevel::information,
         fmt::format("step {} is kept: dbot replay {} repeats it", step.step, folder));
  } catch (const std::exception& problem) {
    log_(core::LogLevel::warning,
         fmt::format("step {} could not be kept for dbot replay: {}", step.step, problem.what()));
  }
}

std::filesystem::path CaptureKeeper::write(const StepToKeep& step) const {
  CapturedStep captured = step.describe();
  captured.recipe = settings_.recipe;
  for (const BatchMark& mark : step.marks) captured.record.samples.push_back(names_of(mark));
  std::size_t micro = 0;
  return write_capture(settings_.folder, captured, [&] { return read_marked(step, micro++); });
}

std::vector<std::string> CaptureKeeper::names_of(const BatchMark& mark) const {
  std::vector<std::string> names;
  for (const std::int64_t sample : mark.samples) {
    names.push_back(settings_.sample_name ? settings_.sample_name(sample) : std::to_string(sample));
  }
  return names;
}

}  // namespace dbot::train
