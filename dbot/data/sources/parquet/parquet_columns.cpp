#include "dbot/data/sources/parquet/parquet_columns.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <iterator>
#include <span>
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

bool equal_in_any_case(std::string_view text, std::string_view small) {
  return std::ranges::equal(
      text, small, [](unsigned char a, char b) { return static_cast<char>(std::tolower(a)) == b; });
}

/// The first of the names, in any case, that a column of the right type has.
int find_name(const ColumnList& columns, std::span<const std::string_view> names,
              const std::function<bool(const ParquetColumn&)>& fits) {
  for (const auto name : names) {
    const int found = find_if(columns, [&](const auto& column) {
      return fits(column) && equal_in_any_case(column_name(column), name);
    });
    if (found >= 0) return found;
  }
  return -1;
}

constexpr std::array<std::string_view, 12> kImageNames{
    "image",        "img",     "jpg",   "jpeg",   "png",   "webp",
    "pixel_values", "picture", "photo", "pixels", "bytes", "content"};

constexpr std::array<std::string_view, 6> kLabelNames{"label", "fine_label", "class",
                                                      "cls",   "target",     "category"};

/// True if a column is called like what accompanies an image.
bool accompanies(const ParquetColumn& column) {
  constexpr std::array<std::string_view, 18> kWords{
      "annotation", "mask", "seg",    "depth", "label",  "condition", "control", "crop", "thumb",
      "normal",     "edge", "sketch", "pose",  "target", "before",    "source",  "map",  "small"};
  std::string name = column_name(column);
  std::ranges::transform(name, name.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

/// Which of the columns that may be images is the image.
int choose_image(const ColumnList& columns, const std::vector<int>& candidates) {
  const auto is_candidate = [&](const ParquetColumn& column) {
    const auto place = static_cast<int>(&column - columns.data());
    return std::ranges::find(candidates, place) != candidates.end();
  };
  const int named = find_name(columns, kImageNames, is_candidate);
  if (named >= 0) return named;
  const auto is_struct = [](const ParquetColumn& column) {
    return column.path.ends_with(".bytes");
  };
  for (const bool accompanying : {false, true}) {
    for (const bool structs : {true, false}) {
      const int found = find_if(columns, [&](const ParquetColumn& column) {
        return is_candidate(column) && is_struct(column) == structs &&
               (accompanying || !accompanies(column));
      });
      if (found >= 0) return found;
    }
  }
  return -1;
}

bool has_words(const ParquetColumn& column) {
  return column.whole_number || column.binary || column.real_number || column.truth;
}

bool can_label(const ParquetColumn& column) {
  return has_words(column) && !column.list;
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

/// By {"info": {"features": {NAME: {"_type": …}}}}: the label, and the columns of images.
std::vector<int> by_features(const ColumnList& columns, const std::string& text,
                             ParquetColumns& chosen) try {
  std::vector<int> images;
  const auto document = core::parse_json<nlohmann::json>(text);
  const auto& features = document.at("info").at("features");
  std::string label;
  for (const auto& [name, feature] : features.items()) {
    if (!feature.is_object() || !feature.contains("_type")) continue;
    if (feature["_type"] == "Image") {
      const int column = std::max(find_path(columns, name + ".bytes"), find_path(columns, name));
      if (column >= 0 && columns[static_cast<std::size_t>(column)].binary) images.push_back(column);
    }
    const bool better =
        label.empty() || name == "label" || (name == "fine_label" && label != "label");
    if (feature["_type"] == "ClassLabel" && better) label = name;
  }
  if (!label.empty()) take_class_label(columns, label, features.at(label), chosen);
  std::ranges::sort(images);  // as they stand in the file, not by alphabet
  return images;
} catch (const std::exception&) {
  chosen = {};
  return {};  // somebody else's entry of that name
}

std::vector<int> binary_columns(const ColumnList& columns) {
  std::vector<int> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& column = columns[i];
    if (column.binary && !column.text && !column.list) found.push_back(static_cast<int>(i));
  }
  return found;
}

/// "label" of "label.list.element" and of "label.id".
std::string_view first_name(const ParquetColumn& column) {
  return std::string_view(column.path).substr(0, column.path.find('.'));
}

/// A list or a struct that is called like a label, or like several.
bool is_nested_label(const ParquetColumn& column) {
  const auto name = first_name(column);
  if (name.size() == column.path.size()) return false;
  return std::ranges::any_of(kLabelNames, [&](std::string_view known) {
    return equal_in_any_case(name, known) ||
           (name.size() == known.size() + 1 && name.back() == 's' &&
            equal_in_any_case(name.substr(0, known.size()), known));
  });
}

/// The names of classes of a list, of which the features tell one level further in.
std::vector<std::string> classes_of_list(const std::string& text, std::string_view name) try {
  const auto document = core::parse_json<nlohmann::json>(text);
  auto feature = document.at("info").at("features").at(std::string(name));
  feature = feature.is_array() ? feature.at(0) : feature.at("feature");
  return feature.at("names").get<std::vector<std::string>>();
} catch (const std::exception&) {
  return {};
}

/// Where no column is a plain label.
void choose_nested_label(const ColumnList& columns, const std::string& hugging_face,
                         ParquetColumns& chosen) {
  const int found = find_if(columns, [&](const ParquetColumn& column) {
    const bool image = find_path(columns, std::string(first_name(column)) + ".bytes") >= 0;
    return is_nested_label(column) && !image;
  });
  if (found < 0) return;
  const auto& column = columns[static_cast<std::size_t>(found)];
  if (!column.list || column.nested || !has_words(column)) {
    chosen.odd_label = found;
    return;
  }
  chosen.label = found;
  chosen.label_is_list = true;
  chosen.classes = classes_of_list(hugging_face, first_name(column));
}

}  // namespace

int find_texts(const std::vector<ParquetColumn>& columns, std::span<const std::string_view> names) {
  for (const auto name : names) {
    const int found = find_if(columns, [&](const auto& column) {
      return column.binary && column.text && !column.nested &&
             equal_in_any_case(column.list ? first_name(column) : column.path, name);
    });
    if (found >= 0) return found;
  }
  return -1;
}

std::string column_name(const ParquetColumn& column) {
  constexpr std::string_view kEnding = ".bytes";
  const bool part = column.path.size() > kEnding.size() && column.path.ends_with(kEnding);
  return part ? column.path.substr(0, column.path.size() - kEnding.size()) : column.path;
}

ParquetColumns choose_columns(const ColumnList& columns, const std::string& hugging_face) {
  ParquetColumns chosen;
  std::vector<int> images;
  if (!hugging_face.empty()) images = by_features(columns, hugging_face, chosen);
  if (images.empty()) images = binary_columns(columns);
  chosen.image = choose_image(columns, images);
  std::ranges::copy_if(images, std::back_inserter(chosen.other_images),
                       [&](int column) { return column != chosen.image; });
  if (chosen.label < 0) {
    chosen.label = find_name(columns, kLabelNames, [&](const ParquetColumn& column) {
      const auto place = static_cast<int>(&column - columns.data());
      return can_label(column) && std::ranges::find(images, place) == images.end();
    });
  }
  if (chosen.label < 0) choose_nested_label(columns, hugging_face, chosen);
  return chosen;
}

}  // namespace dbot::data
