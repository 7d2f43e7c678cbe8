#include "dbot/data/sources/folder/mask_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/sources/file_bytes.h"
#include "dbot/data/sources/folder/few_values.h"
#include "dbot/data/sources/in_parallel.h"

namespace dbot::data {
namespace {

constexpr std::size_t kMostLookedAt = 1024;  // candidates that are read one by one
constexpr int kReadingThreads = 8;

/// What a mask's name has behind the photograph's.
constexpr std::array<std::string_view, 21> kMaskWords{
    "mask",  "masks",  "seg",       "segm",   "segmentation", "semantic", "instance",
    "label", "labels", "labelids",  "gt",     "groundtruth",  "truth",    "annotation",
    "depth", "disp",   "disparity", "trimap", "matte",        "index",    "ids"};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return lower;
}

std::string_view stem_of(std::string_view name) {
  return name.substr(0, name.rfind('.'));
}

/// The stem without the words of masks at its end; as it is where there are none.
std::string_view without_mask_words(std::string_view stem) {
  for (;;) {
    const auto sign = stem.find_last_of("_-. /");
    if (sign == std::string_view::npos || sign == 0 || stem[sign] == '/') return stem;
    const auto word = lower_case(stem.substr(sign + 1));
    if (std::ranges::find(kMaskWords, word) == kMaskWords.end()) return stem;
    stem = stem.substr(0, sign);
  }
}

struct Candidate {
  std::size_t place = 0;
  bool named = false;  // its name says what it is
};

/// PNG files that have the name of a photograph beside them.
std::vector<Candidate> candidates(const core::TextList& names) {
  std::vector<Candidate> found;
  bool other_kinds = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool png = kind_of_extension(names[i]) == "PNG";
    other_kinds = other_kinds || !png;
    const auto stem = stem_of(names[i]);
    if (png) found.push_back({i, without_mask_words(stem).size() < stem.size()});
  }
  // Of PNG files alone those count whose names say it.
  if (!other_kinds) std::erase_if(found, [](const Candidate& one) { return !one.named; });
  if (found.empty()) return found;
  std::unordered_set<std::string_view> photographs, images;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto stem = stem_of(names[i]);
    images.insert(stem);
    if (kind_of_extension(names[i]) != "PNG") photographs.insert(stem);
  }
  std::erase_if(found, [&](const Candidate& one) {
    const auto stem = stem_of(names[one.place]);
    if (!one.named) return !photographs.contains(stem);
    return !images.contains(without_mask_words(stem));
  });
  return found;
}

/// True if its three channels are one.
bool is_grey(const Image& image) {
  const auto& pixels = image.pixels;
  for (std::size_t i = 0; i + 2 < pixels.size(); i += 3) {
    if (pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2]) return false;
  }
  return true;
}

bool looks_like_mask(const std::string& path, bool named) {
  try {
    std::vector<std::uint8_t> bytes;
    read_file_bytes(path, bytes);
    const auto stored = open_reader(bytes, 3, path)->stored_pixels();
    const bool one_channel = stored.channels == 1 || stored.palette;
    if (one_channel && named) return true;
    if (!one_channel && !named) return false;
    const auto decode = [&](const PixelFormat& format) {
      return decode_image(bytes, format, path);
    };
    return has_few_values(decode) || (named && is_grey(decode(3)));
  } catch (const Error&) {
    return false;  // the loader says what is wrong with it
  }
}

}  // namespace

std::vector<std::size_t> find_masks(const std::filesystem::path& folder,
                                    const core::TextList& names) {
  const auto found = candidates(names);
  std::vector<char> is_mask(found.size());
  const auto look_at = [&](std::size_t begin, std::size_t stride) {
    in_parallel((found.size() - begin + stride - 1) / stride, kReadingThreads, [&](std::size_t k) {
      const auto at = begin + k * stride;
      const auto& [place, named] = found[at];
      is_mask[at] = looks_like_mask((folder / names[place]).string(), named) ? 1 : 0;
    });
  };
  if (found.empty()) return {};
  const std::size_t stride = (found.size() + kMostLookedAt - 1) / kMostLookedAt;
  look_at(0, stride);
  if (stride > 1) {
    const auto looked_at = static_cast<std::ptrdiff_t>((found.size() + stride - 1) / stride);
    const auto masks = std::ranges::count(is_mask, char{1});
    if (masks == looked_at) {
      std::ranges::fill(is_mask, char{1});
    } else if (masks > 0) {
      look_at(0, 1);  // some are, some are not
    }
  }
  std::vector<std::size_t> masks;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (is_mask[i] != 0) masks.push_back(found[i].place);
  }
  return masks;
}

}  // namespace dbot::data
