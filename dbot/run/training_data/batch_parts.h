#pragma once

#include <memory>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/clip_part.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/training_data/training_images.h"
#include "dbot/run/training_data/training_texts.h"

namespace dbot::run {

/// The images of a batch.
data::ImagePartConfig image_part_config(const Recipe& recipe);

/// training: crops are drawn, captions dropped, and texts without images come beside; judging:
/// centre crops, and all captions.
enum class Reading { training, judging };

/// The captions of a batch as the system's outline asks for them; empty where it reads none.
std::vector<data::BatchPartFactory> caption_parts(const Recipe& recipe, const TrainingTexts& texts,
                                                  Reading reading, std::int64_t samples);

/// The clips of a batch, drawn for training.
data::ClipPartConfig clip_part_config(const Recipe& recipe, const methods::ClipInput& clips);

/// What pictures need of each of `samples` samples: the middle of its image and its caption, or the
/// middle clip of its video.
std::vector<data::BatchPartFactory> shown_parts(const Recipe& recipe, const TrainingTexts& texts,
                                                std::int64_t samples);

/// What stands beside each sample of one that is held out, for a system that reads rows; else
/// nothing.
std::vector<data::BatchPartFactory> held_out_parts(const TrainingImages& images);

/// What a batch has of each sample: its clips, its row and labels, or its image and, as the system
/// asks for it, its caption, a text without an image, and the image of a partner from the same
/// data. The log is told where partners have no classes to go by.
std::vector<data::BatchPartFactory> batch_parts(const Recipe& recipe,
                                                std::shared_ptr<const data::Dataset> dataset,
                                                const TrainingTexts& texts, Reading reading,
                                                const core::Log& log);

}  // namespace dbot::run
