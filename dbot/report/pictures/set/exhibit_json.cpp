#include "dbot/report/pictures/set/exhibit_json.h"

#include <nlohmann/json.hpp>

namespace dbot::report {
namespace {

using nlohmann::ordered_json;

const char* name_of(DrawnExhibit::Kind kind) {
  constexpr const char* kNames[] = {"strip", "frames", "mesh"};
  return kNames[static_cast<int>(kind)];
}

struct KindOf {
  const char* operator()(const DrawnExhibit& drawn) const { return name_of(drawn.kind); }
  const char* operator()(const methods::HiddenText&) const { return "text"; }
  const char* operator()(const methods::Matrix&) const { return "matrix"; }
  const char* operator()(const methods::Curves&) const { return "curve"; }
  const char* operator()(const methods::Points&) const { return "points"; }
};

/// Adds the keys of its content to an exhibit.
struct AddContent {
  ordered_json& json;

  void operator()(const DrawnExhibit& drawn) const {
    json["file"] = drawn.file;
    json["parts"] = drawn.parts;
  }

  void operator()(const methods::HiddenText& text) const {
    json["words"] = ordered_json::array();
    for (const auto& word : text.words) {
      ordered_json one{{"text", word.text}};
      if (word.hidden) one["hidden"] = true;
      if (!word.predicted.empty()) one["predicted"] = word.predicted;
      if (word.continues) one["continues"] = true;
      json["words"].push_back(std::move(one));
    }
  }

  void operator()(const methods::Matrix& matrix) const {
    json["rows"] = matrix.rows;
    json["columns"] = matrix.columns;
    json["row_title"] = matrix.row_title;
    json["column_title"] = matrix.column_title;
    json["low"] = matrix.low;
    json["high"] = matrix.high;
    json["values"] = matrix.values;
  }

  void operator()(const methods::Curves& curves) const {
    json["x_title"] = curves.x_title;
    json["y_title"] = curves.y_title;
    json["lines"] = ordered_json::array();
    for (const auto& line : curves.lines) {
      json["lines"].push_back({{"name", line.name}, {"x", line.x}, {"y", line.y}});
    }
  }

  void operator()(const methods::Points& points) const {
    json["x_title"] = points.x_title;
    json["y_title"] = points.y_title;
    json["labels"] = points.labels;
    json["points"] = ordered_json::array();
    for (const auto& point : points.points) {
      json["points"].push_back(
          {{"x", point.x}, {"y", point.y}, {"label", point.label}, {"name", point.name}});
    }
  }
};

}  // namespace

std::string exhibit_kind(const ShownExhibit& exhibit) {
  return std::visit(KindOf{}, exhibit.content);
}

ordered_json exhibit_json(const ShownExhibit& exhibit) {
  ordered_json json{
      {"kind", exhibit_kind(exhibit)}, {"name", exhibit.name}, {"caption", exhibit.caption}};
  std::visit(AddContent{json}, exhibit.content);
  return json;
}

}  // namespace dbot::report
