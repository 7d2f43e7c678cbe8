#include "dbot/run/training_data/data_fingerprint.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <span>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/names_within.h"

namespace dbot::run {
namespace {

constexpr std::int64_t kMostPieces = 64;
constexpr std::int64_t kMostSizes = 8192;
constexpr std::size_t kDigits = 16;

std::string short_checksum(const std::string& text) {
  return core::checksum(std::as_bytes(std::span(text))).substr(0, kDigits);
}

/// Size of the encoded image, in an archive or a file of its own. If it has none, as in an IDX
/// file: its pixels, for the first of a piece; one that cannot be read is the business of whoever
/// trains on it.
std::string content_of(const data::Dataset& dataset, std::int64_t index, bool first) {
  if (const auto bytes = dataset.stored_bytes(index); bytes >= 0) return std::to_string(bytes);
  struct stat status {};
  const std::string name = dataset.name(index);
  if (::stat(name.c_str(), &status) == 0) return std::to_string(status.st_size);
  if (!first) return "";
  try {
    const auto pixels = data::load_image(dataset, index, 3).pixels;
    return core::checksum(std::as_bytes(std::span(pixels)));
  } catch (const Error&) {
    return "";
  }
}

/// The first piece that differs, −1 if there is none.
std::int64_t first_difference(const std::vector<std::string>& a,
                              const std::vector<std::string>& b) {
  const auto [at, other] = std::ranges::mismatch(a, b);
  return at == a.end() && other == b.end() ? -1 : at - a.begin();
}

}  // namespace

DataFingerprint fingerprint(const data::Dataset& dataset,
                            const std::vector<std::filesystem::path>& roots) {
  DataFingerprint result;
  result.images = dataset.size();
  while (result.piece * kMostPieces < result.images) result.piece *= 2;
  while (result.stride * kMostSizes < result.images) result.stride *= 2;
  const data::NamesWithin name_within(roots);
  for (std::int64_t begin = 0; begin < result.images; begin += result.piece) {
    std::string names, sizes;
    const std::int64_t end = std::min(begin + result.piece, result.images);
    for (std::int64_t index = begin; index < end; ++index) {
      names.append(name_within(dataset.name(index))).push_back('\0');
      if (index % result.stride != 0) continue;
      sizes.append(content_of(dataset, index, index == begin)).push_back('\0');
    }
    result.names.push_back(short_checksum(names));
    result.sizes.push_back(short_checksum(sizes));
  }
  return result;
}

std::string difference(const DataFingerprint& before, const DataFingerprint& now,
                       const data::Dataset& dataset) {
  std::string text;
  if (before.images != now.images) {
    text = fmt::format("there are {} images, it was begun with {}", now.images, before.images);
  }
  if (before.piece != now.piece) return text;
  const std::int64_t names = first_difference(before.names, now.names);
  const std::int64_t sizes =
      before.stride == now.stride ? first_difference(before.sizes, now.sizes) : -1;
  if (names < 0 && sizes < 0) return text;
  const std::int64_t begin = (names >= 0 ? names : sizes) * now.piece;
  if (!text.empty()) text += "; ";
  if (begin >= now.images)
    return text + fmt::format("all after {} are gone", dataset.name(now.images - 1));
  const std::int64_t last = std::min(begin + now.piece, now.images) - 1;
  return text + fmt::format("the first other {} is at or between {} and {}",
                            names >= 0 ? "name" : "content", dataset.name(begin),
                            dataset.name(last));
}

}  // namespace dbot::run
