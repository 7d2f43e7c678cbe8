#pragma once

#include <optional>
#include <string>

#include "dbot/report/metrics/metrics_record.h"

namespace dbot::report {

/// One line of metrics.jsonl without its end; empty if it is not a whole record. The numbers of a
/// list become "stage_begin.0", "stage_begin.1", …
std::optional<MetricsRecord> parse_metrics_line(const std::string& line);

}  // namespace dbot::report
