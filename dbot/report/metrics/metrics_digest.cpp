#include "dbot/report/metrics/metrics_digest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <numeric>
#include <string_view>
#include <vector>

#include "dbot/report/metrics/metrics_line.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestLine = std::size_t{1} << 20;
constexpr std::size_t kLossesInMean = 50;
constexpr std::size_t kMostCurves = 24;
constexpr std::size_t kMostEvaluations = 5000;
constexpr std::size_t kMostListedSteps = 1000;
constexpr std::int64_t kStageLimit = 1000;

double number_in(const MetricsRecord& record, const std::string& key,
                 double otherwise = std::numeric_limits<double>::quiet_NaN()) {
  const auto found = record.numbers.find(key);
  return found == record.numbers.end() ? otherwise : found->second;
}

// Files are not trusted: anything but a count is 0.
std::int64_t count_in(const MetricsRecord& record, const std::string& key) {
  const double value = number_in(record, key, 0);
  return value >= 0 && value < 1e15 ? static_cast<std::int64_t>(value) : 0;
}

double or_zero(double value) {
  return std::isfinite(value) ? value : 0;
}

}  // namespace

const Curve& RunFigures::curve(const std::string& name) const {
  static const Curve none;
  const auto found = curves.find(name);
  return found == curves.end() ? none : found->second;
}

std::int64_t MetricsDigest::read(const fs::path& path) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error) return bad_lines_;
  if (bytes < read_bytes_) *this = {};
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(read_bytes_));
  std::vector<char> block(std::size_t{1} << 16);
  std::string line;
  std::uintmax_t position = read_bytes_;
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    for (std::streamsize i = 0; i < file.gcount(); ++i) {
      ++position;
      const char character = block[static_cast<std::size_t>(i)];
      if (character != '\n') {
        if (line.size() <= kLongestLine) line += character;
        continue;
      }
      add_line(line);
      line.clear();
      read_bytes_ = position;  // a line without its end is read again
    }
  }
  return bad_lines_;
}

void MetricsDigest::add_line(const std::string& line) {
  const auto record = line.size() > kLongestLine ? std::nullopt : parse_metrics_line(line);
  if (record && record->step >= 0) {
    add(*record);
  } else {
    ++bad_lines_;
  }
}

void MetricsDigest::add(const MetricsRecord& record) {
  if (record.type == "begin") add_begin(record);
  if (record.type == "plan") add_plan(record);
  if (record.type == "validation") add_validation(record);
  if (record.type == "step" && record.step > figures_.step) add_step(record);
  if (record.type == "evaluation") add_evaluation(record);
  if (record.type == "stage") {
    StageFigures& stage = stage_of(record);
    stage.ended = true;
    stage.peak_memory_bytes = number_in(record, "peak_memory_bytes", stage.peak_memory_bytes);
  }
  if (record.type == "end") figures_.finished = true;
}

StageFigures& MetricsDigest::stage_of(const MetricsRecord& record) {
  const std::int64_t counted_from_1 =
      std::clamp<std::int64_t>(count_in(record, "stage"), 1, kStageLimit);
  return figures_.stages[counted_from_1 - 1];
}

void MetricsDigest::add_plan(const MetricsRecord& record) {
  figures_.planned_stages = std::min(count_in(record, "stages"), kStageLimit);
  figures_.total_steps = count_in(record, "total_steps");
  figures_.steps_per_epoch = count_in(record, "steps_per_epoch");
  figures_.stage_begin.clear();
  for (std::int64_t i = 0; i <= figures_.planned_stages; ++i) {
    const std::string key = "stage_begin." + std::to_string(i);
    if (record.numbers.contains(key)) figures_.stage_begin.push_back(count_in(record, key));
  }
}

void MetricsDigest::add_begin(const MetricsRecord& record) {
  add_plan(record);
  figures_.finished = false;
}

void MetricsDigest::add_validation(const MetricsRecord& record) {
  constexpr std::string_view kPrefix = "figures.";
  for (const auto& [name, value] : record.numbers) {
    if (!name.starts_with(kPrefix)) continue;
    add_to_curve("validation." + name.substr(kPrefix.size()), record.step, value);
  }
}

void MetricsDigest::add_to_curve(const std::string& name, std::int64_t step, double value) {
  if (figures_.curves.contains(name) || figures_.curves.size() < kMostCurves) {
    figures_.curves[name].add(static_cast<double>(step), value);
  } else {
    figures_.curves_left_out = true;
  }
}

void MetricsDigest::add_step(const MetricsRecord& record) {
  const double loss = number_in(record, "loss");
  const double seconds = or_zero(number_in(record, "seconds", 0));
  const std::int64_t images = count_in(record, "images_seen") - figures_.images_seen;
  StageFigures& stage = stage_of(record);
  figures_.step = record.step;
  figures_.stage = std::clamp<std::int64_t>(count_in(record, "stage"), 1, kStageLimit) - 1;
  figures_.epoch = or_zero(number_in(record, "epoch", 0));
  figures_.images_seen = count_in(record, "images_seen");
  figures_.images_trained += std::max<std::int64_t>(0, images);
  figures_.seconds += seconds;
  figures_.data_wait_seconds += seconds * or_zero(number_in(record, "data_wait_fraction", 0));
  stage.seconds += seconds;
  ++stage.steps;
  if (figures_.stage != recent_stage_) recent_losses_.clear();
  recent_stage_ = figures_.stage;
  if (std::isfinite(loss)) {
    if (!std::isfinite(stage.first_loss)) stage.first_loss = loss;
    recent_losses_.push_back(loss);
    if (recent_losses_.size() > kLossesInMean) recent_losses_.pop_front();
    stage.last_loss = std::accumulate(recent_losses_.begin(), recent_losses_.end(), 0.0) /
                      static_cast<double>(recent_losses_.size());
  }
  if (number_in(record, "skipped", 0) > 0) {
    ++stage.skipped_steps;
    ++figures_.skipped_steps;
    if (figures_.skipped.size() < kMostListedSteps) figures_.skipped.push_back(record.step);
  }
  static constexpr std::array kNotDrawn{"step",    "stage",       "epoch",  "seconds",
                                        "skipped", "images_seen", "images", "batches_ahead"};
  for (const auto& [name, value] : record.numbers) {
    if (std::ranges::count(kNotDrawn, name) == 0) add_to_curve(name, record.step, value);
  }
}

void MetricsDigest::add_evaluation(const MetricsRecord& record) {
  const auto label = record.texts.find("label");
  if (label == record.texts.end() || figures_.evaluations.size() >= kMostEvaluations) return;
  const std::int64_t stage =
      std::clamp<std::int64_t>(count_in(record, "stage"), 1, kStageLimit) - 1;
  figures_.evaluations.push_back({.label = label->second,
                                  .step = record.step,
                                  .stage = stage,
                                  .epoch = or_zero(number_in(record, "epoch", 0)),
                                  .results = record.results,
                                  .moment = moment_of(record)});
}

}  // namespace dbot::report
