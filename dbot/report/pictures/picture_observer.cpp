#include "dbot/report/pictures/picture_observer.h"

#include <fmt/format.h>

#include <exception>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/method.h"
#include "dbot/report/pictures/set/store.h"
#include "dbot/runtime/tensor_memory.h"

namespace dbot::report {
namespace {

bool is_whole(const std::filesystem::path& folder) {
  try {
    read_picture_set(folder);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// The folder of the newest set before this step; empty if there is none.
std::filesystem::path earlier_set(const std::filesystem::path& run, std::int64_t step) {
  std::filesystem::path earlier;
  for (const PictureSet& set : read_picture_sets(run)) {
    if (set.step < step) earlier = picture_folder(run, set.label);
  }
  return earlier;
}

}  // namespace

PictureObserver::PictureObserver(std::filesystem::path run, std::int64_t every_epochs,
                                 DrawPictures draw, core::Log log)
    : run_(std::move(run)),
      every_epochs_(every_epochs),
      draw_(std::move(draw)),
      log_(std::move(log)) {}

void PictureObserver::on_begin(const train::Plan& plan, const train::TrainState& state,
                               methods::Method& method) {
  plan_ = plan;
  try_to("older pictures could not be removed",
         [&] { remove_later_picture_sets(run_, state.step); });
  if (state.step == 0) {
    draw_unless_there(start_of(method), state, method);
  } else if (ends_stage(state)) {
    // A checkpoint is written before the pictures of its step: they may be missing.
    on_stage_end(state.stage, state, method);
  } else if (plan_.ends_epoch(state.step)) {
    on_epoch_end(plan_.epoch_ended_at(state.step), state, method);
  }
}

void PictureObserver::on_epoch_end(std::int64_t epoch, const train::TrainState& state,
                                   methods::Method& method) {
  if (every_epochs_ <= 0 || epoch % every_epochs_ != 0 || ends_stage(state)) return;
  draw_unless_there(end_of_epoch(epoch), state, method);
}

void PictureObserver::on_stage_end(std::int64_t stage, const train::TrainState& state,
                                   methods::Method& method) {
  draw_unless_there(end_of_stage(stage), state, method);
}

bool PictureObserver::ends_stage(const train::TrainState& state) const {
  return state.step == plan_.end_of(state.stage);
}

void PictureObserver::draw_unless_there(const NamedMoment& when, const train::TrainState& state,
                                        const methods::Method& method) {
  const std::filesystem::path folder = picture_folder(run_, when.label);
  if (is_whole(folder)) return;
  const runtime::WorkApart apart;
  try_to(fmt::format("no pictures of {}", when.label), [&] {
    replace_picture_set(folder, [&](const std::filesystem::path& place) {
      PictureSet set = draw_(method, place, earlier_set(run_, state.step));
      set.label = when.label;
      set.moment = when.moment;
      set.step = state.step;
      set.stage = state.stage;
      return set;
    });
  });
}

void PictureObserver::try_to(const std::string& what, const std::function<void()>& work) const {
  try {
    work();
  } catch (const Stopped&) {
    throw;
  } catch (const std::exception& error) {
    // Errors of the tensor library carry a stack trace behind their first line.
    const std::string_view text = error.what();
    log_(core::LogLevel::warning,
         fmt::format("{}, the run goes on: {}", what, text.substr(0, text.find('\n'))));
  }
}

}  // namespace dbot::report
