#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dbot/core/log.h"

namespace dbot::data {

/// What a part of the work found: unreadable samples with their reason, and how many were opened.
struct BadFindings {
  std::map<std::int64_t, std::string> reasons;  // "name: what is wrong", by index
  std::int64_t opened = 0;                      // samples tried as themselves, not as stand-ins
  std::int64_t broken = 0;                      // of these, unreadable

  /// Those of further work.
  void add(const BadFindings& more);
};

/// The record of unreadable samples of a data set, and the limit on them.
///
/// The limit is passed when more than max(1, fraction · size) different samples are broken (none is
/// allowed for fraction 0); so one broken file never stops a run. In shuffled order, where what was
/// opened stands for the rest, it also counts as passed at 32 broken samples when their share of
/// those opened, in one batch or in all so far, is more than three times the fraction: a set that
/// is broken as a whole is found out in its first batches.
class BadSamples {
 public:
  BadSamples(std::int64_t dataset_size, double max_fraction, bool shuffled)
      : dataset_size_(dataset_size), max_fraction_(max_fraction), shuffled_(shuffled) {}

  /// Adds the findings of one batch of `planned` samples and reports each new sample once. Throws
  /// DataError past the limit.
  void add(const BadFindings& findings, std::int64_t planned, const core::Log& log);
  /// True if the findings in a batch of `planned` samples pass the limit by themselves; then `add`
  /// of these or more findings throws. Never in a pass in order, which names what is broken in
  /// order. Reads only what never changes.
  bool hopeless(const BadFindings& findings, std::int64_t planned) const;
  /// In the order of their index.
  std::vector<std::string> list() const;

 private:
  bool too_many(std::int64_t broken, std::int64_t opened) const;
  std::int64_t allowed() const;

  std::int64_t dataset_size_;
  double max_fraction_;
  bool shuffled_;
  BadFindings all_;
};

}  // namespace dbot::data
