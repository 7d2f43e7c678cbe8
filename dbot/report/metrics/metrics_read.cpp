#include <fmt/format.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/json.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/report/metrics/metrics_line.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr double kMostStages = 1 << 20;
constexpr std::size_t kMostFigures = 32;  // of a row of an evaluation
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

double number_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  return value.is_number() ? value.get<double>() : kNotANumber;
}

void read_values(const json& object, const std::string& prefix, MetricsRecord& record) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_string()) {
      record.texts[prefix + key] = value.get<std::string>();
    } else if (value.is_object()) {
      read_values(value, prefix + key + ".", record);
    } else if (!value.is_array()) {
      record.numbers[prefix + key] = number_of(value);
    } else if (!value.empty() && value.front().is_number()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        record.numbers[prefix + key + "." + std::to_string(i)] = number_of(value[i]);
      }
    }
  }
}

/// In the order of their names; the first ones of a file that has more than any program writes.
std::vector<std::pair<std::string, double>> read_figures(const json& row) {
  std::vector<std::pair<std::string, double>> figures;
  const auto found = row.find("figures");
  if (found == row.end() || !found->is_object()) return figures;
  for (const auto& [name, value] : found->items()) {
    if (figures.size() < kMostFigures) figures.emplace_back(name, number_of(value));
  }
  return figures;
}

std::vector<EvaluationRow> read_results(const json& rows) {
  std::vector<EvaluationRow> results;
  for (const json& row : rows) {
    EvaluationRow result;
    result.protocol = row.at("protocol").get<std::string>();
    result.features = row.at("features").get<std::string>();
    result.top1 = number_of(row.at("top1"));
    result.top5 = number_of(row.at("top5"));
    result.seconds = row.value("seconds", 0.0);
    if (row.contains("train_samples")) {
      result.train_samples = core::whole_number(row["train_samples"]);
    }
    if (row.contains("test_samples")) result.test_samples = core::whole_number(row["test_samples"]);
    result.figures = read_figures(row);
    results.push_back(std::move(result));
  }
  return results;
}

// The next line with its newline; false at the end and for a last line without one.
bool next_line(std::ifstream& file, std::string& line) {
  return static_cast<bool>(std::getline(file, line)) && !file.eof();
}

}  // namespace

std::optional<MetricsRecord> parse_metrics_line(const std::string& line) {
  try {
    const json document = core::parse_json(line);
    MetricsRecord record;
    record.type = document.at("type").get<std::string>();
    record.step = core::whole_number(document.at("step"));
    read_values(document, "", record);
    if (document.contains("results")) record.results = read_results(document.at("results"));
    return record;
  } catch (const json::exception&) {
    return std::nullopt;
  } catch (const DataError&) {
    return std::nullopt;
  }
}

std::vector<MetricsRecord> read_metrics(const fs::path& path) {
  std::vector<MetricsRecord> records;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; next_line(file, line);) {
    if (auto record = parse_metrics_line(line)) records.push_back(std::move(*record));
  }
  return records;
}

Moment moment_of(const MetricsRecord& record) {
  const auto text = [&record](const char* key) {
    const auto found = record.texts.find(key);
    return found == record.texts.end() ? std::string_view() : std::string_view(found->second);
  };
  return moment_of(text("moment"), text("label"));
}

std::vector<EvaluationRecord> read_evaluations(const fs::path& path) {
  std::vector<EvaluationRecord> evaluations;
  for (MetricsRecord& record : read_metrics(path)) {
    if (record.type != "evaluation") continue;
    const double stage = record.numbers["stage"];
    if (!(stage >= 1 && stage <= kMostStages)) continue;
    evaluations.push_back({record.texts["label"], record.step, static_cast<std::int64_t>(stage) - 1,
                           record.numbers["epoch"], std::move(record.results),
                           record.numbers["seconds"], moment_of(record)});
  }
  return evaluations;
}

void cut_metrics(const fs::path& path, std::int64_t step) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return;
  std::uintmax_t whole = 0;
  for (std::string line; next_line(file, line); whole += line.size() + 1) {
    const auto record = parse_metrics_line(line);
    // A damaged line that has its end stays: it does not say its step.
    if (record && record->step > step) break;
  }
  file.close();
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (!error && bytes > whole) fs::resize_file(path, whole, error);
  if (error) {
    throw Error(fmt::format("[metrics] cannot shorten {}: {}", path.string(), error.message()));
  }
}

}  // namespace dbot::report
