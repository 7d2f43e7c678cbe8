#include "dbot/data/image/unread_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace dbot::data {
namespace {

struct UnreadExtension {
  std::string_view text;
  std::size_t kind;  // place in kUnreadKinds
};

constexpr std::array<UnreadExtension, 13> kUnreadExtensions{{{".heic", 0},
                                                             {".heif", 0},
                                                             {".hif", 0},
                                                             {".avif", 1},
                                                             {".avifs", 1},
                                                             {".gif", 2},
                                                             {".jp2", 3},
                                                             {".j2k", 3},
                                                             {".jpf", 3},
                                                             {".jpx", 3},
                                                             {".j2c", 3},
                                                             {".jpc", 3},
                                                             {".jxl", 4}}};

/// Programs that most people can have; the distributions' packages are in brackets.
constexpr std::array<std::string_view, kUnreadKinds.size()> unread_converters{
    "heif-convert IN.heic OUT.png (libheif-examples)", "avifdec IN.avif OUT.png (libavif-bin)",
    "ffmpeg -i IN.gif OUT-%04d.png (ffmpeg)",
    "opj_decompress -i IN.jp2 -o OUT.png "
    "(libopenjp2-tools)",
    "djxl IN.jxl OUT.png (libjxl-tools)"};

}  // namespace

void UnreadImages::add(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return;
  const auto ending = file_name.substr(dot);
  const auto found = std::ranges::find_if(kUnreadExtensions, [&](const UnreadExtension& one) {
    return std::ranges::equal(ending, one.text, [](unsigned char a, char b) {
      return static_cast<char>(std::tolower(a)) == b;
    });
  });
  if (found != kUnreadExtensions.end()) ++of_kind[found->kind];
}

UnreadImages& UnreadImages::operator+=(const UnreadImages& other) {
  for (std::size_t i = 0; i < of_kind.size(); ++i) of_kind[i] += other.of_kind[i];
  return *this;
}

std::int64_t UnreadImages::total() const {
  return std::accumulate(of_kind.begin(), of_kind.end(), std::int64_t{0});
}

std::string UnreadImages::told() const {
  if (total() == 0) return {};
  std::string counts, ways;
  for (std::size_t i = 0; i < of_kind.size(); ++i) {
    if (of_kind[i] == 0) continue;
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", of_kind[i], kUnreadKinds[i]);
    ways += fmt::format("{}{}", ways.empty() ? "" : ", ", unread_converters[i]);
  }
  return fmt::format("{} images are passed over, as their kind is not read; convert them: {}",
                     counts, ways);
}

}  // namespace dbot::data
