#include "dbot/report/pictures/exhibits/mesh_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "dbot/report/pictures/canvas.h"

namespace dbot::report {
namespace {

using Vector = std::array<double, 3>;

constexpr std::int64_t kFiner = 2;  // drawn at twice the size, then shrunk: smooth edges
constexpr double kMargin = 0.06;    // of the side
constexpr double kAmbient = 0.35;
constexpr Colour kUnlabelled{168, 176, 190};
// After Okabe and Ito: told apart also by those who do not see every colour.
constexpr std::array<Colour, 8> kLabels{{{86, 180, 233},
                                         {230, 159, 0},
                                         {0, 158, 115},
                                         {204, 121, 167},
                                         {240, 228, 66},
                                         {0, 114, 178},
                                         {213, 94, 0},
                                         {120, 94, 240}}};

Vector operator-(const Vector& a, const Vector& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Vector unit(const Vector& a) {
  const double length = std::sqrt(dot(a, a));
  return length > 0 ? Vector{a[0] / length, a[1] / length, a[2] / length} : a;
}
bool is_finite(const Vector& a) {
  return std::isfinite(a[0]) && std::isfinite(a[1]) && std::isfinite(a[2]);
}

/// What a solid looks like to the viewer: right, up, and towards the viewer.
struct Seen {
  std::vector<Vector> vertices;
  std::vector<std::array<std::size_t, 3>> triangles;
  std::vector<Colour> colours;  // of the triangles
};

Seen look_at(const methods::Meshes::Mesh& mesh) {
  const Vector towards = unit({1, -1.4, 0.9});
  const Vector right = unit(cross({0, 0, 1}, towards)), up = cross(towards, right);
  const at::Tensor places = mesh.vertices.to(at::kDouble).contiguous();
  const at::Tensor corners = mesh.triangles.to(at::kLong).contiguous();
  Seen seen;
  const double* place = places.const_data_ptr<double>();
  for (std::int64_t i = 0; i < places.size(0); ++i, place += 3) {
    const Vector at{place[0], place[1], place[2]};
    seen.vertices.push_back({dot(at, right), dot(at, up), dot(at, towards)});
  }
  const at::Tensor labels =
      mesh.labels.defined() ? mesh.labels.to(at::kLong).contiguous() : at::Tensor();
  const auto* corner = corners.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < corners.size(0); ++i, corner += 3) {
    std::array<std::size_t, 3> triangle{};
    std::copy_n(corner, 3, triangle.begin());
    if (!std::ranges::all_of(triangle, [&](auto at) { return is_finite(seen.vertices[at]); }))
      continue;
    const std::int64_t label = labels.defined() ? labels.const_data_ptr<std::int64_t>()[i] : -1;
    seen.triangles.push_back(triangle);
    seen.colours.push_back(label < 0 ? kUnlabelled
                                     : kLabels[static_cast<std::size_t>(label) % kLabels.size()]);
  }
  return seen;
}

/// From the viewer's plane to pixels, the same for all solids; each is centred in its square.
double pixels_per_unit(const std::vector<Seen>& all, double side, std::vector<Vector>& centres) {
  double extent = 0;
  for (const Seen& seen : all) {
    constexpr double kFar = std::numeric_limits<double>::infinity();
    Vector low{kFar, kFar, kFar}, high{-kFar, -kFar, -kFar};
    for (const auto& triangle : seen.triangles) {
      for (const std::size_t corner : triangle) {
        for (std::size_t axis = 0; axis < 3; ++axis) {
          low[axis] = std::min(low[axis], seen.vertices[corner][axis]);
          high[axis] = std::max(high[axis], seen.vertices[corner][axis]);
        }
      }
    }
    centres.push_back({(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, 0});
    if (seen.triangles.empty()) continue;
    extent = std::max({extent, high[0] - low[0], high[1] - low[1]});
  }
  return extent > 0 ? (1 - 2 * kMargin) * side / extent : 0;
}

/// A square canvas that keeps of each pixel what is nearest to the viewer.
class Raster {
 public:
  explicit Raster(std::int64_t side)
      : image_(plain_image({side, side}, {255, 255, 255})),
        depth_(static_cast<std::size_t>(side * side), -std::numeric_limits<double>::infinity()) {}

  /// Corners in pixels, y downwards, and depth.
  void fill(const std::array<Vector, 3>& corners, Colour colour) {
    const auto& [a, b, c] = corners;
    const double area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if (area == 0) return;
    const auto bound = [this](double value) {
      return static_cast<std::int64_t>(std::clamp(value, 0.0, static_cast<double>(image_.width)));
    };
    const std::int64_t left = bound(std::floor(std::min({a[0], b[0], c[0]})));
    const std::int64_t right = bound(std::ceil(std::max({a[0], b[0], c[0]})));
    const std::int64_t top = bound(std::floor(std::min({a[1], b[1], c[1]})));
    const std::int64_t bottom = bound(std::ceil(std::max({a[1], b[1], c[1]})));
    for (std::int64_t y = top; y < bottom; ++y) {
      for (std::int64_t x = left; x < right; ++x) {
        const double px = static_cast<double>(x) + 0.5, py = static_cast<double>(y) + 0.5;
        const double of_b = ((px - a[0]) * (c[1] - a[1]) - (py - a[1]) * (c[0] - a[0])) / area;
        const double of_c = ((b[0] - a[0]) * (py - a[1]) - (b[1] - a[1]) * (px - a[0])) / area;
        const double of_a = 1 - of_b - of_c;
        if (of_a < 0 || of_b < 0 || of_c < 0) continue;
        set(x, y, of_a * a[2] + of_b * b[2] + of_c * c[2], colour);
      }
    }
  }

  const data::Image& image() const { return image_; }

 private:
  void set(std::int64_t x, std::int64_t y, double depth, Colour colour) {
    const auto at = static_cast<std::size_t>(y * image_.width + x);
    if (depth <= depth_[at]) return;
    depth_[at] = depth;
    image_.pixels[3 * at] = colour.red;
    image_.pixels[3 * at + 1] = colour.green;
    image_.pixels[3 * at + 2] = colour.blue;
  }

  data::Image image_;
  std::vector<double> depth_;
};

Colour lit(Colour colour, const std::array<Vector, 3>& corners) {
  const Vector light = unit({-0.4, 0.5, 1});  // right, up, towards the viewer
  const Vector normal = unit(cross(corners[1] - corners[0], corners[2] - corners[0]));
  const double share = kAmbient + (1 - kAmbient) * std::abs(dot(normal, light));
  const auto shaded = [share](std::uint8_t value) {
    return static_cast<std::uint8_t>(std::lround(share * value));
  };
  return {shaded(colour.red), shaded(colour.green), shaded(colour.blue)};
}

}  // namespace

data::Image mesh_picture(const methods::Meshes& meshes, std::int64_t side) {
  std::vector<Seen> all;
  for (const methods::Meshes::Mesh& mesh : meshes.meshes) all.push_back(look_at(mesh));
  std::vector<Vector> centres;
  const double fine_side = static_cast<double>(kFiner * side);
  const double scale = pixels_per_unit(all, fine_side, centres);
  std::vector<data::Image> tiles;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Raster raster(kFiner * side);
    for (std::size_t t = 0; t < all[i].triangles.size(); ++t) {
      std::array<Vector, 3> corners, pixels;
      for (std::size_t corner = 0; corner < 3; ++corner) {
        corners[corner] = all[i].vertices[all[i].triangles[t][corner]];
        const Vector from_centre = corners[corner] - centres[i];
        pixels[corner] = {fine_side / 2 + scale * from_centre[0],
                          fine_side / 2 - scale * from_centre[1], from_centre[2]};
      }
      raster.fill(pixels, lit(all[i].colours[t], corners));
    }
    tiles.push_back(resized(raster.image(), {side, side}));
  }
  return strip(tiles);
}

}  // namespace dbot::report
