#include "dbot/data/audit/survey/examiner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/audit/survey/foreign_kind.h"
#include "dbot/data/encoded_dataset.h"
#include "dbot/data/loader/bad_samples.h"

namespace dbot::data {
namespace {

constexpr core::Size seen_size{seen_side, seen_side};
constexpr std::size_t seen_plane = std::size_t{seen_side} * seen_side;
constexpr int colour_spread = 10;  // largest less smallest channel of a pixel without colour
constexpr std::size_t few_pixels = seen_plane / 500;

/// The reason without the name of the image before it.
std::string reason_of(const std::string& name, std::string_view what) {
  constexpr std::string_view operation = "[data] ";
  if (what.starts_with(operation)) what.remove_prefix(operation.size());
  if (what.starts_with(name)) what.remove_prefix(name.size());
  while (what.starts_with(':') || what.starts_with(' ')) what.remove_prefix(1);
  return std::string(what);
}

/// The readers' errors are told apart by what they say.
ImageFault fault_of(std::string_view reason) {
  constexpr std::array<std::pair<std::string_view, ImageFault>, 7> words{{
      {"is empty", ImageFault::empty},
      {"ends too early", ImageFault::truncated},
      {"ends in its header", ImageFault::truncated},
      {"is not whole", ImageFault::truncated},
      {"Premature end", ImageFault::truncated},
      {"claims", ImageFault::too_large},
      {"model.channels", ImageFault::channels},
  }};
  for (const auto& [word, fault] : words) {
    if (reason.find(word) != std::string_view::npos) return fault;
  }
  return ImageFault::corrupt;
}

void set_fault(ImageFacts& facts, const std::string& name, const std::exception& error) {
  facts.reason = reason_of(name, error.what());
  facts.fault = fault_of(facts.reason);
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
  const std::string name = images.name(index);
  const auto* encoded = dynamic_cast<const EncodedDataset*>(&images);
  if (encoded == nullptr) {
    examine_loaded(images, index, facts);
    return facts;
  }
  try {
    encoded->read(index, bytes_);
  } catch (const Error& error) {
    facts.reason = reason_of(name, error.what());
    const bool empty = fault_of(facts.reason) == ImageFault::empty;
    facts.fault = empty ? ImageFault::empty : ImageFault::unreadable;
    return facts;
  }
  examine_encoded(name, facts);
  return facts;
}

void Examiner::examine_encoded(const std::string& name, ImageFacts& facts) {
  facts.bytes = bytes_.size();
  facts.content = core::digest(std::as_bytes(std::span(bytes_)));
  facts.kind = image_kind(bytes_);
  if (facts.kind.empty()) {
    const auto foreign = foreign_kind(bytes_);
    facts.fault = ImageFault::not_an_image;
    facts.reason =
        foreign.empty() ? "is of no kind of image that is read" : fmt::format("is {}", foreign);
    return;
  }
  try {
    decode(name, facts);
  } catch (const Error& error) {
    set_fault(facts, name, error);
  } catch (const std::bad_alloc&) {
    facts.fault = ImageFault::too_large;
    facts.reason = "takes more memory than there is";
  }
}

void Examiner::decode(const std::string& name, ImageFacts& facts) {
  if (!pixels_) {
    const auto reader = open_reader(bytes_, channels_, name);
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
  decoder_.decode(bytes_, channels_, name, whole, seen_size);
  planar_.resize(static_cast<std::size_t>(channels_) * seen_plane);
  decoder_.resize(planar_);
  facts.unused_bytes = decoder_.reader()->unused_bytes();
  look_at_pixels(facts);
}

/// Images that are no files: an IDX file's, which cannot be broken one by one.
void Examiner::examine_loaded(const Dataset& images, std::int64_t index, ImageFacts& facts) {
  const std::string name = images.name(index);
  try {
    const Image image = images.load(index, channels_);
    facts.bytes = image.pixels.size();
    facts.content = core::digest(std::as_bytes(std::span(image.pixels)));
    facts.height = image.height;
    facts.width = image.width;
    facts.stored.channels = image.channels;
    if (!pixels_) return;
    planar_.resize(static_cast<std::size_t>(channels_) * seen_plane);
    resizer_.resize(view_of(image),
                    {0, 0, static_cast<double>(image.height), static_cast<double>(image.width)},
                    seen_size, false, planar_.data());
    look_at_pixels(facts);
    facts.grey = false;  // its file holds it as it is
  } catch (const Error& error) {
    set_fault(facts, name, error);
  }
}

void Examiner::look_at_pixels(ImageFacts& facts) {
  facts.decoded = true;
  std::size_t coloured = 0;
  if (channels_ != 3) {  // the first plane stands for all
    planar_.resize(3 * seen_plane);
    std::copy_n(planar_.begin(), seen_plane, planar_.begin() + seen_plane);
    std::copy_n(planar_.begin(), seen_plane, planar_.begin() + 2 * seen_plane);
  }
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < seen_plane; ++i) {
    const int r = planar_[i], g = planar_[seen_plane + i], b = planar_[2 * seen_plane + i];
    coloured += std::max({r, g, b}) - std::min({r, g, b}) > colour_spread;
    const double luma = 0.299 * r + 0.587 * g + 0.114 * b;
    sum += luma;
    squares += luma * luma;
  }
  const double mean = sum / seen_plane;
  facts.deviation =
      static_cast<float>(std::sqrt(std::max(0.0, squares / seen_plane - mean * mean)));
  facts.grey = channels_ == 3 && coloured <= few_pixels;
  facts.likeness = likeness_of(planar_);
}

}  // namespace dbot::data
