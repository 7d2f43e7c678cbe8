#include "tests/report/example_gallery.h"

#include <ATen/Functions.h>

#include <cmath>

namespace dbot::test {
namespace {

/// A pyramid of four triangles and its base.
methods::Meshes::Mesh pyramid(const std::string& name) {
  return {.vertices = at::tensor({-1.F, -1.F, 0.F, 1.F, -1.F, 0.F, 1.F, 1.F, 0.F, -1.F, 1.F, 0.F,
                                  0.F, 0.F, 2.F})
                          .view({5, 3}),
          .triangles = at::tensor({0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4, 0, 2, 1, 0, 3, 2}, at::kLong)
                           .view({6, 3}),
          .labels = at::tensor({0, 1, 2, 3, -1, -1}, at::kLong),
          .name = name};
}

}  // namespace

methods::Gallery example_gallery(const std::string& text) {
  const auto group = [&](const char* kind, auto content) {
    return methods::ExhibitGroup{
        .kind = kind,
        .title = std::string("Title of ") + kind,
        .explanation = text,
        .exhibits = {{.name = text, .caption = text, .content = std::move(content)}}};
  };
  const at::Tensor shades = at::arange(3 * 8 * 8).remainder(200).to(at::kByte).view({1, 3, 8, 8});
  return {group("strip", methods::ImageStrip{.images = shades.repeat({3, 1, 1, 1}),
                                             .names = {"mixture", "first", text}}),
          group("frames",
                methods::Frames{.frames = shades.repeat({2, 4, 1, 1, 1}), .rows = {"clip", text}}),
          group("text",
                methods::HiddenText{.words = {{.text = "a"},
                                              {.text = "dog", .hidden = true, .predicted = "dog"},
                                              {.text = "run", .hidden = true, .predicted = text},
                                              {.text = "s", .continues = true},
                                              {.text = text, .hidden = true}}}),
          group("matrix", methods::Matrix{.values = {0.9, 0.1, std::nan(""), 0.25, 0.5, 1},
                                          .rows = {"cat", text},
                                          .columns = {"cat", "dog", text},
                                          .row_title = "true class",
                                          .column_title = text}),
          group("curve",
                methods::Curves{.lines = {{.name = "F1", .x = {0, 0.5, 1}, .y = {0.2, 0.7, 0.1}},
                                          {.name = text, .x = {0, 1}, .y = {std::nan(""), 1}}},
                                .x_title = "threshold",
                                .y_title = text}),
          group("points", methods::Points{.points = {{.x = 1, .y = 2, .label = 0, .name = text},
                                                     {.x = 3, .y = -1, .label = 1},
                                                     {.x = 2, .y = 0.5}},
                                          .labels = {"rare", text},
                                          .x_title = "frequency",
                                          .y_title = "threshold"}),
          group("mesh", methods::Meshes{.meshes = {pyramid("solid"), pyramid(text)}})};
}

}  // namespace dbot::test
