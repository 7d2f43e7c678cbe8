#include "dbot/run/pretrain/pictures.h"

#include <optional>
#include <utility>

#include "dbot/report/pictures/draw_set.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/training_data/batch_parts.h"
#include "dbot/run/training_data/training_images.h"

namespace dbot::run {
namespace {

/// Images to look at, loaded once.
class PictureData {
 public:
  PictureData(Recipe recipe, std::filesystem::path data,
              std::shared_ptr<const data::Dataset> dataset, const TrainingTexts& texts)
      : recipe_(std::move(recipe)), data_(std::move(data)), dataset_(std::move(dataset)) {
    choice_.count = recipe_.report.samples;
    choice_.seed = static_cast<std::uint64_t>(recipe_.train.seed);
    choice_.workers = workers_of(recipe_);
    choice_.parts = shown_parts(recipe_, texts, dataset_->size());
  }

  void load(const core::StopRequest& stop) {
    if (samples) return;
    const auto quiet = core::silent_log();  // the trainer's loader reports bad files
    auto loaded = report::load_picture_samples(dataset_, choice_, stop, quiet);
    if (const auto other = open_held_out_images(data_, recipe_, quiet)) {
      held_out = report::load_picture_samples(other, choice_, stop, quiet);
    }
    samples = std::move(loaded);
  }

  std::optional<report::PictureSamples> samples, held_out;

 private:
  Recipe recipe_;
  std::filesystem::path data_;
  std::shared_ptr<const data::Dataset> dataset_;
  report::SampleChoice choice_;
};

/// What a system shows of itself, where no sample is to be seen.
std::unique_ptr<report::PictureObserver> own_pictures(const Recipe& recipe,
                                                      const std::filesystem::path& run,
                                                      std::shared_ptr<const data::Dataset> dataset,
                                                      const report::DrawSettings& settings,
                                                      const core::StopRequest& stop,
                                                      const core::Log& log) {
  report::PictureSamples samples;
  samples.classes = dataset->classes();
  const auto draw = [=, &stop](const methods::Method& method, const std::filesystem::path& folder,
                               const std::filesystem::path& /*earlier*/) {
    return report::draw_picture_set(method, samples, nullptr, settings, folder, stop);
  };
  return std::make_unique<report::PictureObserver>(run, recipe.report.every_epochs, draw, log);
}

}  // namespace

std::unique_ptr<report::PictureObserver> make_picture_observer(
    const Recipe& recipe, const std::filesystem::path& run, const std::filesystem::path& data,
    std::shared_ptr<const data::Dataset> dataset, const TrainingTexts& texts,
    const core::StopRequest& stop, const core::Log& log) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  const bool without_images = outline.rows || outline.words;
  if (!recipe.report.pictures || !(outline.images || without_images)) return nullptr;
  report::DrawSettings settings;
  settings.look = {recipe.data.mean, recipe.data.std, precision_of(recipe)};
  settings.seed = static_cast<std::uint64_t>(recipe.train.seed);
  settings.channels = recipe.report.channels;
  if (without_images) return own_pictures(recipe, run, std::move(dataset), settings, stop, log);
  const auto images = std::make_shared<PictureData>(recipe, data, std::move(dataset), texts);
  const auto draw = [=, &stop](const methods::Method& method, const std::filesystem::path& folder,
                               const std::filesystem::path& earlier) {
    images->load(stop);
    report::DrawSettings like_earlier = settings;
    like_earlier.earlier = earlier;
    return report::draw_picture_set(method, *images->samples,
                                    images->held_out ? &*images->held_out : nullptr, like_earlier,
                                    folder, stop);
  };
  return std::make_unique<report::PictureObserver>(run, recipe.report.every_epochs, draw, log);
}

}  // namespace dbot::run
