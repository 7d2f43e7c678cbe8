#include "dbot/report/pictures/draw_set.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"
#include "dbot/report/pictures/compared.h"
#include "dbot/report/pictures/exhibits/draw_gallery.h"
#include "dbot/report/pictures/health.h"
#include "dbot/report/pictures/map/embedding_map.h"
#include "dbot/report/pictures/map/neighbours.h"
#include "dbot/report/pictures/masked_pictures.h"
#include "dbot/report/pictures/tensor_image.h"
#include "dbot/report/pictures/token_pictures.h"

namespace dbot::report {
namespace {

constexpr std::int64_t kLeastOnMap = 16;  // fewer points make no map

void leave_if_stopped(const core::StopRequest& stop) {
  if (stop.requested()) throw Stopped("[pictures] stopped on request");
}

/// The first images of a prediction.
methods::MaskedPrediction first_of(methods::MaskedPrediction prediction, std::int64_t count) {
  for (at::Tensor* tensor :
       {&prediction.images, &prediction.mask, &prediction.prediction, &prediction.target}) {
    *tensor = tensor->narrow(0, 0, count);
  }
  return prediction;
}

/// How many images the set before compared; 0: there is none, or it compared none.
std::int64_t compared_before(const std::filesystem::path& earlier) {
  if (earlier.empty()) return 0;
  const double images = read_picture_set(earlier).health.compared.images;
  return std::isfinite(images) ? static_cast<std::int64_t>(images) : 0;
}

/// What is drawn, and where it goes.
struct Drawing {
  const PictureSamples& samples;
  const PictureSamples* held_out;  // may be null
  const DrawSettings& settings;
  PicturePlaces places;
  at::Tensor colours;  // of the shown samples, as people see them
  LossMeasure measure;
  const core::StopRequest& stop;
};

void draw_predictions(const methods::ImageCapability& images, const Drawing& drawing,
                      PictureSet& set) {
  const auto& [samples, held_out, settings, places, colours, measure, stop] = drawing;
  const auto prediction = predict_samples(images, samples, measure, stop);
  const std::int64_t drawn = std::min(colours.size(0), prediction.images.size(0));
  set.groups.push_back(draw_masked_pictures(first_of(prediction, drawn),
                                            colours.narrow(0, 0, drawn), samples.names, places,
                                            settings.channels));
  set.health.training_loss = methods::masked_loss(prediction);
  measure_prediction(prediction, set.health);
  if (held_out == nullptr) return measure_inside(prediction, set.health.compared);
  const auto of_others = predict_samples(images, *held_out, measure, stop);
  set.health.held_out_loss = methods::masked_loss(of_others);
  measure_inside(of_others, set.health.compared);
}

void draw_map(const Drawing& drawing, const at::Tensor& features,
              const std::filesystem::path& folder, PictureSet& set) {
  const auto& [samples, held_out, settings, places, colours, measure, stop] = drawing;
  PictureSamples seen = samples;
  seen.images = shown_channels(samples.images, settings.channels);
  set.map = draw_embedding_map(seen, features, folder, stop);
  set.neighbours = nearest_neighbours(features, settings.queries, settings.nearest);
  const at::Tensor looked_at = samples.images.narrow(0, 0, features.size(0));
  set.pixel_neighbours =
      nearest_neighbours(raw_pixel_rows(looked_at), settings.queries, settings.nearest);
}

}  // namespace

PictureSet draw_picture_set(const methods::Method& method, const PictureSamples& samples,
                            const PictureSamples* held_out, const DrawSettings& settings,
                            const std::filesystem::path& folder, const core::StopRequest& stop) {
  const c10::NoGradGuard no_graph;
  PictureSet set;
  if (method.backbone().input().row_width > 0) {
    // There is nothing to see of a row; the method shows itself.
    methods::GalleryContext context;
    context.classes = samples.classes;
    set.gallery = draw_gallery(method.gallery({}, context), folder, settings.channels);
    return set;
  }
  const std::int64_t shown = std::min(settings.shown, samples.size());
  const at::Tensor pixels = samples.images.narrow(0, 0, shown);  // as the network sees them
  Drawing drawing{.samples = samples,
                  .held_out = held_out,
                  .settings = settings,
                  .places = {folder, settings.earlier},
                  .colours = shown_channels(pixels, settings.channels),
                  .measure = {},
                  .stop = stop};
  LossMeasure& measure = drawing.measure;
  measure.context.seed = settings.seed;
  measure.precision = settings.look.precision;
  measure.samples = std::max(measure.samples, shown);
  measure.seconds = settings.look.seconds / 2;  // once for each of two kinds of images
  if (const auto* images = method.images()) draw_predictions(*images, drawing, set);
  leave_if_stopped(stop);
  const std::vector<std::string> names(samples.names.begin(), samples.names.begin() + shown);
  set.gallery =
      draw_gallery(method.gallery(samples.batch(0, shown), {.draws = measure.context,
                                                            .precision = measure.precision,
                                                            .names = names,
                                                            .classes = samples.classes}),
                   folder, settings.channels);
  leave_if_stopped(stop);
  if (const auto view = patch_views(method.backbone(), pixels, settings.look)) {
    set.groups.push_back(
        draw_principal_components(*view, drawing.colours, samples.names, drawing.places));
    set.groups.push_back(draw_attention(*view, drawing.colours, samples.names, folder));
  }
  const at::Tensor features = summary_features(method.backbone(), samples, settings.look, stop);
  measure_features(features, set.health);
  set.health.compared.held_out = held_out != nullptr ? 1 : 0;
  compare_features(
      method.backbone(), held_out != nullptr ? *held_out : samples,
      {.look = settings.look, .seed = settings.seed, .images = compared_before(settings.earlier)},
      set.health.compared, stop);
  if (features.size(0) >= kLeastOnMap) draw_map(drawing, features, folder, set);
  return set;
}

}  // namespace dbot::report
