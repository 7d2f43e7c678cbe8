#pragma once

#include <fmt/format.h>

#include <cstddef>

#include "dbot/core/error.h"
#include "dbot/eval/multilabel/label_table.h"

namespace dbot::eval {

/// Throws UsageError unless `what` has an entry for each label.
inline void require_labels(std::size_t labels, std::size_t entries, const char* what) {
  if (labels == entries && labels > 0) return;
  throw UsageError({.operation = "multi-label",
                    .subject = fmt::format("{} {}", entries, what),
                    .fault = Fault::mismatch,
                    .reason = fmt::format("are no one for each of {} labels", labels)});
}

/// Throws UsageError unless both tables have the same samples and labels, and whole rows.
template <typename First, typename Second>
void require_same_shape(const LabelTable<First>& first, const LabelTable<Second>& second) {
  if (first.labels > 0 && first.labels == second.labels &&
      first.values.size() == second.values.size() && first.values.size() % first.labels == 0) {
    return;
  }
  throw UsageError({.operation = "multi-label",
                    .subject = fmt::format("a table of {} values in rows of {}",
                                           second.values.size(), second.labels),
                    .fault = Fault::mismatch,
                    .reason = fmt::format("does not fit one of {} values in rows of {}",
                                          first.values.size(), first.labels)});
}

}  // namespace dbot::eval
