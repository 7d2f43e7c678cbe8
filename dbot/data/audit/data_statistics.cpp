#include "dbot/data/audit/data_statistics.h"

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/data/audit/set_channels.h"
#include "dbot/data/audit/survey/survey.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/pixel_values.h"
#include "dbot/data/stoppable_dataset.h"

namespace dbot::data {
namespace {

constexpr const char* kStopped = "[data stats] stopped on request";

/// Images that a network of so many channels cannot be given.
void note_other_channels(int channels, std::vector<data::ImageFacts>& facts) {
  for (auto& one : facts) {
    if (one.fault != data::ImageFault::none || one.stored.channels == channels) continue;
    const int colours = one.stored.colours();
    if (colours != 4 && data::convertible(colours, channels)) continue;  // four are none with alpha
    one.fault = data::ImageFault::channels;
  }
}

}  // namespace

DataStatistics measure_data_set(const DataStatisticsOptions& options,
                                const core::TellProgress& tell, const core::StopRequest& stop,
                                const core::Log& log) {
  std::optional<WordPiece> tokenizer;
  if (!options.vocabulary.empty()) tokenizer.emplace(Vocabulary::read(options.vocabulary));
  const auto set =
      data::AuditedSet::open(options.data, log, data::MaskChoice::left_out, options.captions);
  const SurveyConfig config{.workers = options.workers,
                            .channels = options.channels == 0 ? kAnyChannels : options.channels,
                            .pixels = false};
  auto facts = survey_all(set, config, tell, stop);
  if (stop.requested()) throw Stopped(kStopped);
  DataStatistics result;
  for (const auto& part : set.parts()) result.parts.push_back(part.name);
  result.channels = options.channels == 0 ? most_frequent_channels(facts) : options.channels;
  note_other_channels(result.channels, facts);
  result.set = data::summarise(set, facts);
  if (set.captions()) {
    result.captions = measure_captions(*set.captions(), tokenizer ? &*tokenizer : nullptr);
  }
  const auto& trained_on = *set.parts().front().images;
  result.measured = std::min(options.images, trained_on.size());
  result.pixels = data::measure_statistics(data::StoppableDataset(trained_on, stop, kStopped),
                                           result.channels, options.images, options.seed);
  return result;
}

}  // namespace dbot::data
