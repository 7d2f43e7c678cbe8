#include "dbot/eval/analysis/mixtures.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/subset.h"
#include "dbot/eval/analysis/image_pairs.h"

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
  check_pairs("mixtures", config.images, config.intra_rate);
}

void add_to(methods::SeparationError& sum, const methods::SeparationError& more) {
  sum.reconstruction += more.reconstruction;
  sum.mixture += more.mixture;
  sum.mean += more.mean;
}

void add_to(methods::SeparationErrors& sums, const methods::SeparationErrors& more) {
  add_to(sums.subordinate, more.subordinate);
  sums.values += more.values;
  if (!more.dominant) return;
  if (!sums.dominant) sums.dominant.emplace();
  add_to(*sums.dominant, *more.dominant);
}

methods::SeparationError mean_of(const methods::SeparationError& sum, std::int64_t values) {
  const auto count = static_cast<double>(values);
  return {.reconstruction = sum.reconstruction / count,
          .mixture = sum.mixture / count,
          .mean = sum.mean / count};
}

}  // namespace

Mixtures measure_mixtures(const methods::MixtureCapability& method, const nn::ImageInput& input,
                          const std::shared_ptr<const data::Dataset>& dataset,
                          const MixturesConfig& config, const ExtractionSettings& settings,
                          const core::StopRequest& stop, const core::Log& log) {
  check_mixtures(config);
  std::vector<methods::SeparationErrors> sums(config.lams.size());
  Mixtures result;
  result.images =
      visit_pairs("mixtures", data::limited(dataset, config.images, config.seed), input,
                  {.same_class = config.intra_rate, .seed = config.seed}, settings, stop, log,
                  [&](const data::Batch& batch) {
                    for (std::size_t i = 0; i < sums.size(); ++i) {
                      add_to(sums[i], method.separation_errors(batch.tensors.at("images"),
                                                               batch.tensors.at("partner.images"),
                                                               {.lam = config.lams[i],
                                                                .mask_ratio = config.mask_ratio,
                                                                .draws = {.seed = config.seed},
                                                                .pairs = batch.sample_ids,
                                                                .precision = settings.precision}));
                    }
                  });
  if (sums.front().values == 0) {
    refuse_mixtures("the share of masked patches", "hides none, expected some hidden");
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto& [subordinate, dominant, values] = sums[i];
    MixturesRow row{.lam = config.lams[i], .subordinate = mean_of(subordinate, values)};
    if (dominant) row.dominant = mean_of(*dominant, values);
    result.rows.push_back(row);
  }
  return result;
}

}  // namespace dbot::eval
