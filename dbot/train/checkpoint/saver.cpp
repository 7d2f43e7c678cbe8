#include "dbot/train/checkpoint/saver.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"

namespace dbot::train {
namespace {

constexpr std::int64_t kFirstRetryAfter = 4, kLongestRetryAfter = 64;  // steps

}  // namespace

Saver::Saver(std::filesystem::path folder, CheckpointConfig config, core::Log log)
    : folder_(std::move(folder)), config_(config), log_(std::move(log)) {}

bool Saver::is_due(std::int64_t step, const Plan& plan) const {
  if (step == retry_step_) return true;
  if (config_.every_steps > 0 && step % config_.every_steps == 0) return true;
  return plan.ends_interval(step, config_.every_epochs);
}

std::optional<std::filesystem::path> Saver::attempt(const Checkpoint& checkpoint,
                                                    const std::string& encoder) {
  try {
    auto written = write_checkpoint(folder_, checkpoint, encoder);
    saved_step_ = checkpoint.state.step;
    point_latest(written);
    return written;
  } catch (const Error& problem) {
    problem_ = problem;
    return std::nullopt;
  }
}

std::string Saver::last_good() const {
  return saved_step_ < 0 ? "there is no earlier one"
                         : fmt::format("the last good one is that of step {}", saved_step_);
}

std::optional<std::filesystem::path> Saver::try_to_save(const Checkpoint& checkpoint,
                                                        const std::string& encoder) {
  auto written = attempt(checkpoint, encoder);
  if (written) {
    if (retry_interval_ > 0) {
      log_(core::LogLevel::information,
           fmt::format("checkpoints are written again, from step {}", saved_step_));
    }
    failures_ = {};
    retry_step_ = -1;
    retry_interval_ = 0;
    prune(*written);
    return written;
  }
  retry_interval_ = std::clamp(2 * retry_interval_, kFirstRetryAfter, kLongestRetryAfter);
  retry_step_ = checkpoint.state.step + retry_interval_;
  if (failures_.next()) {
    log_(core::LogLevel::warning,
         fmt::format("{}; {}. Training goes on and it is tried again ({} failed so far)",
                     problem_->what(), last_good(), failures_.count()));
  }
  return std::nullopt;
}

std::filesystem::path Saver::save_or_fail(const Checkpoint& checkpoint, const std::string& encoder,
                                          const core::Patience& patience) {
  auto written = attempt(checkpoint, encoder);
  if (!written) {
    log_(core::LogLevel::warning,
         fmt::format("{}; {}. It is tried for {:.0f} seconds before the run is given up",
                     problem_->what(), last_good(), patience.seconds()));
    patience.until([&] { return (written = attempt(checkpoint, encoder)).has_value(); });
  }
  gave_up_ = !written.has_value();
  if (gave_up_) {
    const std::int64_t lost = checkpoint.state.step - std::max<std::int64_t>(saved_step_, 0);
    ErrorFields fields = problem_->fields();
    fields.reason += fmt::format("; {}, so {} steps are lost", last_good(), lost);
    fields.way_out =
        "make room or mend what is named, then go on with the run: it makes them again with the "
        "same result";
    throw Error(std::move(fields));
  }
  prune(*written);
  return *written;
}

// Many disks have no links (clouds, SMB, exFAT): one note is enough.
void Saver::point_latest(const std::filesystem::path& written) {
  const std::string problem = point_latest_to(written);
  if (problem.empty() || told_of_latest_) return;
  told_of_latest_ = true;
  log_(core::LogLevel::information,
       fmt::format("note: checkpoints/{} can be no link here ({}); nothing depends on it, the "
                   "newest checkpoint is found by its folder",
                   kLatest, problem));
}

// A failure here is a warning: the new checkpoint is good.
void Saver::prune(const std::filesystem::path& current) {
  try {
    prune_checkpoints(current, config_.keep, config_.stage_ends);
  } catch (const std::exception& problem) {
    if (!prune_failures_.next()) return;
    log_(core::LogLevel::warning,
         fmt::format("old checkpoints could not be removed: {}; they take room, nothing else",
                     problem.what()));
  }
}

}  // namespace dbot::train
