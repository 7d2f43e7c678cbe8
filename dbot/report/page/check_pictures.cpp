#include "dbot/report/page/check_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/report/pictures/set/picture_file.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

constexpr double longer_side = 128;
constexpr std::size_t most_pictures = 400;  // of a page that a phone can open

core::Size shown_size(const data::ImageFacts& facts) {
  // What is small is shown as it is: the page enlarges it.
  const double scale = std::min(1.0, longer_side / std::max(facts.width, facts.height));
  const auto side = [&](int pixels) {
    return std::max<std::int64_t>(1, std::lround(scale * pixels));
  };
  return {side(facts.height), side(facts.width)};
}

}  // namespace

PageJson CheckPictures::data_uri(std::int64_t image) {
  const auto found = made_.find(image);
  if (found != made_.end()) return found->second;
  if (made_.size() >= most_pictures || stop_.requested()) return nullptr;
  return made_[image] = make(image);
}

PageJson CheckPictures::make(std::int64_t image) const {
  const auto& facts = facts_[static_cast<std::size_t>(image)];
  if (facts.fault != data::ImageFault::none || facts.width <= 0) return nullptr;
  const core::Size size = shown_size(facts);
  const auto plane = static_cast<std::size_t>(size.height * size.width);
  // Of more channels than RGB has, the first three are shown.
  const int channels = facts.stored.colours() > 3 ? facts.stored.channels : 3;
  std::vector<std::uint8_t> planar(static_cast<std::size_t>(channels) * plane);
  const auto whole = [](int height, int width) {
    return data::CropChoice{{0, 0, height, width}, false};
  };
  const auto& part = set_.part_of(image);
  try {
    data::Sample sample;
    part.images->read(image - part.begin, sample);
    const data::CropRequest request{whole, size, planar};
    data::crops_of(sample, channels, {&request, 1});
  } catch (const Error&) {
    return nullptr;  // of other channels, or changed meanwhile
  }
  data::Image shown{static_cast<int>(size.height), static_cast<int>(size.width), 3, {}};
  shown.pixels.resize(3 * plane);
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) shown.pixels[3 * i + c] = planar[c * plane + i];
  }
  const PictureFile file = encode_picture(shown);
  return fmt::format("data:{};base64,{}", file.kind.type, base64(file.bytes));
}

}  // namespace dbot::report
