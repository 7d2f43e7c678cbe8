#include "dbot/report/terminal/progress.h"

#include <cmath>
#include <utility>

namespace dbot::report {
namespace {

constexpr std::string_view line_start = "\r";
constexpr std::string_view clear_to_end = "\x1b[K";

// Ends of epochs are told early, but none so soon after the last line: small sets have thousands.
constexpr double epoch_end_share = 0.5;

}  // namespace

void Progress::RunningMean::add(double value) {
  sum += share * (value - sum);
  weight += share * (1 - weight);
}

Progress::Progress(ProgressOptions options, std::function<void(std::string_view)> write,
                   std::function<double()> clock)
    : options_(options), write_(std::move(write)), clock_(std::move(clock)) {}

Progress::~Progress() {
  try {
    finish();
  } catch (...) {  // a closed stderr is no reason to end the program
  }
}

void Progress::message(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string output;
  if (on_line_) output.append(line_start).append(clear_to_end);
  output += printable(text);
  if (!output.ends_with('\n')) output += '\n';
  if (on_line_) output += line_;
  write_(output);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  finish_line();
}

void Progress::finish_line() {
  if (on_line_) write_("\n");
  on_line_ = false;
}

void Progress::on_begin(const train::Plan& plan, const train::TrainState& state, methods::Method&) {
  const std::lock_guard lock(mutex_);
  figures_ = {};
  take(plan);
  figures_.stage = state.stage + 1;
  figures_.step = state.step;
  figures_.epoch = plan.epochs_at(state.step);
}

void Progress::on_plan(const train::Plan& plan, const train::TrainState&) {
  const std::lock_guard lock(mutex_);
  take(plan);
}

void Progress::take(const train::Plan& plan) {
  figures_.stages = plan.stages();
  figures_.steps = plan.total_steps();
  figures_.epochs = plan.epochs_at(plan.total_steps());
}

void Progress::measure(const train::StepRecord& record) {
  if (figures_.stage != record.state.stage + 1) loss_ = {};  // another student, another loss
  figures_.stage = record.state.stage + 1;
  figures_.step = record.state.step;
  figures_.micro_batch = 0;
  figures_.epoch = record.epoch;
  figures_.skipped_steps = record.state.skipped_steps;
  figures_.learning_rate = record.learning_rate;
  if (!record.skipped && std::isfinite(record.loss)) loss_.add(record.loss);
  if (std::isfinite(record.gradient_norm)) figures_.gradient_norm = record.gradient_norm;
  seconds_.add(record.seconds);
  images_.add(static_cast<double>(record.images));
  waited_.add(record.data_wait_seconds);
  ready_.add(record.batches_ready);
  figures_.batches_ready = ready_.value();
  figures_.batches_ahead = record.batches_ahead;
  figures_.loss = loss_.value();
  if (seconds_.value() <= 0) return;
  figures_.images_per_second = images_.value() / seconds_.value();
  figures_.data_wait_fraction = waited_.value() / seconds_.value();
  figures_.seconds_left = seconds_.value() * static_cast<double>(figures_.steps - figures_.step);
}

void Progress::measure(const train::StepProgress& progress) {
  figures_.stage = progress.state.stage + 1;
  figures_.micro_batch = progress.done;
  figures_.micro_batches = progress.of;
  if (seconds_.weight > 0 || progress.seconds <= 0) return;
  if (std::isfinite(progress.loss)) figures_.loss = progress.loss;
  figures_.images_per_second = static_cast<double>(progress.images) / progress.seconds;
  const double of_a_step =
      progress.seconds * static_cast<double>(progress.of) / static_cast<double>(progress.done);
  figures_.seconds_left =
      of_a_step * static_cast<double>(figures_.steps - figures_.step) - progress.seconds;
}

double Progress::interval() const {
  return options_.is_tty ? options_.seconds_between_updates : options_.seconds_between_lines;
}

void Progress::draw(double least_seconds) {
  const double now = clock_();
  if (ever_drawn_ && now - drawn_at_ < least_seconds) return;
  const bool there_already =
      drawn_step_ == figures_.step && drawn_micro_batch_ == figures_.micro_batch;
  if (!options_.is_tty && there_already) return;
  ever_drawn_ = true;
  drawn_at_ = now;
  drawn_step_ = figures_.step;
  drawn_micro_batch_ = figures_.micro_batch;
  if (!options_.is_tty) {
    write_(progress_text(figures_, 0) + "\n");
    return;
  }
  // One column less: a full line would wrap.
  line_ = progress_text(figures_, options_.columns > 1 ? options_.columns - 1 : 1);
  write_(std::string(line_start) + line_ + std::string(clear_to_end));
  on_line_ = true;
}

void Progress::on_micro_batch(const train::StepProgress& progress, methods::Method&) {
  if (progress.done == progress.of) return;  // the step follows
  const std::lock_guard lock(mutex_);
  measure(progress);
  if (progress.seconds >= interval()) draw(interval());  // quick steps need no such lines
}

void Progress::on_step(const train::StepRecord& record, methods::Method&) {
  const std::lock_guard lock(mutex_);
  measure(record);
  draw(interval());
}

void Progress::on_epoch_end(std::int64_t, const train::TrainState&, methods::Method&) {
  const std::lock_guard lock(mutex_);
  draw(options_.is_tty ? interval() : interval() * epoch_end_share);
}

void Progress::on_stage_end(std::int64_t, const train::TrainState&, methods::Method&) {
  const std::lock_guard lock(mutex_);
  draw(0);
  finish_line();  // the last line of each stage stays readable
}

void Progress::on_end(const train::TrainState&, methods::Method&) {
  const std::lock_guard lock(mutex_);
  finish_line();
}

}  // namespace dbot::report
