#include "dbot/report/pictures/set/picture_file.h"

#include <algorithm>
#include <array>

#include "dbot/report/pictures/set/png_write.h"
#include "dbot/report/pictures/set/webp_write.h"

namespace dbot::report {
namespace {

constexpr PictureKind kPng{".png", "image/png"}, kWebp{".webp", "image/webp"},
    kJpeg{".jpg", "image/jpeg"};

// Below this a lossless file costs a page little: squares of small images stay sharp.
constexpr std::size_t kSmall = 12288;
constexpr float kQuality = 78;
// A loss of detail must be worth it.
constexpr double kWorthIt = 0.7;

}  // namespace

std::optional<PictureKind> picture_kind(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return kPng;
  if (bytes.starts_with("\xff\xd8\xff")) return kJpeg;
  if (bytes.starts_with("RIFF") &&
      bytes.substr(std::min<std::size_t>(8, bytes.size()), 4) == "WEBP")
    return kWebp;
  return std::nullopt;
}

bool has_picture_ending(std::string_view name) {
  constexpr std::array kinds{kPng, kWebp, kJpeg};
  return std::ranges::any_of(kinds,
                             [&](const PictureKind& kind) { return name.ends_with(kind.ending); });
}

PictureFile encode_picture(const data::Image& image) {
  PictureFile drawn{encode_png(image), kPng};
  if (image.channels != 3 || drawn.bytes.size() <= kSmall) return drawn;
  PictureFile photograph{encode_webp(image, kQuality), kWebp};
  const double worth_it = kWorthIt * static_cast<double>(drawn.bytes.size());
  return static_cast<double>(photograph.bytes.size()) < worth_it ? photograph : drawn;
}

}  // namespace dbot::report
