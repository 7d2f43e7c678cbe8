#include "dbot/report/advice/advice.h"

#include <algorithm>

#include "dbot/report/advice/stage_gain.h"

namespace dbot::report {

std::vector<Advice> advise(const Observed& observed) {
  std::vector<Advice> findings;
  check_losses(observed, findings);
  check_features(observed, findings);
  check_evaluations(observed, findings);
  check_stage_gain(observed, findings);
  check_machine(observed, findings);
  std::ranges::stable_sort(findings, [](const Advice& a, const Advice& b) {
    return static_cast<int>(a.severity) > static_cast<int>(b.severity);
  });
  return findings;
}

}  // namespace dbot::report
