#include "dbot/data/part_decoder.h"

#include <algorithm>

#include "dbot/data/codec.h"
#include "dbot/ops/jpeg_kernels.h"

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

}  // namespace

void PartDecoder::decode(std::span<const std::uint8_t> bytes, int channels, std::string_view name,
                         const ChooseCrop& choose, core::Size size) {
  reader_ = open_reader(bytes, channels, name);
  const auto choice = choose(reader_->height(), reader_->width());
  check_crop(choice.crop, reader_->height(), reader_->width());
  channels_ = channels;
  size_ = size;
  mirror_ = choice.mirror;
  const auto& orientation = reader_->orientation();
  const auto area =
      stored_crop(orientation, choice.crop, reader_->stored_height(), reader_->stored_width());
  const auto stored_size = orientation.transpose ? core::Size{size.width, size.height} : size;
  const Shrink shrink{shrink_for(*reader_, area, stored_size, shrink_from),
                      shrink_for(*reader_, area, stored_size, shrink_colour_from)};
  has_planes_ = reader_->read_planes(area, shrink, planes_);
  if (!has_planes_) part_ = reader_->read(area, shrink.grey, pixels_);
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
  if (planes_.count == 3) ops::rgb_from_ycc(planar, planar + plane, planar + 2 * plane, plane);
  for (int c = planes_.count; c < channels_; ++c) {
    std::copy(planar, planar + plane, planar + static_cast<std::size_t>(c) * plane);
  }
}

}  // namespace dbot::data
