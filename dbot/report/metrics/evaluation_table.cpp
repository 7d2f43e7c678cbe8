#include "dbot/report/metrics/evaluation_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "dbot/report/metrics/scalar_name.h"
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
    if (evaluation.moment != Moment::pixels) add(evaluation);
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

// Whether any network has a top-1 in a column: some protocols have other figures alone.
bool has_accuracy(const std::vector<EvaluationRecord>& evaluations, const Column& column) {
  return std::ranges::any_of(evaluations, [&](const EvaluationRecord& evaluation) {
    const EvaluationRow* row = find(evaluation, column);
    return row != nullptr && (row->figures.empty() || std::isfinite(row->top1));
  });
}

// Names of a column's further figures, in the order in which they come.
std::vector<std::string> figures_of(const std::vector<EvaluationRecord>& evaluations,
                                    const Column& column) {
  std::vector<std::string> names;
  for (const EvaluationRecord& evaluation : evaluations) {
    const EvaluationRow* row = find(evaluation, column);
    if (row == nullptr) continue;
    for (const auto& [name, value] : row->figures) {
      if (std::ranges::count(names, name) == 0) names.push_back(name);
    }
  }
  return names;
}

double figure_of(const EvaluationRow* row, const std::string& name) {
  if (row != nullptr) {
    for (const auto& [own, value] : row->figures) {
      if (own == name) return value;
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

/// Cells of one column of the table: the head, what chance gives, then the evaluations.
using Cells = std::vector<std::string>;

template <typename TextOf>
Cells cells_of(const std::vector<EvaluationRecord>& evaluations, const Column& column,
               std::string head, std::string by_chance, const TextOf& text_of) {
  Cells cells{std::move(head), std::move(by_chance)};
  for (const EvaluationRecord& evaluation : evaluations) {
    cells.push_back(text_of(find(evaluation, column)));
  }
  return cells;
}

// Names the kind of features only if there are several kinds.
std::vector<Cells> cells_of_all(const std::vector<EvaluationRecord>& evaluations, bool with_top5,
                                double chance) {
  const std::vector<Column> columns = columns_of(evaluations);
  std::set<std::string> features;
  for (const Column& column : columns) features.insert(column.second);
  std::vector<Cells> all;
  for (const Column& column : columns) {
    const auto& [protocol, feature] = column;
    const std::string name =
        protocol_title(protocol) + (features.size() > 1 ? " " + feature : std::string()) + " ";
    const auto add = [&](const std::string& figure, const auto& text_of, double by_chance) {
      all.push_back(cells_of(evaluations, column, name + figure, percent(by_chance), text_of));
    };
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    if (has_accuracy(evaluations, column)) {
      add(
          "top-1", [](const auto* row) { return row != nullptr ? percent(row->top1) : "-"; },
          chance);
      if (with_top5) {
        add(
            "top-5", [](const auto* row) { return row != nullptr ? percent(row->top5) : "-"; },
            unknown);
      }
    }
    for (const std::string& figure : figures_of(evaluations, column)) {
      add(
          scalar_name(figure), [&](const auto* row) { return figure_text(figure_of(row, figure)); },
          unknown);
    }
  }
  return all;
}

}  // namespace

std::string protocol_title(const std::string& protocol) {
  if (protocol == "linear_mae") return "linear (MAE)";
  return protocol == "knn" ? "k-NN" : protocol;
}

std::string figure_text(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "-";
}

std::string evaluation_table(const std::vector<EvaluationRecord>& evaluations, bool with_top5,
                             bool every, double chance) {
  std::vector<EvaluationRecord> shown = evaluations;
  if (!every) {
    std::erase_if(shown, [](const auto& record) { return record.moment == Moment::epoch; });
  }
  if (shown.empty()) return {};
  std::vector<std::vector<std::string>> rows{{"accuracy in percent"}, {"chance"}};
  for (const EvaluationRecord& evaluation : shown) rows.push_back({evaluation.label});
  for (const Cells& column : cells_of_all(shown, with_top5, chance)) {
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row].push_back(column[row]);
  }
  if (!std::isfinite(chance)) rows.erase(rows.begin() + 1);
  return text_table(rows);
}

}  // namespace dbot::report
