#include "dbot/data/loader/bad_samples.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dbot/core/error.h"

namespace dbot::data {

void BadFindings::add(const BadFindings& more) {
  reasons.insert(more.reasons.begin(), more.reasons.end());
  opened += more.opened;
  broken += more.broken;
}

void BadSamples::add(const BadFindings& findings, std::int64_t planned, const core::Log& log) {
  for (const auto& [index, reason] : findings.reasons) {
    if (!all_.reasons.contains(index)) {
      log(core::LogLevel::warning, fmt::format("[data] unreadable, left out: {}", reason));
    }
  }
  all_.add(findings);
  const auto distinct = static_cast<std::int64_t>(all_.reasons.size());
  if (distinct <= allowed() && !too_many(all_.broken, all_.opened) &&
      !hopeless(findings, planned)) {
    return;
  }
  auto first = list();
  first.resize(std::min<std::size_t>(first.size(), 5));
  throw DataError(
      {.operation = "data",
       .fault = Fault::unreadable,
       .reason = fmt::format(
           "{} of {} images are unreadable so far, more than data.max_bad_fraction {} allows",
           distinct, dataset_size_, max_fraction_),
       .way_out = fmt::format("remove or repair them, or raise the limit. First:\n  {}",
                              fmt::join(first, "\n  "))});
}

bool BadSamples::hopeless(const BadFindings& findings, std::int64_t planned) const {
  // A pass in order looks at the whole batch: which samples are named depends on no thread.
  return shuffled_ && (static_cast<std::int64_t>(findings.reasons.size()) > allowed() ||
                       too_many(findings.broken, planned));
}

std::vector<std::string> BadSamples::list() const {
  std::vector<std::string> reasons;
  for (const auto& entry : all_.reasons) reasons.push_back(entry.second);
  return reasons;
}

bool BadSamples::too_many(std::int64_t broken, std::int64_t opened) const {
  return shuffled_ && broken >= 32 &&
         static_cast<double>(broken) > 3 * max_fraction_ * static_cast<double>(opened);
}

std::int64_t BadSamples::allowed() const {
  const auto share = static_cast<std::int64_t>(max_fraction_ * static_cast<double>(dataset_size_));
  return max_fraction_ <= 0 ? 0 : std::max<std::int64_t>(1, share);
}

}  // namespace dbot::data
