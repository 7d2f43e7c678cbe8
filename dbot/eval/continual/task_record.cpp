#include "dbot/eval/continual/task_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::eval {
namespace {

constexpr double kUnmeasured = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMostTasks = 10000;

using OrderedJson = nlohmann::ordered_json;

OrderedJson number_or_null(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson();
}

OrderedJson numbers_or_null(const std::vector<double>& values) {
  OrderedJson array = OrderedJson::array();
  for (const double value : values) array.push_back(number_or_null(value));
  return array;
}

/// Throws nlohmann's errors.
std::vector<double> numbers_of(const nlohmann::json& array, std::size_t count) {
  std::vector<double> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const nlohmann::json& value = array.at(i);
    values.push_back(value.is_null() ? kUnmeasured : value.get<double>());
  }
  return values;
}

constexpr double kPercent = 100;

void add_starts(OrderedJson& object, const std::vector<methods::TaskStart>& starts) {
  for (const char* key : {"transfer_from", "transfer_accuracy"}) object[key] = OrderedJson::array();
  for (const methods::TaskStart& start : starts) {
    object["transfer_from"].push_back(start.from);
    std::vector<double> percents = start.accuracies;
    for (double& value : percents) value *= kPercent;
    object["transfer_accuracy"].push_back(numbers_or_null(percents));
  }
}

/// Throws nlohmann's errors, and DataError for a task that there is not.
methods::TaskStart start_of(const nlohmann::json& object, std::size_t task, std::int64_t tasks) {
  const nlohmann::json& accuracies = object.at("transfer_accuracy").at(task);
  methods::TaskStart start{
      .from = object.at("transfer_from").at(task).get<std::vector<std::int64_t>>(),
      .accuracies = numbers_of(accuracies, accuracies.size())};
  for (double& value : start.accuracies) value /= kPercent;
  const auto is_task = [&](std::int64_t from) { return from >= 0 && from < tasks; };
  if (std::ssize(start.accuracies) > tasks || !std::ranges::all_of(start.from, is_task)) {
    throw DataError(fmt::format("[tasks] transfer_from has a task that is none of the {}", tasks));
  }
  return start;
}

bool is_whole(const TaskRecord& record) {
  return record.tasks() > 0 && std::isfinite(record.accuracy.back().front());
}

methods::Matrix accuracy_matrix(const TaskRecord& record) {
  methods::Matrix matrix{.values = {},
                         .rows = {},
                         .columns = {},
                         .row_title = "after task",
                         .column_title = "accuracy on task",
                         .low = 0,
                         .high = 100};
  for (std::int64_t task = 0; task < record.tasks(); ++task) {
    matrix.rows.push_back(fmt::format("{}", task + 1));
    const auto& row = record.accuracy[static_cast<std::size_t>(task)];
    matrix.values.insert(matrix.values.end(), row.begin(), row.end());
  }
  matrix.columns = matrix.rows;
  return matrix;
}

methods::Curves free_curve(const TaskRecord& record) {
  methods::Curves::Line line{.name = "free share of the mask", .x = {}, .y = {}};
  for (std::size_t task = 0; task < record.shares.size(); ++task) {
    const methods::TaskShare& share = record.shares[task];
    if (share.used == 0) continue;
    line.x.push_back(static_cast<double>(task + 1));
    line.y.push_back(static_cast<double>(share.free) / static_cast<double>(share.used));
  }
  return {.lines = {std::move(line)}, .x_title = "task", .y_title = "share"};
}

/// "3, from 1": which task, and whose scores it began with.
std::string start_name(std::size_t task, const methods::TaskStart& start) {
  if (start.from.empty()) return fmt::format("{}, drawn", task + 1);
  std::vector<std::int64_t> from = start.from;
  for (std::int64_t& one : from) ++one;
  return fmt::format("{}, from {}", task + 1, fmt::join(from, ", "));
}

/// Of tasks that earlier ones were looked at for.
methods::Matrix transfer_matrix(const TaskRecord& record) {
  methods::Matrix matrix{.values = {},
                         .rows = {},
                         .columns = {},
                         .row_title = "task, begun with",
                         .column_title = "features of task",
                         .low = 0,
                         .high = kPercent};
  std::size_t widest = 0;
  for (const auto& start : record.starts) widest = std::max(widest, start.accuracies.size());
  for (std::size_t task = 0; task < record.starts.size(); ++task) {
    const methods::TaskStart& start = record.starts[task];
    if (start.accuracies.empty()) continue;
    matrix.rows.push_back(start_name(task, start));
    for (std::size_t column = 0; column < widest; ++column) {
      matrix.values.push_back(column < start.accuracies.size() ? kPercent * start.accuracies[column]
                                                               : kUnmeasured);
    }
  }
  matrix.columns.reserve(widest);
  for (std::size_t column = 0; column < widest; ++column) {
    matrix.columns.push_back(fmt::format("{}", column + 1));
  }
  return matrix;
}

}  // namespace

