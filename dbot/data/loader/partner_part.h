#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/dataset.h"

// A second sample beside each one, as methods need that learn from pairs (i-MAE mixes two images):
// which one is a function of (seed, epoch, sample). Other views of the same sample are
// ViewConfig's.
namespace dbot::data {

struct PartnerConfig {
  /// That the partner is of the sample's own class; otherwise it is of another one.
  double same_class = 1;
  std::string prefix = "partner.";  // of the tensors
};

/// Chooses partners by their labels.
class PartnerChoice {
 public:
  explicit PartnerChoice(const Dataset& dataset);

  /// Of sample `index`: of its own class where `of_class` is below `same_class`, otherwise of
  /// another. Candidates are in the order of their index and without the sample; `which` in 0…1
  /// names one. Of an unlabelled sample all others are candidates. The sample itself where there is
  /// no candidate. (of_class, which: draws in [0, 1).)
  std::int64_t partner(std::int64_t index, double same_class, double of_class, double which) const;
  bool labelled() const { return !members_.empty(); }

 private:
  const std::vector<std::int64_t>* class_of(std::int64_t index) const;

  std::int64_t size_;
  std::vector<std::int64_t> labels_;                // empty without classes
  std::vector<std::vector<std::int64_t>> members_;  // of each class, ascending
};

/// The parts `inner` of the partners: each tensor stands in the batch under its name with the
/// prefix, beside "PREFIXsample_ids", int64 [batch]. Crops of a partner have draws of their own. A
/// partner that cannot be read, or that `inner` cannot take, gives way to the next draw; in the end
/// the sample is its own partner. The log is told where there are no classes. Throws UsageError for
/// a share outside 0…1.
BatchPartFactory partner_part(std::shared_ptr<const Dataset> dataset, const PartnerConfig& config,
                              BatchPartFactory inner, const core::Log& log);

}  // namespace dbot::data
