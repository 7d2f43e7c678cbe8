#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "dbot/report/pictures/set/exhibit_json.h"
#include "dbot/report/pictures/set/picture_set_fields.h"

namespace dbot::report {
namespace {

using nlohmann::json;
namespace limits = exhibit_limits;

std::vector<std::string> texts(const json& object, const char* key, std::size_t most) {
  std::vector<std::string> result;
  for (const json& value : fields::list(object, key, most)) {
    if (!value.is_string()) fields::refuse(fmt::format("\"{}\" holds what is no text", key));
    result.push_back(value.get<std::string>());
  }
  return result;
}

/// Numbers, NaN for null.
std::vector<double> numbers(const json& object, const char* key, std::size_t most) {
  std::vector<double> result;
  for (const json& value : fields::list(object, key, most)) {
    if (!value.is_number() && !value.is_null()) {
      fields::refuse(fmt::format("\"{}\" holds what is no number", key));
    }
    result.push_back(value.is_null() ? std::nan("") : value.get<double>());
  }
  return result;
}

bool flag(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && *found == true;
}

DrawnExhibit read_drawn(const json& object, DrawnExhibit::Kind kind) {
  return {kind, fields::file_name(object, "file"), texts(object, "parts", limits::kTiles)};
}

methods::HiddenText read_text(const json& object) {
  methods::HiddenText result;
  for (const json& word : fields::list(object, "words", limits::kWords)) {
    result.words.push_back(
        {.text = fields::text(word, "text"),
         .hidden = flag(word, "hidden"),
         .predicted = word.contains("predicted") ? fields::text(word, "predicted") : std::string(),
         .continues = flag(word, "continues")});
  }
  return result;
}

methods::Matrix read_matrix(const json& object) {
  methods::Matrix matrix{.values = numbers(object, "values", limits::kSide * limits::kSide),
                         .rows = texts(object, "rows", limits::kSide),
                         .columns = texts(object, "columns", limits::kSide),
                         .row_title = fields::text(object, "row_title"),
                         .column_title = fields::text(object, "column_title"),
                         .low = fields::figure(object, "low"),
                         .high = fields::figure(object, "high")};
  if (matrix.values.size() != matrix.rows.size() * matrix.columns.size()) {
    fields::refuse("\"values\" is not as long as rows × columns");
  }
  return matrix;
}

methods::Curves read_curves(const json& object) {
  methods::Curves curves{.lines = {},
                         .x_title = fields::text(object, "x_title"),
                         .y_title = fields::text(object, "y_title")};
  for (const json& line : fields::list(object, "lines", limits::kLines)) {
    curves.lines.push_back({.name = fields::text(line, "name"),
                            .x = numbers(line, "x", limits::kLinePoints),
                            .y = numbers(line, "y", limits::kLinePoints)});
    if (curves.lines.back().x.size() != curves.lines.back().y.size()) {
      fields::refuse("\"x\" and \"y\" differ in length");
    }
  }
  return curves;
}

methods::Points read_points(const json& object) {
  constexpr double kMost = std::numeric_limits<double>::max();
  methods::Points points{.points = {},
                         .labels = texts(object, "labels", limits::kLabels),
                         .x_title = fields::text(object, "x_title"),
                         .y_title = fields::text(object, "y_title")};
  const auto labels = static_cast<std::int64_t>(points.labels.size());
  for (const json& point : fields::list(object, "points", limits::kPoints)) {
    points.points.push_back({.x = fields::bounded(fields::member(point, "x"), "x", -kMost, kMost),
                             .y = fields::bounded(fields::member(point, "y"), "y", -kMost, kMost),
                             .label = fields::integer_of(point, "label", -1, labels - 1),
                             .name = fields::text(point, "name")});
  }
  return points;
}

}  // namespace

std::optional<ShownExhibit> exhibit_of_json(const json& object) {
  const std::string kind = fields::text(object, "kind");
  ShownExhibit exhibit{fields::text(object, "name"), fields::text(object, "caption"), {}};
  if (kind == "strip") {
    exhibit.content = read_drawn(object, DrawnExhibit::Kind::strip);
  } else if (kind == "frames") {
    exhibit.content = read_drawn(object, DrawnExhibit::Kind::frames);
  } else if (kind == "mesh") {
    exhibit.content = read_drawn(object, DrawnExhibit::Kind::mesh);
  } else if (kind == "text") {
    exhibit.content = read_text(object);
  } else if (kind == "matrix") {
    exhibit.content = read_matrix(object);
  } else if (kind == "curve") {
    exhibit.content = read_curves(object);
  } else if (kind == "points") {
    exhibit.content = read_points(object);
  } else {
    return std::nullopt;
  }
  return exhibit;
}

}  // namespace dbot::report
