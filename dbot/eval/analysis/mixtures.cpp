#include "dbot/eval/analysis/mixtures.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/subset.h"
#include "dbot/eval/analysis/image_pairs.h"
#include "dbot/eval/frozen/samples.h"

namespace dbot::eval {
namespace {

[[noreturn]] void refuse_mixtures(std::string subject, std::string reason) {
  throw UsageError(ErrorFields{.operation = "mixtures",
                               .subject = std::move(subject),
                               .fault = Fault::mismatch,
                               .reason = std::move(reason)});
}

void check_mixtures(const MixturesConfig& config) {
  if (config.lams.empty()) refuse_mixtures("the mixing weights", "are none, expected some");
  for (const double lam : config.lams) {
    if (lam >= 0 && lam <= 0.5) continue;
    refuse_mixtures("the mixing weight",
                    fmt::format("is {}, expected 0 to 0.5: that of the subordinate image", lam));
  }
  if (config.images < 1) {
    refuse_mixtures("the number of images",
                    fmt::format("is {}, expected at least 1", config.images));
  }
  if (!(config.intra_rate >= 0 && config.intra_rate <= 1)) {
    refuse_mixtures("the share of partners of the same class",
                    fmt::format("is {}, expected 0 to 1", config.intra_rate));
  }
}

void add_to(methods::SeparationError& sum, const methods::SeparationError& more) {
  sum.reconstruction += more.reconstruction;
  sum.mixture += more.mixture;
  sum.mean += more.mean;
}

void divide(methods::SeparationError& sum, double by) {
  sum.reconstruction /= by;
  sum.mixture /= by;
  sum.mean /= by;
}

}  // namespace

Mixtures measure_mixtures(const methods::MixtureCapability& method, const nn::ImageInput& input,
                          const std::shared_ptr<const data::Dataset>& dataset,
                          const MixturesConfig& config, const ExtractionSettings& settings,
                          const core::StopRequest& stop, const core::Log& log) {
  check_mixtures(config);
  const auto images = data::limited(dataset, config.images, config.seed);
  const auto loader = pair_loader(
      images, input, {.same_class = config.intra_rate, .seed = config.seed}, settings, log);
  Mixtures result;
  for (const double lam : config.lams) result.rows.push_back({.lam = lam});
  double values = 0;
  while (true) {
    throw_if_stopped("mixtures", stop);
    const std::optional<data::Batch> batch = loader->next();
    if (!batch) break;
    for (MixturesRow& row : result.rows) {
      const methods::SeparationErrors errors =
          method.separation_errors(batch->tensors.at("images"), batch->tensors.at("partner.images"),
                                   {.lam = row.lam,
                                    .mask_ratio = config.mask_ratio,
                                    .draws = {.seed = config.seed},
                                    .pairs = batch->sample_ids,
                                    .precision = settings.precision});
      add_to(row.subordinate, errors.subordinate);
      if (errors.dominant) {
        if (!row.dominant) row.dominant.emplace();
        add_to(*row.dominant, *errors.dominant);
      }
      if (&row == &result.rows.front()) values += static_cast<double>(errors.values);
    }
    result.images += batch->size();
    if (settings.progress) {
      settings.progress({.done = result.images, .total = images->size()});
    }
  }
  if (result.images == 0) {
    throw DataError({.operation = "mixtures",
                     .fault = Fault::unreadable,
                     .reason = "no image of the data set could be read"});
  }
  if (values == 0)
    refuse_mixtures("the share of masked patches", "hides none, expected some hidden");
  for (MixturesRow& row : result.rows) {
    divide(row.subordinate, values);
    if (row.dominant) divide(*row.dominant, values);
  }
  return result;
}

}  // namespace dbot::eval
