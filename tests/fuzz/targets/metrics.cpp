#include "dbot/report/metrics/metrics.h"

#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void metrics(Bytes input) {
  static const InputFolder folder;
  const auto path = folder.write("metrics.jsonl", input);
  const auto all = report::read_metrics(path);
  require(report::read_evaluations(path).size() <= all.size());
  // Of the records, the cut leaves those before the first that is later than the step.
  const std::int64_t step = all.empty() ? 0 : all[all.size() / 2].step;
  report::cut_metrics(path, step);
  const auto kept = report::read_metrics(path);
  require(kept.size() <= all.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    require(kept[i].step <= step && kept[i].step == all[i].step && kept[i].type == all[i].type);
  }
}

}  // namespace dbot::fuzz
