#include "dbot/run/training_data/batch_parts.h"

#include <utility>

#include "dbot/data/loader/partner_part.h"
#include "dbot/data/loader/value_parts.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/data/text/text_part.h"
#include "dbot/data/text/unpaired_part.h"

namespace dbot::run {

data::ImagePartConfig image_part_config(const Recipe& recipe) {
  const nn::ImageInput images = image_input(recipe, "pretrain");
  data::ImagePartConfig config;
  config.image_size = images.size;
  config.channels = static_cast<int>(images.channels);
  config.values = data::range_of(recipe.data.value_range);
  config.augmentation = data::augmentation_of(recipe.data);
  const std::int64_t views = methods::catalogue::outline(recipe.method).further_views;
  if (views > 0) {
    config.views.push_back({.name = methods::kFurtherViews,
                            .image_size = config.image_size,
                            .count = views,
                            .augmentation = config.augmentation});
  }
  return config;
}

data::ClipPartConfig clip_part_config(const Recipe& recipe, const methods::ClipInput& clips) {
  data::ClipPartConfig config;
  config.timing = {.frames = clips.frames, .stride = clips.stride, .rate = clips.frames_per_second};
  config.size = clips.size;
  config.repeats = clips.repeats;
  config.augmentation = data::augmentation_of(recipe.data);
  return config;
}

std::vector<data::BatchPartFactory> shown_parts(const Recipe& recipe, const TrainingTexts& texts,
                                                std::int64_t samples) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  if (outline.clips) {
    data::ClipPartConfig config = clip_part_config(recipe, *outline.clips);
    config.augmented = false;
    return {data::clip_part(config)};
  }
  data::ImagePartConfig config = image_part_config(recipe);
  config.augmented = false;
  config.views.clear();
  std::vector<data::BatchPartFactory> parts{data::image_part(config)};
  for (auto& part : caption_parts(recipe, texts, Reading::judging, samples)) {
    parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<data::BatchPartFactory> caption_parts(const Recipe& recipe, const TrainingTexts& texts,
                                                  Reading reading, std::int64_t samples) {
  const auto input = methods::catalogue::outline(recipe.method).texts;
  if (!input || input->captions == 0) return {};
  return {data::text_part({.tokenizer = texts.tokenizer,
                           .length = input->captions,
                           .drop = reading == Reading::training ? input->drop : 0,
                           .fixed_drop = input->drop_is_fixed,
                           .samples = samples})};
}

namespace {

std::vector<data::BatchPartFactory> row_parts(std::size_t labels) {
  constexpr std::int64_t kUsualWords = 100;  // of a text
  return {
      data::ragged_part({.name = data::kRowPlaces, .type = at::kLong}, kUsualWords),
      data::ragged_part({.name = data::kRowValues}, kUsualWords),
      data::value_part({.name = data::kLabelSet, .shape = {static_cast<std::int64_t>(labels)}})};
}

}  // namespace

std::vector<data::BatchPartFactory> held_out_parts(const TrainingImages& images) {
  std::vector<data::BatchPartFactory> parts;
  if (images.row_width == 0) return parts;
  for (auto& part : row_parts(images.images->classes().size())) {
    parts.push_back(data::unpaired_part(images.held_out, images.images->size(), std::move(part),
                                        data::kHeldOutPrefix));
  }
  return parts;
}

std::vector<data::BatchPartFactory> batch_parts(const Recipe& recipe,
                                                std::shared_ptr<const data::Dataset> dataset,
                                                const TrainingTexts& texts, Reading reading,
                                                const core::Log& log) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  if (outline.rows) return row_parts(dataset->classes().size());
  if (outline.words) return {data::row_part(nn::kRows, outline.words->length)};
  if (outline.clips) {
    data::ClipPartConfig clips = clip_part_config(recipe, *outline.clips);
    clips.augmented = reading == Reading::training;
    return {data::clip_part(clips)};
  }
  data::ImagePartConfig config = image_part_config(recipe);
  config.augmented = reading == Reading::training;
  const data::BatchPartFactory images = data::image_part(config);
  const std::int64_t samples = dataset->size();
  std::vector<data::BatchPartFactory> parts{images};
  for (auto& part : caption_parts(recipe, texts, reading, samples)) {
    parts.push_back(std::move(part));
  }
  if (texts.unpaired && reading == Reading::training) {
    auto words = data::text_part({.tokenizer = texts.tokenizer, .length = outline.texts->unpaired});
    parts.push_back(
        data::unpaired_part(texts.unpaired, samples, std::move(words), data::kUnpaired));
  }
  if (outline.partners) {
    parts.push_back(
        data::partner_part(std::move(dataset), {.same_class = *outline.partners}, images, log));
  }
  return parts;
}

}  // namespace dbot::run
