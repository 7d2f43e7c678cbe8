#include "dbot/run/stored/reconstruct.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/text/captions/captions.h"
#include "dbot/report/pictures/draw_set.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/stored/picture_folder.h"
#include "dbot/run/stored/stored_method.h"
#include "dbot/run/training_data/batch_parts.h"
#include "dbot/run/training_data/training_images.h"

namespace dbot::run {
namespace {

void check(const ReconstructOptions& options) {
  if (options.images < 1 || options.images > kMostReconstructed) {
    throw UsageError(
        {.operation = "reconstruct",
         .subject = "the number of images",
         .reason = fmt::format("is {}, expected 1 to {}", options.images, kMostReconstructed)});
  }
  check_picture_folder(options.out);
}

/// Where captions come from; nothing for a run that reads none.
std::string captions_for(const Recipe& recipe, const ReconstructOptions& options) {
  const auto texts = methods::catalogue::outline(recipe.method).texts;
  const bool reads_captions = texts && texts->captions > 0;
  if (!options.captions.empty() && !reads_captions) {
    throw UsageError({.operation = "reconstruct",
                      .subject = "the captions",
                      .fault = Fault::unsupported,
                      .reason = fmt::format("are to come from {}, but {} was trained without any",
                                            options.captions, options.model.string()),
                      .way_out = "leave them out"});
  }
  if (!options.captions.empty() || !reads_captions) return options.captions;
  return texts->captions_path;
}

std::shared_ptr<const data::Dataset> open_images(const Recipe& recipe,
                                                 const ReconstructOptions& options,
                                                 const core::StopRequest& stop,
                                                 const core::Log& log) {
  const std::string captions = captions_for(recipe, options);
  const data::OpenContext context{.log = log, .stop = &stop, .content = content_of(recipe)};
  if (captions.empty()) return data::open(options.data, data::Wanted::train, context).train;
  try {
    return data::open_with_captions(options.data, data::Wanted::train, captions, context).train;
  } catch (const DataError& problem) {
    if (!options.captions.empty()) throw;
    log(core::LogLevel::information,
        fmt::format("the images are shown without captions: {}", problem.what()));
  }
  return data::open(options.data, data::Wanted::train, context).train;
}

report::PictureSamples samples_for(const StoredMethod& stored, const ReconstructOptions& options,
                                   const core::StopRequest& stop, const core::Log& log) {
  const Recipe& recipe = stored.recipe;
  report::SampleChoice choice;
  choice.count = options.images;
  choice.seed = options.seed;
  choice.workers = options.workers;
  const auto dataset = open_images(recipe, options, stop, log);
  choice.parts = shown_parts(recipe, stored.texts, dataset->size());
  return report::load_picture_samples(dataset, choice, stop, log);
}

}  // namespace

report::PictureSet reconstruct(const ReconstructOptions& options, const core::StopRequest& stop,
                               const core::Log& log) {
  check(options);
  const StoredMethod stored = load_stored_method(options.model, log);
  const Recipe& recipe = stored.recipe;
  const bool clips = methods::catalogue::outline(recipe.method).clips.has_value();
  if (!stored.method->images() && !stored.method->mixtures() && !clips) {
    throw UsageError(ErrorFields{.operation = "reconstruct",
                                 .subject = options.model.string(),
                                 .fault = Fault::unsupported,
                                 .reason = "predicts no masked images, expected a run that does"});
  }
  const report::PictureSamples samples = samples_for(stored, options, stop, log);
  report::DrawSettings settings;
  settings.look.mean = recipe.data.mean;
  settings.look.std = recipe.data.std;
  settings.look.precision = asked_precision(options.precision, recipe, log);
  settings.look.seconds = std::numeric_limits<double>::infinity();
  settings.seed = options.seed;
  settings.shown = options.images;
  settings.channels = recipe.report.channels;
  prepare_picture_folder(options.out);
  report::PictureSet set =
      report::draw_picture_set(*stored.method, samples, nullptr, settings, options.out, stop);
  set.step = stored.state.step;
  set.stage = stored.state.stage;
  set.label = fmt::format("stage {}, step {}", set.stage + 1, set.step);
  report::write_picture_set(options.out, set);
  return set;
}

}  // namespace dbot::run
