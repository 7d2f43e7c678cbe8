#include "dbot/report/pictures/exhibits/draw_gallery.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/report/pictures/exhibits/exhibit_checks.h"
#include "dbot/report/pictures/exhibits/mesh_picture.h"
#include "dbot/report/pictures/exhibits/tile_sheet.h"
#include "dbot/report/pictures/set/exhibit_json.h"
#include "dbot/report/pictures/set/write_picture.h"

namespace dbot::report {
namespace {

namespace limits = exhibit_limits;

constexpr std::int64_t kMeshSide = 256;
constexpr std::size_t kLongestText = 2000;  // bytes of a name, caption or word

std::string bounded_text(const std::string& text) {
  return text.size() <= kLongestText ? text : text.substr(0, kLongestText) + "…";
}

std::vector<std::string> bounded_texts(const std::vector<std::string>& all, std::size_t most) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i) {
    result.push_back(bounded_text(all[i]));
  }
  return result;
}

/// Six digits: what a page can show, in a file that is not twice as long.
double six_digits(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  const double power = std::floor(std::log10(std::abs(value))) - 5;
  const double unit = std::pow(10.0, std::abs(power));
  // A division is rounded right: 0.7 stays 0.7.
  const double rounded =
      power > 0 ? std::round(value / unit) * unit : std::round(value * unit) / unit;
  return std::isfinite(rounded) ? rounded : value;
}

/// `count` places of `size`, evenly spread, the first and the last among them.
std::vector<std::int64_t> spread(std::int64_t size, std::int64_t count) {
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < std::min(size, count); ++i) {
    places.push_back(size <= count ? i : i * (size - 1) / std::max<std::int64_t>(1, count - 1));
  }
  return places;
}

/// Draws the exhibits of a gallery one by one and keeps to what a moment may hold.
class GalleryDrawing {
 public:
  GalleryDrawing(const std::filesystem::path& folder, const std::vector<std::int64_t>& channels)
      : folder_(folder), channels_(channels) {}

  ShownGroup draw(const methods::ExhibitGroup& group) {
    ShownGroup shown{group.kind, bounded_text(group.title), bounded_text(group.explanation), {}};
    kind_ = group.kind;
    for (const methods::Exhibit& exhibit :
         std::span(group.exhibits).first(std::min(group.exhibits.size(), limits::kExhibits))) {
      check_exhibit(kind_, exhibit);
      cuts_.clear();
      if (auto one = draw(exhibit)) {
        shown.exhibits.push_back(std::move(*one));
      } else {
        ++too_large_;
      }
    }
    if (group.exhibits.size() > limits::kExhibits) {
      left_out_.push_back(fmt::format("{}: {} of {} exhibits; a group holds {}", kind_,
                                      group.exhibits.size() - limits::kExhibits,
                                      group.exhibits.size(), limits::kExhibits));
    }
    return shown;
  }

  std::vector<std::string> left_out() {
    if (too_large_ > 0) {
      left_out_.push_back(
          fmt::format("{} exhibits: a moment holds {} million pixels of them and "
                      "{} MB of values",
                      too_large_, limits::kPixels / 1000000, limits::kBytes / 1000000));
    }
    return std::move(left_out_);
  }

 private:
  using Content = std::optional<decltype(ShownExhibit::content)>;  // empty: no room for it

  /// Empty where the moment has no room for it.
  std::optional<ShownExhibit> draw(const methods::Exhibit& exhibit) {
    cuts_.clear();
    auto content = std::visit([this](const auto& one) { return content_of(one); }, exhibit.content);
    if (!content) return std::nullopt;
    ShownExhibit shown{bounded_text(exhibit.name), caption_of(exhibit.caption),
                       std::move(*content)};
    using Json = nlohmann::ordered_json;
    bytes_ += exhibit_json(shown).dump(-1, ' ', false, Json::error_handler_t::replace).size();
    if (bytes_ > limits::kBytes) return std::nullopt;
    return shown;
  }

  /// Remembers for the caption that only some were drawn.
  std::size_t cut(std::size_t count, std::size_t most, const char* what) {
    std::string remark = fmt::format("{} of {} {}", most, count, what);
    const bool said = std::ranges::find(cuts_, remark) != cuts_.end();
    if (count > most && !said) cuts_.push_back(std::move(remark));
    return std::min(count, most);
  }
  std::int64_t cut(std::int64_t count, std::size_t most, const char* what) {
    return static_cast<std::int64_t>(cut(static_cast<std::size_t>(count), most, what));
  }

  std::string caption_of(const std::string& caption) const {
    std::string text = bounded_text(caption);
    for (const std::string& remark : cuts_) text += (text.empty() ? "" : "; ") + remark;
    return text;
  }

  Content drawn(DrawnExhibit::Kind kind, const data::Image& image, std::vector<std::string> parts) {
    const auto pixels = static_cast<std::size_t>(image.width) * image.height;
    if (pixels_ + pixels > limits::kPixels) return std::nullopt;
    pixels_ += pixels;
    const Picture picture = write_picture(folder_, "exhibit-" + kind_, number_++, image, "", "");
    return DrawnExhibit{kind, picture.file, std::move(parts)};
  }

  Content content_of(const methods::ImageStrip& strip) {
    const std::int64_t count = cut(strip.images.size(0), limits::kTiles, "images");
    return drawn(DrawnExhibit::Kind::strip,
                 tile_sheet(strip.images.narrow(0, 0, count).unsqueeze(0), channels_),
                 bounded_texts(strip.names, limits::kTiles));
  }

