#include "dbot/run/stored/reconstruct.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/sources/folder/own_output.h"
#include "dbot/data/sources/open.h"
#include "dbot/report/pictures/draw_set.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/stored/stored_method.h"

namespace dbot::run {
namespace {

namespace fs = std::filesystem;

void check(const ReconstructOptions& options) {
  if (options.images < 1 || options.images > kMostReconstructed) {
    throw UsageError(
        {.operation = "reconstruct",
         .subject = "the number of images",
         .reason = fmt::format("is {}, expected 1 to {}", options.images, kMostReconstructed)});
  }
  std::error_code error;
  if (!fs::exists(options.out, error)) return;
  if (!fs::is_directory(options.out, error)) {
    throw UsageError({.operation = "reconstruct",
                      .subject = options.out.string(),
                      .fault = Fault::unsupported,
                      .reason = "is a file, expected a folder"});
  }
  if (!fs::is_empty(options.out, error) && !fs::exists(options.out / "pictures.json", error)) {
    throw UsageError({.operation = "reconstruct",
                      .subject = options.out.string(),
                      .fault = Fault::occupied,
                      .reason = "holds other files, expected a new or empty folder, or one with "
                                "earlier pictures"});
  }
}

/// A folder without pictures.json is not taken for a set until the new one is whole. The note keeps
/// half a set from being taken for data.
void prepare(const fs::path& out) {
  std::error_code error;
  fs::create_directories(out, error);
  if (!error) data::write_output_note(out, "reconstruct");
  if (!error) fs::remove(out / "pictures.json", error);
  if (error) {
    throw Error({.operation = "reconstruct",
                 .subject = out.string(),
                 .fault = Fault::unreadable,
                 .reason = ": " + error.message()});
  }
}

report::PictureSamples samples_for(const Recipe& recipe, const ReconstructOptions& options,
                                   const core::StopRequest& stop, const core::Log& log) {
  report::SampleChoice choice;
  choice.count = options.images;
  choice.seed = options.seed;
  const nn::ImageInput images = image_input(recipe, "reconstruct");
  choice.image_size = images.size;
  choice.channels = static_cast<int>(images.channels);
  choice.values = data::range_of(recipe.data.value_range);
  choice.workers = options.workers;
  return report::load_picture_samples(data::open_images(options.data, log), choice, stop, log);
}

}  // namespace

report::PictureSet reconstruct(const ReconstructOptions& options, const core::StopRequest& stop,
                               const core::Log& log) {
  check(options);
  const StoredMethod stored = load_stored_method(options.model, log);
  const Recipe& recipe = stored.recipe;
  if (!stored.method->images()) {
    throw UsageError(ErrorFields{.operation = "reconstruct",
                                 .subject = options.model.string(),
                                 .fault = Fault::unsupported,
                                 .reason = "predicts no masked images, expected a run that does"});
  }
  const report::PictureSamples samples = samples_for(recipe, options, stop, log);
  const auto asked = options.precision == runtime::PrecisionRequest::automatic
                         ? recipe.train.precision
                         : options.precision;
  report::DrawSettings settings;
  settings.look.mean = recipe.data.mean;
  settings.look.std = recipe.data.std;
  settings.look.precision = runtime::resolve_precision(asked, log);
  settings.look.seconds = std::numeric_limits<double>::infinity();
  settings.seed = options.seed;
  settings.shown = options.images;
  settings.channels = recipe.report.channels;
  prepare(options.out);
  report::PictureSet set =
      report::draw_picture_set(*stored.method, samples, nullptr, settings, options.out, stop);
  set.step = stored.state.step;
  set.stage = stored.state.stage;
  set.label = fmt::format("stage {}, step {}", set.stage + 1, set.step);
  report::write_picture_set(options.out, set);
  return set;
}

}  // namespace dbot::run
