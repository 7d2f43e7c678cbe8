#include "dbot/eval/analysis/image_pairs.h"

#include <vector>

#include "dbot/data/loader/partner_part.h"

namespace dbot::eval {

std::unique_ptr<data::Loader> pair_loader(const std::shared_ptr<const data::Dataset>& dataset,
                                          const nn::ImageInput& input, const PairChoice& choice,
                                          const ExtractionSettings& settings,
                                          const core::Log& log) {
  const auto crops = crops_of(input, settings.values);
  data::LoaderConfig loading;
  loading.training = false;
  loading.batch_size = settings.batch_size;
  loading.workers = settings.workers;
  loading.seed = choice.seed;
  const std::vector parts{
      crops, data::partner_part(dataset, {.same_class = choice.same_class}, crops, log)};
  return std::make_unique<data::Loader>(dataset, parts, loading, log);
}

}  // namespace dbot::eval
