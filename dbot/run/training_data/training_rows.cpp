#include "dbot/run/training_data/training_rows.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"

namespace dbot::run {

data::LabelledRowParts open_rows(const std::filesystem::path& path, const Recipe& recipe,
                                 const core::Log& log) {
  const methods::RowInput input = *methods::catalogue::outline(recipe.method).rows;
  return data::open_labelled_rows(path, input.words, input.held_out,
                                  static_cast<std::uint64_t>(recipe.train.seed), log);
}

TrainingImages open_training_rows(const std::vector<std::filesystem::path>& paths,
                                  const Recipe& recipe, const core::Log& log) {
  if (paths.size() > 1) {
    throw UsageError({.operation = "data",
                      .subject = fmt::format("{} sources", paths.size()),
                      .fault = Fault::unsupported,
                      .reason = "are given, but rows are read from one",
                      .way_out = "put the texts into one folder"});
  }
  data::LabelledRowParts rows = open_rows(paths.front(), recipe, log);
  TrainingImages training;
  training.images = std::move(rows.train);
  training.held_out = std::move(rows.held_out);
  training.sizes = {training.images->size()};
  training.kind = std::move(rows.kind);
  training.row_width = rows.width;
  training.words = std::move(rows.words);
  training.word_frequencies = std::move(rows.frequencies);
  return training;
}

}  // namespace dbot::run
