#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "dbot/methods/draws.h"
#include "dbot/runtime/precision.h"

// What a method shows of itself, as neutral values.
//
// Design goals: a method says what there is to see; how it looks on paper, in a file or on a page
// is the report's business. One kind serves many systems: a matrix is a confusion matrix or the
// overlap of masks.
// Non-goals: colours, sizes, files. Texts may hold anything, say the name of a class of the data.
// Tensors lie in the machine's own memory.
namespace dbot::methods {

/// Pixels of an exhibit are uint8, or floating-point in 0…1. Of 1 or 3 channels all are shown, of
/// others those that `report.channels` chooses.
struct ImageStrip {
  at::Tensor images;               // [images, channels, height, width], from left to right
  std::vector<std::string> names;  // of each: "mixture", "first image"; empty: without names
};

/// A clip over time, or several views of it, one below the other.
struct Frames {
  at::Tensor frames;              // [rows, frames, channels, height, width]
  std::vector<std::string> rows;  // of each: "clip", "visible", "prediction"; empty: without names
};

/// Words or parts of words, some of which were hidden.
struct HiddenText {
  struct Word {
    std::string text;
    bool hidden = false;
    std::string predicted = {};  // for a hidden one; empty: nothing
    bool continues = false;      // the word before it goes on: no space between them
  };
  std::vector<Word> words;
};

struct Matrix {
  std::vector<double> values;  // row by row; NaN: a cell without a value
  std::vector<std::string> rows, columns;
  std::string row_title = {}, column_title = {};  // "true class", "predicted class"
  /// The ends of the scale; NaN: the lowest and the highest value.
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

struct Curves {
  struct Line {
    std::string name;
    std::vector<double> x, y;  // as many of both, x rising; NaN: a gap
  };
  std::vector<Line> lines;
  std::string x_title = {}, y_title = {};
};

struct Points {
  struct Point {
    double x = 0, y = 0;
    std::int64_t label = -1;  // place in `labels`; −1: none
    std::string name = {};
  };
  std::vector<Point> points;
  std::vector<std::string> labels = {};
  std::string x_title = {}, y_title = {};
};

/// Solids side by side, seen from one place and at one scale.
struct Meshes {
  struct Mesh {
    at::Tensor vertices;   // float [vertices, 3]; z is up
    at::Tensor triangles;  // int64 [triangles, 3]: rows of `vertices`
    at::Tensor labels =
        {};  // int64 [triangles], each label a colour, −1: grey; undefined: all grey
    std::string name = {};
  };
  std::vector<Mesh> meshes;
};

struct Exhibit {
  std::string name = {};     // of the sample it is of; may be empty
  std::string caption = {};  // what is seen, in a few words; may be empty
  std::variant<ImageStrip, Frames, HiddenText, Matrix, Curves, Points, Meshes> content;
};

/// Exhibits that belong together under one heading.
struct ExhibitGroup {
  std::string kind;         // names it among a method's groups: a–z, 0–9 and _, "confusion"
  std::string title;        // a heading
  std::string explanation;  // what to look for, one or two sentences
  std::vector<Exhibit> exhibits;
};

using Gallery = std::vector<ExhibitGroup>;

/// What is known of the batch that a gallery shows.
struct GalleryContext {
  DrawContext draws;  // the same at every moment of a run
  runtime::Precision precision = runtime::Precision::fp32;
  std::vector<std::string> names = {};    // of the batch's samples
  std::vector<std::string> classes = {};  // that its labels name; empty: there are none
};

}  // namespace dbot::methods
