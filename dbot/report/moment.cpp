#include "dbot/report/moment.h"

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

std::string start_label(const methods::Method& method) {
  return method.starts_trained() ? "start weights" : "untrained network";
}

}  // namespace dbot::report
