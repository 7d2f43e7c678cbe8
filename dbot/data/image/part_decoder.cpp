#include "dbot/data/image/part_decoder.h"

#include <algorithm>
#include <cmath>

#include "dbot/data/image/codec.h"
#include "dbot/data/kernels/jpeg_kernels.h"

namespace dbot::data {
namespace {

/// By how much the decoder may shrink, so that `area` still has at least `from` / 2 times the
/// pixels of the result along both sides.
int shrink_for(const ImageReader& reader, const Crop& area, core::Size size, double from) {
  int shrink = 1;
  while (2 * shrink <= reader.most_shrink() &&
         area.height >= shrink * from * static_cast<double>(size.height) &&
         area.width >= shrink * from * static_cast<double>(size.width)) {
    shrink *= 2;
  }
  return shrink;
}

/// What was chosen of an image, as it is stored.
struct StoredChoice {
  Crop area;
  bool mirror = false;
  Shrink shrink;
};

StoredChoice stored_choice(const ImageReader& reader, const ChooseCrop& choose, core::Size size) {
  const auto choice = choose(reader.height(), reader.width());
  check_crop(choice.crop, reader.height(), reader.width());
  const auto& orientation = reader.orientation();
  const auto area =
      stored_crop(orientation, choice.crop, reader.stored_height(), reader.stored_width());
  const auto stored_size = orientation.transpose ? core::Size{size.width, size.height} : size;
  return {area,
          choice.mirror,
          {shrink_for(reader, area, stored_size, kShrinkFrom),
           shrink_for(reader, area, stored_size, kShrinkColourFrom)}};
}

/// The smallest rectangle around two.
Crop around(const Crop& a, const Crop& b) {
  const int top = std::min(a.top, b.top), left = std::min(a.left, b.left);
  return {top, left, std::max(a.top + a.height, b.top + b.height) - top,
          std::max(a.left + a.width, b.left + b.width) - left};
}

/// Of what was decoded for `area`, the pixels under `part`, which lies inside it.
DecodedPart within(const DecodedPart& decoded, const Crop& area, const Crop& part) {
  const auto& [view, box] = decoded;
  const double down = box.height / area.height, right = box.width / area.width;
  Box place{box.top + (part.top - area.top) * down, box.left + (part.left - area.left) * right,
            part.height * down, part.width * right};
  Crop pixels;
  pixels.top = std::clamp(static_cast<int>(std::floor(place.top)), 0, view.height - 1);
  pixels.left = std::clamp(static_cast<int>(std::floor(place.left)), 0, view.width - 1);
  const auto bottom = static_cast<int>(std::ceil(place.top + place.height));
  const auto end = static_cast<int>(std::ceil(place.left + place.width));
  pixels.height = std::clamp(bottom, pixels.top + 1, view.height) - pixels.top;
  pixels.width = std::clamp(end, pixels.left + 1, view.width) - pixels.left;
  place.top -= pixels.top;
  place.left -= pixels.left;
  place.height = std::min(place.height, pixels.height - place.top);
  place.width = std::min(place.width, pixels.width - place.left);
  return {part_of(view, pixels), place};
}

}  // namespace

void PartDecoder::open(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                       std::string_view name) {
  reader_.reset();  // of an image before, where this one cannot be opened
  reader_ = open_reader(bytes, format, name);
  channels_ = format.channels;
}

void PartDecoder::read(const Crop& area, Shrink shrink) {
  has_planes_ = reader_->read_planes(area, shrink, planes_);
  if (!has_planes_) part_ = reader_->read(area, shrink.grey, pixels_);
}

void PartDecoder::decode(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                         std::string_view name, const ChooseCrop& choose, core::Size size) {
  open(bytes, format, name);
  const auto stored = stored_choice(*reader_, choose, size);
  size_ = size;
  mirror_ = stored.mirror;
  read(stored.area, stored.shrink);
}

void PartDecoder::decode_all(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                             std::string_view name, std::span<const CropRequest> requests) {
  open(bytes, format, name);
  std::vector<StoredChoice> wanted;
  for (const auto& request : requests) {
    wanted.push_back(stored_choice(*reader_, request.choose, request.size));
  }
  Crop area = wanted.front().area;
  Shrink shrink = wanted.front().shrink;
  for (const auto& one : wanted) {
    area = around(area, one.area);
    shrink = {std::min(shrink.grey, one.shrink.grey), std::min(shrink.colour, one.shrink.colour)};
  }
  read(area, shrink);
  const auto part = part_;
  const auto planes = planes_;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    size_ = requests[i].size;
    mirror_ = wanted[i].mirror;
    part_ = has_planes_ ? part : within(part, area, wanted[i].area);
    for (std::size_t c = 0; has_planes_ && c < static_cast<std::size_t>(planes.count); ++c) {
      planes_.parts[c] = within(planes.parts[c], area, wanted[i].area);
    }
    resize(requests[i].planar);
  }
}

void PartDecoder::resize(std::span<std::uint8_t> planar) {
  check_planar(channels_, size_, planar.size());
  if (has_planes_) {
    resize_planes(planar.data());
  } else {
    resize_part(part_, planar.data());
  }
}

/// A part as it was stored, to one or more planes of the result.
void PartDecoder::resize_part(const DecodedPart& stored, std::uint8_t* planar) {
  const auto& orientation = reader_->orientation();
  if (orientation.upright()) {
    return resizer_.resize(stored.view, stored.box, size_, mirror_, planar);
  }
  const auto box = upright_box(orientation, stored.box, stored.view);
  resizer_.resize(turned_upright(orientation, stored.view, upright_), box, size_, mirror_, planar);
}

/// Makes RGB of three planes; one is repeated for as many channels as are wanted.
void PartDecoder::resize_planes(std::uint8_t* planar) {
  const auto plane = static_cast<std::size_t>(size_.height * size_.width);
  for (int c = 0; c < planes_.count; ++c) {
    resize_part(planes_.parts[static_cast<std::size_t>(c)],
                planar + static_cast<std::size_t>(c) * plane);
  }
  if (planes_.count == 3) data::rgb_from_ycc(planar, planar + plane, planar + 2 * plane, plane);
  for (int c = planes_.count; c < channels_; ++c) {
    std::copy(planar, planar + plane, planar + static_cast<std::size_t>(c) * plane);
  }
}

}  // namespace dbot::data
