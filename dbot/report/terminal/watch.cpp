#include "dbot/report/terminal/watch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dbot::report {
namespace {

constexpr std::size_t kRecent = 50;  // steps that make up the figures shown

double value_of(const MetricsRecord& record, const char* key, double otherwise) {
  const auto found = record.numbers.find(key);
  return found == record.numbers.end() || !std::isfinite(found->second) ? otherwise : found->second;
}

std::int64_t whole(const MetricsRecord& record, const char* key, std::int64_t otherwise) {
  const double value = value_of(record, key, static_cast<double>(otherwise));
  return std::abs(value) < 1e15 ? static_cast<std::int64_t>(value) : otherwise;
}

double recent_mean(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (std::size_t i = values.size() - std::min(values.size(), kRecent); i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    sum += values[i];
    count += 1;
  }
  return count > 0 ? sum / count : -1;
}

}  // namespace

void Watch::add(const MetricsRecord& record) {
  if (record.type == "begin" || record.type == "plan") {
    begun_ = true;
    figures_.stages = whole(record, "stages", 1);
    figures_.steps = whole(record, "total_steps", 0);
    figures_.step = record.step;
    figures_.stage = whole(record, "stage", 1);
    const auto per_epoch = value_of(record, "steps_per_epoch", 1);
    figures_.epochs =
        value_of(record, "epochs", static_cast<double>(figures_.steps) / std::max(1.0, per_epoch));
  } else if (record.type == "step") {
    add_step(record);
  } else if (record.type == "evaluation") {
    const auto label = record.texts.find("label");
    evaluations_.push_back({label == record.texts.end() ? "?" : printable(label->second),
                            record.step, whole(record, "stage", 1) - 1,
                            value_of(record, "epoch", 0), record.results,
                            value_of(record, "seconds", 0), moment_of(record)});
  } else if (record.type == "end") {
    finished_ = true;
    figures_.seconds_left = 0;
  }
}

void Watch::add_step(const MetricsRecord& record) {
  begun_ = true;
  figures_.step = record.step;
  figures_.stage = whole(record, "stage", figures_.stage);
  figures_.epoch = value_of(record, "epoch", figures_.epoch);
  figures_.gradient_norm = value_of(record, "gradient_norm", -1);
  figures_.learning_rate = value_of(record, "learning_rate", -1);
  const bool skipped = record.numbers.contains("skipped");
  figures_.skipped_steps += skipped ? 1 : 0;
  losses_.push_back(skipped ? std::numeric_limits<double>::quiet_NaN()
                            : value_of(record, "loss", std::numeric_limits<double>::quiet_NaN()));
  seconds_.push_back(value_of(record, "seconds", 0));
  figures_.loss = std::isfinite(losses_.back()) ? losses_.back() : figures_.loss;
  figures_.images_per_second = value_of(record, "images_per_second", -1);
  figures_.data_wait_fraction = value_of(record, "data_wait_fraction", -1);
  figures_.batches_ready = value_of(record, "batches_ready", -1);
  figures_.batches_ahead = whole(record, "batches_ahead", 0);
  figures_.seconds_left = recent_mean(seconds_) * static_cast<double>(std::max<std::int64_t>(
                                                      0, figures_.steps - figures_.step));
}

}  // namespace dbot::report
