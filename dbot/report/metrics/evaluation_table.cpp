#include "dbot/report/metrics/evaluation_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "dbot/report/text/table.h"

namespace dbot::report {
namespace {

using Column = std::pair<std::string, std::string>;  // protocol, feature

// A column is a protocol and a kind of features. Raw pixels have no kind: they stand in every
// column of their protocol.
std::vector<Column> columns_of(const std::vector<EvaluationRecord>& evaluations) {
  std::vector<Column> columns;
  const auto add = [&](const EvaluationRecord& evaluation) {
    for (const EvaluationRow& row : evaluation.results) {
      const Column column{row.protocol, row.features};
      if (std::ranges::count(columns, column) == 0) columns.push_back(column);
    }
  };
  for (const auto& evaluation : evaluations) {
    if (evaluation.label != "raw pixels") add(evaluation);
  }
  if (columns.empty()) std::ranges::for_each(evaluations, add);
  return columns;
}

const EvaluationRow* find(const EvaluationRecord& evaluation, const Column& column) {
  const EvaluationRow* of_protocol = nullptr;
  int count = 0;
  for (const EvaluationRow& row : evaluation.results) {
    if (row.protocol != column.first) continue;
    if (row.features == column.second) return &row;
    of_protocol = &row;
    ++count;
  }
  return count == 1 ? of_protocol : nullptr;
}

std::string percent(double value) {
  return std::isfinite(value) ? fmt::format("{:.2f}", value) : "-";
}

// Names the kind of features only if there are several kinds.
std::vector<std::string> head(const std::vector<Column>& columns, bool with_top5) {
  std::set<std::string> features;
  for (const Column& column : columns) features.insert(column.second);
  std::vector<std::string> cells{"accuracy in percent"};
  for (const auto& [protocol, feature] : columns) {
    const std::string name =
        protocol_title(protocol) + (features.size() > 1 ? " " + feature : std::string());
    cells.push_back(name + " top-1");
    if (with_top5) cells.push_back(name + " top-5");
  }
  return cells;
}

}  // namespace

std::string protocol_title(const std::string& protocol) {
  if (protocol == "linear_mae") return "linear (MAE)";
  return protocol == "knn" ? "k-NN" : protocol;
}

std::string evaluation_table(const std::vector<EvaluationRecord>& evaluations, bool with_top5,
                             bool every) {
  std::vector<EvaluationRecord> shown = evaluations;
  if (!every) {
    std::erase_if(shown, [](const auto& record) { return record.label.starts_with("epoch "); });
  }
  if (shown.empty()) return {};
  const std::vector<Column> columns = columns_of(shown);
  std::vector<std::vector<std::string>> rows{head(columns, with_top5)};
  for (const EvaluationRecord& evaluation : shown) {
    std::vector<std::string> cells{evaluation.label};
    for (const Column& column : columns) {
      const EvaluationRow* row = find(evaluation, column);
      cells.push_back(row != nullptr ? percent(row->top1) : "-");
      if (with_top5) cells.push_back(row != nullptr ? percent(row->top5) : "-");
    }
    rows.push_back(std::move(cells));
  }
  return text_table(rows);
}

}  // namespace dbot::report
