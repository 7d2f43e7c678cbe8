#include "dbot/data/video/decode_clips.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "dbot/data/image/orientation.h"

namespace dbot::data {
namespace {

/// A window of the upright frame as one of the stored frame, whose result is turned like it.
ResizeWindow stored_window(const Orientation& turn, const ResizeWindow& upright, int height,
                           int width) {
  ResizeWindow stored = upright;
  stored.region = stored_crop(turn, upright.region, height, width);
  if (turn.transpose) {
    stored.scaled = {upright.scaled.width, upright.scaled.height};
    stored.size = {upright.size.width, upright.size.height};
    std::swap(stored.top, stored.left);
  }
  // Rows and columns that are flipped are the stored ones.
  if (turn.flip_rows) stored.top = stored.scaled.height - stored.top - stored.size.height;
  if (turn.flip_columns) stored.left = stored.scaled.width - stored.left - stored.size.width;
  return stored;
}

/// Turns one plane of a stored window.
void turn_plane(const Orientation& turn, const std::uint8_t* stored, core::Size upright,
                bool mirror, std::uint8_t* result) {
  const auto [height, width] = turn.transpose ? core::Size{upright.width, upright.height} : upright;
  for (std::int64_t y = 0; y < upright.height; ++y) {
    for (std::int64_t x = 0; x < upright.width; ++x) {
      const std::int64_t across = mirror ? upright.width - 1 - x : x;
      std::int64_t row = turn.transpose ? across : y, column = turn.transpose ? y : across;
      if (turn.flip_rows) row = height - 1 - row;
      if (turn.flip_columns) column = width - 1 - column;
      *result++ = stored[row * width + column];
    }
  }
}

/// A frame that a clip has at a place.
struct Wish {
  std::int64_t frame;
  std::size_t clip, place;
  auto operator<=>(const Wish&) const = default;
};

class ClipDecoder {
 public:
  ClipDecoder(VideoReader& reader, const VideoIndex& index, std::span<const ClipRequest> requests)
      : reader_(reader),
        index_(index),
        turn_(orientation_of(index.orientation)),
        requests_(requests) {
    for (std::size_t clip = 0; clip < requests.size(); ++clip) {
      const auto& request = requests[clip];
      windows_.push_back(stored_window(turn_, request.window, index.height, index.width));
      rows_.push_back(rows_of(windows_.back()));
      for (std::size_t place = 0; place < request.frames.size(); ++place) {
        wishes_.push_back({request.frames[place], clip, place});
      }
    }
    std::ranges::sort(wishes_);
  }

  /// False if a frame is missing.
  bool run() {
    for (std::size_t begin = 0; begin < wishes_.size();) {
      const std::size_t end = end_of_run(begin);
      if (!decode_run({wishes_.data() + begin, end - begin})) return false;
      begin = end;
    }
    return true;
  }

 private:
  /// Where another key frame lies between two wanted frames.
  std::size_t end_of_run(std::size_t begin) const {
    std::size_t end = begin + 1;
    while (end < wishes_.size()) {
      const auto* next = index_.key_before(wishes_[end].frame);
      if (next != nullptr && next->frame > wishes_[end - 1].frame) break;
      ++end;
    }
    return end;
  }

  /// From the last key frame before them; some containers cannot be entered at every one.
  bool decode_run(std::span<const Wish> wanted) {
    const auto* key = index_.key_before(wanted.front().frame);
    const bool at_start = key == nullptr || key->frame == 0;
    return (!at_start && decode(wanted, key)) || decode(wanted, nullptr);
  }

  /// False if the decoder does not give all of them.
  bool decode(std::span<const Wish> wanted, const KeyFrame* key) {
    numbers_.clear();
    for (const auto& wish : wanted) {
      const auto number = index_.counted ? wish.frame : index_.time(wish.frame);
      if (numbers_.empty() || numbers_.back() != number) numbers_.push_back(number);
    }
    reader_.begin({.wanted = numbers_.data(),
                   .count = numbers_.size(),
                   .counted = index_.counted ? 1 : 0,
                   .from_start = key == nullptr ? 1 : 0,
                   .seek = key == nullptr ? 0 : key->seek,
                   .height = index_.height,
                   .width = index_.width});
    std::size_t wish = 0;
    for (const std::int64_t number : numbers_) {
      std::int64_t given = 0;
      if (!reader_.next_frame(given) || given != number) return false;
      const std::int64_t frame = wanted[wish].frame;
      const std::size_t first = wish;
      while (wish < wanted.size() && wanted[wish].frame == frame) ++wish;
      fill(wanted.subspan(first, wish - first));
    }
    return true;
  }

  /// Puts the present frame where it is wanted.
  void fill(std::span<const Wish> wishes) {
    if (requests_[wishes.front().clip].clip == nullptr) return;
    int top = index_.height, bottom = 0;
    for (const auto& wish : wishes) {
      top = std::min(top, rows_[wish.clip].top);
      bottom = std::max(bottom, rows_[wish.clip].top + rows_[wish.clip].count);
    }
    const auto rows = reader_.rows(top, bottom - top);
    for (std::size_t i = 0; i < wishes.size(); ++i) {
      const bool again = i > 0 && wishes[i].clip == wishes[i - 1].clip;
      if (again) {
        repeat(wishes[i - 1], wishes[i]);
      } else {
        put({rows.first, rows.step, top}, wishes[i]);
      }
    }
  }

  void put(const RgbRows& rows, const Wish& wish) {
    const ClipRequest& request = requests_[wish.clip];
    const auto pixels = pixels_of(request);
    const std::size_t plane = pixels * request.frames.size();
    std::uint8_t* result = request.clip + wish.place * pixels;
    if (turn_.upright()) {
      resize_window(rows, windows_[wish.clip], request.mirror, result, plane);
      return;
    }
    stored_.resize(3 * pixels);
    resize_window(rows, windows_[wish.clip], false, stored_.data(), pixels);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      turn_plane(turn_, stored_.data() + channel * pixels, request.window.size, request.mirror,
                 result + channel * plane);
    }
  }

  void repeat(const Wish& from, const Wish& to) const {
    const ClipRequest& request = requests_[to.clip];
    const auto pixels = pixels_of(request);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      auto* plane = request.clip + channel * pixels * request.frames.size();
      std::memcpy(plane + to.place * pixels, plane + from.place * pixels, pixels);
    }
  }

  static std::size_t pixels_of(const ClipRequest& request) {
    return static_cast<std::size_t>(request.window.size.height * request.window.size.width);
  }

  VideoReader& reader_;
  const VideoIndex& index_;
  const Orientation turn_;
  const std::span<const ClipRequest> requests_;
  std::vector<ResizeWindow> windows_;  // of each clip, in the stored frame
  std::vector<RowRange> rows_;
  std::vector<Wish> wishes_;  // in the order of frames
  std::vector<std::int64_t> numbers_;
  std::vector<std::uint8_t> stored_;  // a window that is to be turned
};

}  // namespace

core::Size upright_size(const VideoIndex& index) {
  const bool turned = orientation_of(index.orientation).transpose;
  return turned ? core::Size{index.width, index.height} : core::Size{index.height, index.width};
}

bool decode_clips(const std::shared_ptr<const VideoModule>& module, const VideoPlace& place,
                  const std::string& name, const VideoIndex& index, const VideoLimits& limits,
                  std::span<const ClipRequest> requests) {
  VideoReader reader(module, place, name, limits, index.probe);
  return ClipDecoder(reader, index, requests).run();
}

}  // namespace dbot::data
