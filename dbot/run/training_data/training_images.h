#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/loader_config.h"
#include "dbot/data/sources/content.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/data/text/captions/captioned_dataset.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::run {

/// Images, or videos, of one source or several, one behind the other.
struct TrainingImages {
  std::shared_ptr<const data::Dataset> images;
  std::vector<std::int64_t> sizes;  // of each source
  std::string kind;                 // of the sources: "folder", or "folder, tar" (SourceKind::id)
  /// Labelled images of the part to train on that are judged by; null: none are set aside.
  std::shared_ptr<const data::Dataset> held_out = {};
  /// Where stages have data of their own: what each learns from, and is judged by (empty where
  /// nothing is held out). `images` and `held_out` are all of these.
  std::vector<std::shared_ptr<const data::Dataset>> of_stage = {}, held_out_of_stage = {};
  std::string division = {};  // in words, for the run's folder; empty: it is not divided
  bool chosen = false;        // `images` are some of the labelled images of the part to train on
  /// The sources with the captions of their images, where the system reads these.
  std::vector<std::shared_ptr<const data::CaptionedDataset>> captioned = {};
  /// Of a system that reads rows: numbers of each, and what they stand for.
  std::int64_t row_width = 0;
  std::vector<std::string> words = {};
  std::vector<float> word_frequencies = {};  // ln(n/df) of each

  const std::shared_ptr<const data::Dataset>& learned_in(std::int64_t stage) const {
    return of_stage.empty() ? images : of_stage.at(static_cast<std::size_t>(stage));
  }
};

/// What a (resolved) recipe wants of its data: without the images that data.leave_out names, by
/// their names within each source, and with the labels of evaluate.labels.
data::Choice choice_of(const Recipe& recipe);

/// What the samples of a run's data are.
data::Content content_of(const Recipe& recipe);

/// The labelled samples of a source, to learn from and to be judged by: images, videos, or texts
/// with one label each where the system reads words. Throws DataError as data::open_labelled and
/// data::open_labelled_words.
data::LabelledSplits open_labelled_samples(const std::filesystem::path& path, const Recipe& recipe,
                                           const core::Log& log);

/// The images of the sources. Labels from a list are those of the first. The log is warned of
/// classes that hold index masks. A system that learns from labels gets the labelled images of the
/// part to train on alone, as many of each class as it wants; where it validates, some of these are
/// held out, if any class has two. A system that reads captions gets images that have them, or
/// lack them; one that reads clips gets videos; one that reads rows gets those of texts, some of
/// them held out (training_rows.h). Throws DataError and Stopped as
/// data::open; for such a system also DataError where there are not two classes, where images to
/// test on are of a class that none to train on is of, or where a class has fewer images than are
/// wanted of each, and UsageError for several sources.
TrainingImages open_training_images(const std::vector<std::filesystem::path>& paths,
                                    const Recipe& recipe, const core::StopRequest& stop,
                                    const core::Log& log);

/// The images beside those that are trained on, with captions where the system reads them. Null if
/// there are none, or they cannot be read: nobody asked for them.
std::shared_ptr<const data::Dataset> open_held_out_images(const std::filesystem::path& path,
                                                          const Recipe& recipe,
                                                          const core::Log& log);

/// Throws UsageError unless data.weights is empty or has a number for each source.
void check_weights(const Recipe& recipe, std::size_t sources);

/// The shares of the sources in an epoch; empty where the recipe has no weights.
std::vector<data::SourceShare> source_shares(const Recipe& recipe,
                                             const std::vector<std::int64_t>& sizes);

}  // namespace dbot::run
