#include "dbot/data/sources/parquet/parquet_columns.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <string_view>

#include "dbot/core/json.h"

namespace dbot::data {
namespace {

using ColumnList = std::vector<ParquetColumn>;

int find_if(const ColumnList& columns, const std::function<bool(const ParquetColumn&)>& is_it) {
  const auto found = std::find_if(columns.begin(), columns.end(), is_it);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

int find_path(const ColumnList& columns, const std::string& path) {
  return find_if(columns, [&](const auto& column) { return column.path == path; });
}

/// The first of the names, in any case, that a column of the right type has.
int find_name(const ColumnList& columns, std::initializer_list<std::string_view> names,
              const std::function<bool(const ParquetColumn&)>& fits) {
  for (const auto name : names) {
    const int found = find_if(columns, [&](const auto& column) {
      return fits(column) && std::ranges::equal(column.path, name, {}, [](unsigned char letter) {
               return static_cast<char>(std::tolower(letter));
             });
    });
    if (found >= 0) return found;
  }
  return -1;
}

bool can_label(const ParquetColumn& column) {
  return column.whole_number || column.binary;
}

void take_class_label(const ColumnList& columns, const std::string& name,
                      const nlohmann::json& feature, ParquetColumns& chosen) {
  const int column = find_path(columns, name);
  if (column < 0 || !can_label(columns[static_cast<std::size_t>(column)])) return;
  chosen.label = column;
  chosen.classes.clear();
  if (!feature.contains("names") || !feature["names"].is_array()) return;
  for (const auto& entry : feature["names"]) {
    chosen.classes.push_back(entry.is_string() ? entry.get<std::string>() : entry.dump());
  }
}

/// By {"info": {"features": {NAME: {"_type": …}}}}.
ParquetColumns by_features(const ColumnList& columns, const std::string& text) try {
  ParquetColumns chosen;
  const auto document = core::parse_json<nlohmann::json>(text);
  const auto& features = document.at("info").at("features");
  std::string label;
  for (const auto& [name, feature] : features.items()) {
    if (!feature.is_object() || !feature.contains("_type")) continue;
    const bool image = feature["_type"] == "Image", classes = feature["_type"] == "ClassLabel";
    if (image && chosen.image < 0) {
      chosen.image = std::max(find_path(columns, name + ".bytes"), find_path(columns, name));
    }
    const bool better =
        label.empty() || name == "label" || (name == "fine_label" && label != "label");
    if (classes && better) label = name;
  }
  if (!label.empty()) take_class_label(columns, label, features.at(label), chosen);
  return chosen;
} catch (const std::exception&) {
  return {};  // somebody else's entry of that name
}

}  // namespace

ParquetColumns choose_columns(const ColumnList& columns, const std::string& hugging_face) {
  ParquetColumns chosen;
  if (!hugging_face.empty()) chosen = by_features(columns, hugging_face);
  const auto binary = [](const ParquetColumn& column) { return column.binary && !column.text; };
  if (chosen.image < 0) {
    chosen.image = find_if(columns, [&](const auto& column) {
      return binary(column) && column.path.ends_with(".bytes");
    });
  }
  if (chosen.image < 0) {
    chosen.image = find_name(
        columns, {"image", "img", "jpg", "jpeg", "png", "webp", "bytes", "content"}, binary);
  }
  if (chosen.image < 0) chosen.image = find_if(columns, binary);
  if (chosen.label < 0) {
    chosen.label = find_name(columns, {"label", "fine_label", "class", "cls", "target", "category"},
                             can_label);
  }
  return chosen;
}

}  // namespace dbot::data
