#pragma once

#include <filesystem>
#include <memory>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/report/pictures/picture_observer.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/training_data/training_texts.h"

namespace dbot::run {

/// The observer that draws what a run shows, as the (resolved) recipe's [report] asks for; empty if
/// it asks for none. `dataset` is what is trained on, from `data`, with `texts`; images beside it
/// are held out. Images are read when they are first needed.
std::unique_ptr<report::PictureObserver> make_picture_observer(
    const Recipe& recipe, const std::filesystem::path& run, const std::filesystem::path& data,
    std::shared_ptr<const data::Dataset> dataset, const TrainingTexts& texts,
    const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::run
