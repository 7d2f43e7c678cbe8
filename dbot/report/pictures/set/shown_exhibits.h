#pragma once

#include <string>
#include <variant>
#include <vector>

#include "dbot/methods/exhibits.h"

namespace dbot::report {

/// An exhibit of pixels or solids, drawn into one picture.
struct DrawnExhibit {
  enum class Kind { strip, frames, mesh } kind = Kind::strip;
  std::string file;                // within the set's folder
  std::vector<std::string> parts;  // from left to right; of frames from top to bottom; may be empty
};

/// What a method has shown, as files hold it: pictures are drawn, all else are the values.
struct ShownExhibit {
  std::string name, caption;  // as in methods::Exhibit; never trusted
  std::variant<DrawnExhibit, methods::HiddenText, methods::Matrix, methods::Curves, methods::Points>
      content;
};

struct ShownGroup {
  std::string kind, title, explanation;
  std::vector<ShownExhibit> exhibits;
};

struct ShownGallery {
  std::vector<ShownGroup> groups;
  std::vector<std::string> left_out;  // what is not shown, in words
};

/// What a moment may hold. Galleries are cut to these, and files beyond them are not shown.
namespace exhibit_limits {
inline constexpr std::size_t kGroups = 16, kExhibits = 16;  // of a moment; of a group
inline constexpr std::size_t kTiles = 12, kRows = 6;        // images side by side; rows of frames
inline constexpr std::size_t kFrames = 16;                  // of a row
inline constexpr std::size_t kWords = 400;
inline constexpr std::size_t kSide = 128;  // rows and columns of a matrix
inline constexpr std::size_t kLines = 8, kLinePoints = 1000;
inline constexpr std::size_t kPoints = 2000, kLabels = 1000;
inline constexpr std::size_t kTriangles = 200000;  // of a mesh
inline constexpr std::size_t kPixels = 4000000;    // of all pictures of a moment
inline constexpr std::size_t kBytes = 4000000;     // of a moment's values, as JSON
}  // namespace exhibit_limits

}  // namespace dbot::report
