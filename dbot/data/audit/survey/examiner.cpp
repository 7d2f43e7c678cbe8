#include "dbot/data/audit/survey/examiner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/foreign_kind.h"
#include "dbot/data/image/sample_image.h"

namespace dbot::data {
namespace {

constexpr core::Size kSeenSize{kSeenSide, kSeenSide};
constexpr std::size_t kSeenPlane = std::size_t{kSeenSide} * kSeenSide;
constexpr int kColourSpread = 10;  // largest less smallest channel of a pixel without colour
constexpr std::size_t kFewPixels = kSeenPlane / 500;

ImageFault fault_of(Fault fault) {
  switch (fault) {
    case Fault::empty:
      return ImageFault::empty;
    case Fault::truncated:
      return ImageFault::truncated;
    case Fault::too_large:
      return ImageFault::too_large;
    case Fault::channels:
      return ImageFault::channels;
    case Fault::unsupported:
      return ImageFault::unread_kind;
    default:
      return ImageFault::corrupt;
  }
}

void set_fault(ImageFacts& facts, const std::string& name, const Error& error) {
  facts.reason = reason_of(error, name);
  facts.fault = fault_of(error.fault());
}

}  // namespace

void MemoryBudget::take(std::uint64_t bytes) {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return taken_ == 0 || taken_ + bytes <= bytes_; });
  taken_ += bytes;
}

void MemoryBudget::give_back(std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    taken_ -= bytes;
  }
  freed_.notify_all();
}

ImageFacts Examiner::examine(const Dataset& images, std::int64_t index) {
  ImageFacts facts;
  sample_.begin(images.name(index));
  try {
    images.read(index, sample_);
  } catch (const Error& error) {
    set_fault(facts, sample_.name(), error);
    if (facts.fault != ImageFault::empty) facts.fault = ImageFault::unreadable;
    return facts;
  }
  const auto* image = sample_.find(kImagePart);
  if (image != nullptr && image->encoded()) {
    examine_encoded(image->bytes(), facts);
  } else {
    examine_raw(facts);
  }
  return facts;
}

void Examiner::examine_encoded(std::span<const std::uint8_t> bytes, ImageFacts& facts) {
  facts.bytes = bytes.size();
  facts.content = core::digest(std::as_bytes(bytes));
  facts.kind = image_kind(bytes);
  if (facts.kind.empty()) {
    const auto foreign = foreign_kind(bytes);
    const bool image = is_foreign_image(foreign);
    facts.fault = image ? ImageFault::unread_kind : ImageFault::not_an_image;
    facts.reason =
        foreign.empty() ? "is of no kind of image that is read" : fmt::format("is {}", foreign);
    return;
  }
  try {
    decode(bytes, facts);
  } catch (const Error& error) {
    set_fault(facts, sample_.name(), error);
  } catch (const std::bad_alloc&) {
    facts.fault = ImageFault::too_large;
    facts.reason = "takes more memory than there is";
  }
}

void Examiner::decode(std::span<const std::uint8_t> bytes, ImageFacts& facts) {
  const std::string& name = sample_.name();
  if (!pixels_) {
    const auto reader = open_reader(bytes, channels_, name);
    facts.height = reader->height();
    facts.width = reader->width();
    facts.turned = !reader->orientation().upright();
    facts.stored = reader->stored_pixels();
    return;
  }
  // Taken when the size is known, before the pixels are decoded.
  struct Hold {
    explicit Hold(MemoryBudget& shared) : budget(shared) {}
    ~Hold() {
      if (bytes > 0) budget.give_back(bytes);
    }
    MemoryBudget& budget;
    std::uint64_t bytes = 0;
  } hold(budget_);
  const auto whole = [&](int height, int width) {
    facts.height = height;
    facts.width = width;
    facts.turned = !decoder_.reader()->orientation().upright();
    facts.stored = decoder_.reader()->stored_pixels();
    const auto needed = std::uint64_t{1} * static_cast<std::uint64_t>(height) *
                        static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(channels_);
    budget_.take(needed);
    hold.bytes = needed;
    return CropChoice{{0, 0, height, width}, false};
  };
  decoder_.decode(bytes, channels_, name, whole, kSeenSize);
  planar_.resize(static_cast<std::size_t>(channels_) * kSeenPlane);
  decoder_.resize(planar_);
  facts.unused_bytes = decoder_.reader()->unused_bytes();
  facts.values = decoder_.reader()->seen_values();
  look_at_pixels(facts);
}

/// Raw pixels, which cannot be broken one by one.
void Examiner::examine_raw(ImageFacts& facts) {
  try {
    const Image image = image_of(sample_, channels_ == kAnyChannels ? 3 : channels_);
    facts.bytes = image.pixels.size();
    facts.content = core::digest(std::as_bytes(std::span(image.pixels)));
    facts.height = image.height;
    facts.width = image.width;
    facts.stored.channels = image.channels;
    if (!pixels_) return;
    planar_.resize(static_cast<std::size_t>(channels_) * kSeenPlane);
    resizer_.resize(view_of(image),
                    {0, 0, static_cast<double>(image.height), static_cast<double>(image.width)},
                    kSeenSize, false, planar_.data());
    look_at_pixels(facts);
    facts.grey = false;  // its file holds it as it is
  } catch (const Error& error) {
    set_fault(facts, sample_.name(), error);
  }
}

void Examiner::look_at_pixels(ImageFacts& facts) {
  facts.decoded = true;
  std::size_t coloured = 0;
  if (channels_ != 3) {  // the first plane stands for all
    planar_.resize(3 * kSeenPlane);
    std::copy_n(planar_.begin(), kSeenPlane, planar_.begin() + kSeenPlane);
    std::copy_n(planar_.begin(), kSeenPlane, planar_.begin() + 2 * kSeenPlane);
  }
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < kSeenPlane; ++i) {
    const int r = planar_[i], g = planar_[kSeenPlane + i], b = planar_[2 * kSeenPlane + i];
    coloured += std::max({r, g, b}) - std::min({r, g, b}) > kColourSpread;
    const double luma = 0.299 * r + 0.587 * g + 0.114 * b;
    sum += luma;
    squares += luma * luma;
  }
  const double mean = sum / kSeenPlane;
  facts.deviation =
      static_cast<float>(std::sqrt(std::max(0.0, squares / kSeenPlane - mean * mean)));
  facts.grey = channels_ == 3 && coloured <= kFewPixels;
  facts.likeness = likeness_of(planar_);
}

}  // namespace dbot::data
