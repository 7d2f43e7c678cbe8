#include "dbot/eval/analysis/image_pairs.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/loader/partner_part.h"
#include "dbot/eval/frozen/samples.h"

namespace dbot::eval {

void check_pairs(const char* operation, std::int64_t images, double same_class) {
  const auto refuse = [operation](std::string subject, std::string reason) {
    throw UsageError(ErrorFields{.operation = operation,
                                 .subject = std::move(subject),
                                 .fault = Fault::mismatch,
                                 .reason = std::move(reason)});
  };
  if (images < 1) {
    refuse("the number of images", fmt::format("is {}, expected at least 1", images));
  }
  if (!(same_class >= 0 && same_class <= 1)) {
    refuse("the share of partners of the same class",
           fmt::format("is {}, expected 0 to 1", same_class));
  }
}

std::int64_t visit_pairs(const char* operation, const std::shared_ptr<const data::Dataset>& dataset,
                         const nn::ImageInput& input, const PairChoice& choice,
                         const ExtractionSettings& settings, const core::StopRequest& stop,
                         const core::Log& log,
                         const std::function<void(const data::Batch&)>& receive) {
  const auto crops = crops_of({.images = input}, settings);
  data::LoaderConfig loading;
  loading.training = false;
  loading.batch_size = settings.batch_size;
  loading.workers = settings.workers;
  loading.seed = choice.seed;
  const std::vector parts{
      crops, data::partner_part(dataset, {.same_class = choice.same_class}, crops, log)};
  data::Loader loader(dataset, parts, loading, log);
  std::int64_t images = 0;
  while (true) {
    throw_if_stopped(operation, stop);
    const std::optional<data::Batch> batch = loader.next();
    if (!batch) break;
    receive(*batch);
    images += batch->size();
    if (settings.progress) settings.progress({.done = images, .total = dataset->size()});
  }
  if (images > 0) return images;
  throw DataError({.operation = operation,
                   .fault = Fault::unreadable,
                   .reason = "no image of the data set could be read"});
}

}  // namespace dbot::eval
