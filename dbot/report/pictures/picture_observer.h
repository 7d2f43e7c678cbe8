#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "dbot/core/log.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/train/observer.h"

namespace dbot::report {

/// Draws into a folder, in colours like those of the `earlier` set's folder, which may be empty;
/// label, moment, step and stage of the result are the observer's. Throws Stopped when the run is
/// asked to stop.
using DrawPictures =
    std::function<PictureSet(const methods::Method&, const std::filesystem::path& folder,
                             const std::filesystem::path& earlier)>;

/// Keeps RUN/pictures/: what the run begins with, every `every_epochs` epochs (0: not), the end of
/// each stage. Pictures that cannot be made are a warning, never the end of a run. On resume sets
/// of later steps are removed, and one that was interrupted is made up for.
class PictureObserver : public train::TrainObserver {
 public:
  PictureObserver(std::filesystem::path run, std::int64_t every_epochs, DrawPictures draw,
                  core::Log log);

  void on_begin(const train::Plan& plan, const train::TrainState& state,
                methods::Method& method) override;
  void on_plan(const train::Plan& plan, const train::TrainState&) override { plan_ = plan; }
  void on_epoch_end(std::int64_t epoch, const train::TrainState& state,
                    methods::Method& method) override;
  void on_stage_end(std::int64_t stage, const train::TrainState& state,
                    methods::Method& method) override;

 private:
  bool ends_stage(const train::TrainState& state) const;
  void draw_unless_there(const NamedMoment& when, const train::TrainState& state,
                         const methods::Method& method);
  /// Runs `work`; what fails is a warning, except a request to stop.
  void try_to(const std::string& what, const std::function<void()>& work) const;

  std::filesystem::path run_;
  std::int64_t every_epochs_;
  DrawPictures draw_;
  core::Log log_;
  train::Plan plan_;
};

}  // namespace dbot::report
