#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dbot/data/image/image.h"

namespace dbot::report {

/// What browsers show, by the ending of its files.
struct PictureKind {
  std::string_view ending;  // ".png"
  std::string_view type;    // "image/png"
};

/// The kind that the first bytes of a file tell: PNG, WebP or JPEG; empty for all else.
std::optional<PictureKind> picture_kind(std::string_view bytes);

/// Whether files of this name may be shown.
bool has_picture_ending(std::string_view name);

struct PictureFile {
  std::string bytes;
  PictureKind kind;
};

/// Drawn pictures become PNG, pixel for pixel; photographs, of which that would be large, WebP. RGB
/// or grey. Throws Error if the image is empty, too large or inconsistent.
PictureFile encode_picture(const data::Image& image);

}  // namespace dbot::report
