#include "dbot/report/moment.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace dbot::report {
namespace {

constexpr std::array kMomentNames{"pixels", "start", "epoch", "stage"};

}  // namespace

std::string moment_name(Moment moment) {
  return kMomentNames.at(static_cast<std::size_t>(moment));
}

Moment moment_of(std::string_view name, std::string_view label) {
  for (std::size_t i = 0; i < kMomentNames.size(); ++i) {
    if (name == kMomentNames.at(i)) return static_cast<Moment>(i);
  }
  if (!name.empty()) return Moment::epoch;
  if (label == "raw pixels") return Moment::pixels;
  if (label == "untrained network") return Moment::start;
  return label.starts_with("stage ") ? Moment::stage : Moment::epoch;
}

NamedMoment start_of(const methods::Method& method) {
  return {method.starts_trained() ? "start weights" : "untrained network", Moment::start};
}

NamedMoment end_of_epoch(std::int64_t epoch) {
  return {fmt::format("epoch {}", epoch), Moment::epoch};
}

NamedMoment end_of_stage(std::int64_t stage) {
  return {fmt::format("stage {}", stage + 1), Moment::stage};
}

}  // namespace dbot::report
