#include "dbot/report/pictures/exhibits/exhibit_checks.h"

#include <ATen/TensorOperators.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dbot/core/error.h"

namespace dbot::report {
namespace {

std::string shape_of(const at::Tensor& tensor) {
  if (!tensor.defined()) return "nothing";
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

/// One overload a kind of exhibit.
struct Check {
  const std::string& kind;

  void operator()(const methods::ImageStrip& strip) const {
    pixels(strip.images, 4);
    names(strip.names, static_cast<std::size_t>(strip.images.size(0)), "images");
  }

  void operator()(const methods::Frames& frames) const {
    pixels(frames.frames, 5);
    names(frames.rows, static_cast<std::size_t>(frames.frames.size(0)), "rows");
  }

  void operator()(const methods::HiddenText&) const {}

  void operator()(const methods::Matrix& matrix) const {
    const std::size_t cells = matrix.rows.size() * matrix.columns.size();
    require(matrix.values.size() == cells,
            fmt::format("a matrix of {} values has {} × {} names", matrix.values.size(),
                        matrix.rows.size(), matrix.columns.size()));
  }

  void operator()(const methods::Curves& curves) const {
    for (const auto& line : curves.lines) {
      require(line.x.size() == line.y.size(),
              fmt::format("a line has {} x and {} y", line.x.size(), line.y.size()));
    }
  }

  void operator()(const methods::Points& points) const {
    const auto labels = static_cast<std::int64_t>(points.labels.size());
    for (const auto& point : points.points) {
      require(point.label >= -1 && point.label < labels,
              fmt::format("a point has label {} of {}", point.label, labels));
    }
  }

  void operator()(const methods::Meshes& meshes) const {
    require(!meshes.meshes.empty(), "there is no mesh");
    for (const auto& mesh : meshes.meshes) {
      const auto rows_of_3 = [](const at::Tensor& tensor) {
        return tensor.defined() && tensor.dim() == 2 && tensor.size(1) == 3;
      };
      require(rows_of_3(mesh.vertices) && rows_of_3(mesh.triangles),
              fmt::format("a mesh has vertices {} and triangles {}, expected rows of 3",
                          shape_of(mesh.vertices), shape_of(mesh.triangles)));
      const bool any = mesh.triangles.numel() > 0;
      require(!any || (mesh.triangles.min().item<std::int64_t>() >= 0 &&
                       mesh.triangles.max().item<std::int64_t>() < mesh.vertices.size(0)),
              "a triangle has a corner that is no vertex");
      require(!mesh.labels.defined() || mesh.labels.numel() == mesh.triangles.size(0),
              fmt::format("{} triangles have labels {}", mesh.triangles.size(0),
                          shape_of(mesh.labels)));
    }
  }

 private:
  void require(bool holds, const std::string& fault) const {
    if (holds) return;
    throw Error({.operation = "gallery",
                 .subject = fmt::format("an exhibit of \"{}\"", kind),
                 .reason = "cannot be drawn: " + fault});
  }

  void pixels(const at::Tensor& images, std::int64_t dimensions) const {
    const bool fits =
        images.defined() && images.dim() == dimensions && images.numel() > 0 &&
        (images.scalar_type() == at::kByte || at::isFloatingType(images.scalar_type()));
    require(fits, fmt::format("images have the shape {}, expected {} extents of uint8 or "
                              "floating-point pixels",
                              shape_of(images), dimensions));
  }

  void names(const std::vector<std::string>& given, std::size_t count, const char* what) const {
    require(given.empty() || given.size() == count,
            fmt::format("{} {} have {} names", count, what, given.size()));
  }
};

}  // namespace

void check_exhibit(const std::string& kind, const methods::Exhibit& exhibit) {
  std::visit(Check{kind}, exhibit.content);
}

}  // namespace dbot::report