TaskRecord::TaskRecord(std::int64_t tasks)
    : accuracy(static_cast<std::size_t>(tasks),
               std::vector<double>(static_cast<std::size_t>(tasks), kUnmeasured)),
      untrained(static_cast<std::size_t>(tasks), kUnmeasured),
      shares(static_cast<std::size_t>(tasks)),
      starts(static_cast<std::size_t>(tasks)) {}

ContinualFigures figures_after(const TaskRecord& record, std::int64_t task) {
  const auto count = static_cast<std::ptrdiff_t>(task) + 1;
  AccuracyMatrix rows;
  rows.reserve(static_cast<std::size_t>(count));
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const auto& row = record.accuracy.at(static_cast<std::size_t>(i));
    rows.emplace_back(row.begin(), row.begin() + count);
  }
  return continual_figures(rows, {record.untrained.begin(), record.untrained.begin() + count});
}

std::string to_json(const TaskRecord& record) {
  OrderedJson object;
  object["accuracy"] = OrderedJson::array();
  for (const auto& row : record.accuracy) object["accuracy"].push_back(numbers_or_null(row));
  object["untrained"] = numbers_or_null(record.untrained);
  for (const char* key : {"used", "free", "all"}) object[key] = OrderedJson::array();
  for (const methods::TaskShare& share : record.shares) {
    object["used"].push_back(share.used);
    object["free"].push_back(share.free);
    object["all"].push_back(share.all);
  }
  add_starts(object, record.starts);
  if (is_whole(record)) {
    const ContinualFigures figures = figures_after(record, record.tasks() - 1);
    object["average_accuracy"] = number_or_null(figures.average_accuracy);
    object["average_forgetting"] = number_or_null(figures.average_forgetting);
    object["forgetting"] = numbers_or_null(figures.forgetting);
    object["forward_transfer"] = numbers_or_null(figures.forward_transfer);
  }
  return object.dump() + "\n";
}

TaskRecord task_record_from_json(std::string_view text, std::string_view source) try {
  const nlohmann::json object = nlohmann::json::parse(text);
  const nlohmann::json& rows = object.at("accuracy");
  const std::size_t count = rows.is_array() ? rows.size() : 0;
  if (count == 0 || count > static_cast<std::size_t>(kMostTasks)) {
    throw DataError(fmt::format("[tasks] {} has no matrix of accuracies", source));
  }
  TaskRecord record(static_cast<std::int64_t>(count));
  for (std::size_t task = 0; task < count; ++task) {
    record.accuracy[task] = numbers_of(rows.at(task), count);
    record.shares[task] = {.used = object.at("used").at(task).get<std::int64_t>(),
                           .free = object.at("free").at(task).get<std::int64_t>(),
                           .all = object.at("all").at(task).get<std::int64_t>()};
  }
  record.untrained = numbers_of(object.at("untrained"), count);
  if (object.contains("transfer_from")) {
    for (std::size_t task = 0; task < count; ++task) {
      record.starts[task] = start_of(object, task, static_cast<std::int64_t>(count));
    }
  }
  return record;
} catch (const nlohmann::json::exception& problem) {
  throw DataError({.operation = "tasks",
                   .subject = std::string(source),
                   .fault = Fault::corrupt,
                   .reason = fmt::format("is no record of tasks: {}", problem.what())});
}

methods::Gallery task_exhibits(const TaskRecord& record) {
  methods::Gallery gallery;
  gallery.push_back({.kind = "task_accuracy",
                     .title = "Accuracy on every task after every task",
                     .explanation =
                         "Rows are the run's course. Where nothing is forgotten a column "
                         "keeps its colour below the diagonal.",
                     .exhibits = {{.content = accuracy_matrix(record)}}});
  methods::Curves free = free_curve(record);
  if (!free.lines.front().x.empty()) {
    gallery.push_back({.kind = "task_free_share",
                       .title = "Weights that are left",
                       .explanation =
                           "How much of each task's mask no earlier task used: what it can "
                           "train.",
                       .exhibits = {{.content = std::move(free)}}});
  }
  methods::Matrix transfer = transfer_matrix(record);
  if (!transfer.rows.empty()) {
    gallery.push_back({.kind = "task_transfer",
                       .title = "Which earlier task helped",
                       .explanation =
                           "How often the features of each earlier task sort a new one's samples "
                           "right, in percent, and whose scores it therefore began with.",
                       .exhibits = {{.content = std::move(transfer)}}});
  }
  return gallery;
}

}  // namespace dbot::eval
