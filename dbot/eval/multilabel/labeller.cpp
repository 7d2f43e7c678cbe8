#include "dbot/eval/multilabel/labeller.h"

#include <ATen/core/Tensor.h>

#include <limits>
#include <optional>
#include <utility>

#include "dbot/data/loader/loader.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/eval/frozen/samples.h"

namespace dbot::eval {
namespace {

/// The rows of a table behind those that are there.
template <typename Value>
void append(std::vector<Value>& values, const at::Tensor& rows, at::ScalarType type) {
  const at::Tensor copy = rows.cpu().to(type).contiguous();
  const Value* begin = copy.const_data_ptr<Value>();
  values.insert(values.end(), begin, begin + copy.numel());
}

}  // namespace

ScoredSamples score_samples(const methods::LabellingCapability& labeller,
                            std::shared_ptr<const data::Dataset> dataset, const LabellerPass& pass,
                            const core::StopRequest& stop, const core::Log& log) {
  ScoredSamples scored{.labels = labeller.labels().size()};
  data::LoaderConfig config;
  config.training = false;
  config.batch_size = pass.batch_size;
  config.workers = pass.workers;
  data::Loader loader(std::move(dataset), pass.parts, config, log);
  while (const std::optional<data::Batch> batch = loader.next()) {
    throw_if_stopped("labels", stop);
    append(scored.score_values, labeller.label_scores(*batch), at::kDouble);
    append(scored.truth_values, batch->tensors.at(data::kLabelSet), at::kByte);
  }
  return scored;
}

std::vector<EvaluationRow> rows_of(const std::vector<PolicyFigures>& policies,
                                   const RankingMeasures& ranking, const ScoredSamples& chosen_on,
                                   const ScoredSamples& test) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::vector<EvaluationRow> rows;
  rows.reserve(policies.size());
  for (const PolicyFigures& policy : policies) {
    EvaluationRow row{.protocol = "labels",
                      .features = std::string(to_text(policy.thresholds.policy)),
                      .top1 = kNone,
                      .top5 = kNone};
    row.train_samples = static_cast<std::int64_t>(chosen_on.size());
    row.test_samples = static_cast<std::int64_t>(test.size());
    row.figures = named(policy.sets);
    for (auto& figure : named(ranking)) row.figures.push_back(std::move(figure));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace dbot::eval