  Content content_of(const methods::Frames& frames) {
    const std::int64_t rows = cut(frames.frames.size(0), limits::kRows, "rows");
    const std::int64_t count = cut(frames.frames.size(1), limits::kFrames, "frames");
    const at::Tensor chosen =
        frames.frames.narrow(0, 0, rows)
            .index_select(1, at::tensor(spread(frames.frames.size(1), count), at::kLong));
    return drawn(DrawnExhibit::Kind::frames, tile_sheet(chosen, channels_),
                 bounded_texts(frames.rows, limits::kRows));
  }

  Content content_of(const methods::Meshes& meshes) {
    methods::Meshes shown = meshes;
    shown.meshes.resize(cut(shown.meshes.size(), limits::kRows, "solids"));
    std::vector<std::string> names;
    for (auto& mesh : shown.meshes) {
      const std::int64_t count = cut(mesh.triangles.size(0), limits::kTriangles, "triangles");
      mesh.triangles = mesh.triangles.narrow(0, 0, count);
      names.push_back(bounded_text(mesh.name));
    }
    return drawn(DrawnExhibit::Kind::mesh, mesh_picture(shown, kMeshSide), std::move(names));
  }

  Content content_of(const methods::HiddenText& text) {
    methods::HiddenText shown = text;
    shown.words.resize(cut(shown.words.size(), limits::kWords, "words"));
    for (auto& word : shown.words) {
      word.text = bounded_text(word.text);
      word.predicted = bounded_text(word.predicted);
    }
    return shown;
  }

  Content content_of(const methods::Matrix& matrix) {
    const std::size_t rows = cut(matrix.rows.size(), limits::kSide, "rows");
    const std::size_t columns = cut(matrix.columns.size(), limits::kSide, "columns");
    methods::Matrix shown{.values = {},
                          .rows = bounded_texts(matrix.rows, rows),
                          .columns = bounded_texts(matrix.columns, columns),
                          .row_title = bounded_text(matrix.row_title),
                          .column_title = bounded_text(matrix.column_title),
                          .low = matrix.low,
                          .high = matrix.high};
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        shown.values.push_back(six_digits(matrix.values[row * matrix.columns.size() + column]));
      }
    }
    return shown;
  }

  Content content_of(const methods::Curves& curves) {
    methods::Curves shown{.lines = {},
                          .x_title = bounded_text(curves.x_title),
                          .y_title = bounded_text(curves.y_title)};
    const std::size_t lines = cut(curves.lines.size(), limits::kLines, "lines");
    for (std::size_t i = 0; i < lines; ++i) {
      const auto& line = curves.lines[i];
      cut(line.x.size(), limits::kLinePoints, "points of a line");
      methods::Curves::Line thin{.name = bounded_text(line.name), .x = {}, .y = {}};
      for (const std::int64_t place :
           spread(std::ssize(line.x), static_cast<std::int64_t>(limits::kLinePoints))) {
        thin.x.push_back(six_digits(line.x[static_cast<std::size_t>(place)]));
        thin.y.push_back(six_digits(line.y[static_cast<std::size_t>(place)]));
      }
      shown.lines.push_back(std::move(thin));
    }
    return shown;
  }

  Content content_of(const methods::Points& points) {
    methods::Points shown{.points = {},
                          .labels = bounded_texts(points.labels, limits::kLabels),
                          .x_title = bounded_text(points.x_title),
                          .y_title = bounded_text(points.y_title)};
    std::vector<methods::Points::Point> placed = points.points;
    std::erase_if(placed, [](const auto& point) {
      return !std::isfinite(point.x) || !std::isfinite(point.y);
    });
    if (placed.size() < points.points.size()) {
      cuts_.push_back(
          fmt::format("{} of {} points have a place", placed.size(), points.points.size()));
    }
    placed.resize(cut(placed.size(), limits::kPoints, "points"));
    for (const auto& point : placed) {
      const bool named = point.label < static_cast<std::int64_t>(shown.labels.size());
      shown.points.push_back({.x = six_digits(point.x),
                              .y = six_digits(point.y),
                              .label = named ? point.label : -1,
                              .name = bounded_text(point.name)});
    }
    return shown;
  }

  const std::filesystem::path& folder_;
  const std::vector<std::int64_t>& channels_;
  std::string kind_;               // of the group that is drawn
  std::vector<std::string> cuts_;  // of the exhibit that is drawn
  std::vector<std::string> left_out_;
  std::int64_t number_ = 0;
  std::size_t pixels_ = 0, bytes_ = 0, too_large_ = 0;
};

void check_kind(const std::string& kind) {
  const bool plain = !kind.empty() && kind.size() <= 64 && std::ranges::all_of(kind, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (plain) return;
  throw Error({.operation = "gallery",
               .subject = fmt::format("a group's kind is \"{}\"", kind),
               .reason = ", expected a–z, 0–9 and _"});
}

}  // namespace

ShownGallery draw_gallery(const methods::Gallery& gallery, const std::filesystem::path& folder,
                          const std::vector<std::int64_t>& channels) {
  const c10::NoGradGuard no_graph;
  ShownGallery shown;
  GalleryDrawing drawing(folder, channels);
  for (const methods::ExhibitGroup& group : gallery) {
    check_kind(group.kind);
    if (shown.groups.size() == limits::kGroups) break;
    shown.groups.push_back(drawing.draw(group));
  }
  shown.left_out = drawing.left_out();
  if (gallery.size() > limits::kGroups) {
    shown.left_out.push_back(fmt::format("{} of {} groups of exhibits; a moment holds {}",
                                         gallery.size() - limits::kGroups, gallery.size(),
                                         limits::kGroups));
  }
  return shown;
}

}  // namespace dbot::report
