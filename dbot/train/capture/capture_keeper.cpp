#include "dbot/train/capture/capture_keeper.h"

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::train {
namespace {

constexpr std::int64_t kMostCaptures = 3;  // of steps that went wrong

/// Of all files there; what cannot be looked at counts as nothing.
std::int64_t bytes_below(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::int64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code not_known;
    const auto size =
        fs::is_regular_file(entry->status(not_known)) ? entry->file_size(not_known) : 0;
    if (!not_known) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

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
  if (mark_of(again) != step.marks.at(micro)) {
    throw fail(Fault::mismatch, "is another one when it is read again: files have changed since");
  }
  return again;
}

}  // namespace

CaptureKeeper::CaptureKeeper(CaptureSettings settings, CaptureChoice choice, core::Log log)
    : settings_(std::move(settings)), choice_(choice), log_(std::move(log)) {}

bool CaptureKeeper::wants(std::int64_t step, bool skipped) const {
  if (!enabled()) return false;
  if (step == choice_.step) return true;
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
  CapturedStep captured = step.captured;
  require_room(captured, step.marks);
  captured.recipe = settings_.recipe;
  for (const BatchMark& mark : step.marks) captured.record.samples.push_back(names_of(mark));
  std::size_t micro = 0;
  return write_capture(settings_.folder, captured, [&] { return read_marked(step, micro++); });
}

void CaptureKeeper::require_room(const CapturedStep& captured,
                                 const std::vector<BatchMark>& marks) const {
  if (choice_.most_bytes <= 0) return;
  std::int64_t needed = 0;
  for (const auto& [name, tensor] : captured.before.tensors) {
    needed += static_cast<std::int64_t>(tensor.nbytes());
  }
  for (const BatchMark& mark : marks) needed += mark.bytes;
  const std::int64_t used = bytes_below(settings_.folder);
  if (used + needed <= choice_.most_bytes) return;
  constexpr double kMegabyte = 1e6;
  throw Error({.operation = "capture",
               .subject = "the step",
               .fault = Fault::too_large,
               .reason = fmt::format("takes {:.4g} MB, and {:.4g} of the {:.4g} MB of "
                                     "train.capture_bytes are used",
                                     static_cast<double>(needed) / kMegabyte,
                                     static_cast<double>(used) / kMegabyte,
                                     static_cast<double>(choice_.most_bytes) / kMegabyte),
               .way_out = "raise it, or remove captures that are not needed"});
}

std::vector<std::string> CaptureKeeper::names_of(const BatchMark& mark) const {
  std::vector<std::string> names;
  for (const std::int64_t sample : mark.samples) {
    names.push_back(settings_.sample_name ? settings_.sample_name(sample) : std::to_string(sample));
  }
  return names;
}

}  // namespace dbot::train
