#pragma once

#include "dbot/ops/cuda/bodies/block.h"
#include "dbot/ops/cuda/bodies/launch.h"

// Pixels to patches: one block a token, four of its values a thread at a time.
namespace dbot::ops::cuda {

template <typename Pixel, typename Element>
struct PatchesBody {
  static constexpr int kThreads = 256;
  static constexpr int kShared = 0;

  Patches a;
  int values;    // of a token
  bool lines;    // four neighbours of a patch are neighbours in the image, at an aligned place
  bool aligned;  // the tokens are

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    const std::int64_t sample = block.index() / a.wanted;
    const std::int64_t token = a.rows == nullptr ? block.index() % a.wanted : a.rows[block.index()];
    const Pixel* corner =
        static_cast<const Pixel*>(a.pixels) + sample * a.channels * plane() + corner_of(token);
    Element* to = static_cast<Element*>(a.patches) + block.index() * values;
    block.each([&](int thread) {
      for (int first = 4 * thread; first < values; first += 4 * block.threads()) {
        store_quad(lines ? line_quad(corner, first) : quad(corner, first), to, first, values,
                   aligned);
      }
    });
  }

 private:
  /// Where a value of a patch stands in the sample, from the patch's corner.
  struct Place {
    int channel;
    std::int64_t offset;
  };

  DBOT_DEVICE std::int64_t picture() const { return a.height * a.width; }
  DBOT_DEVICE std::int64_t plane() const { return a.frames * picture(); }

  /// Tokens are numbered step by step of time, row by row.
  DBOT_DEVICE std::int64_t corner_of(std::int64_t token) const {
    const std::int64_t columns = a.width / a.size, places = a.height / a.size * columns;
    const std::int64_t place = token % places;
    return token / places * a.tubelet_frames * picture() + place / columns * a.size * a.width +
           place % columns * a.size;
  }

  DBOT_DEVICE Place place_of(int value) const {
    const int channels = static_cast<int>(a.channels), size = static_cast<int>(a.size);
    const int frames = static_cast<int>(a.tubelet_frames);
    int channel, rest;
    if (a.channel_last) {
      channel = value % channels;
      rest = value / channels;
    } else {
      channel = value / (frames * size * size);
      rest = value % (frames * size * size);
    }
    const int column = rest % size, row = rest / size % size, frame = rest / (size * size);
    return {channel, channel * plane() + frame * picture() + row * a.width + column};
  }

  DBOT_DEVICE float seen(float pixel, int) const { return pixel; }
  DBOT_DEVICE float seen(std::uint8_t pixel, int channel) const {
    return static_cast<float>(pixel) * a.scale[channel] + a.shift[channel];
  }

  DBOT_DEVICE Quad quad(const Pixel* corner, int first) const {
    Quad result{};
    for (int i = 0; i < 4; ++i) {
      if (first + i >= values) break;
      const Place place = place_of(first + i);
      result.at[i] = seen(corner[place.offset], place.channel);
    }
    return result;
  }

  DBOT_DEVICE Quad line_quad(const Pixel* corner, int first) const {
    const Place place = place_of(first);
    const auto pixels = *reinterpret_cast<const Packed<Pixel>*>(corner + place.offset);
    Quad result;
    for (int i = 0; i < 4; ++i) result.at[i] = seen(pixels.at[i], place.channel);
    return result;
  }
};

inline bool is_valid(const Patches& a) {
  if (a.batch < 0 || a.wanted < 0 || a.channels < 1 || a.frames < 1 || a.height < 1 ||
      a.width < 1 || a.tubelet_frames < 1 || a.size < 1) {
    return false;
  }
  const std::int64_t tokens =
      a.frames / a.tubelet_frames * (a.height / a.size) * (a.width / a.size);
  return is_shape(a.batch * a.wanted, 1) &&
         a.channels * a.tubelet_frames * a.size * a.size < 0x7fffffff / 2 &&
         a.frames % a.tubelet_frames == 0 && a.height % a.size == 0 && a.width % a.size == 0 &&
         all_given({a.pixels, a.patches}) && (!a.bytes || all_given({a.scale, a.shift})) &&
         (a.rows != nullptr || a.wanted == tokens);
}

template <typename Grid>
int launch(Grid& grid, const Patches& a) {
  if (!is_valid(a)) return kRefused;
  const auto values = static_cast<int>(a.channels * a.tubelet_frames * a.size * a.size);
  const bool lines = !a.channel_last && a.size % 4 == 0 && aligned_rows(a.width, {a.pixels});
  const bool aligned = aligned_rows(values, {a.patches});
  const int threads = threads_for(parts_of(values, 4), 256);
  return with_element(a.element, [&](auto element) {
    using Element = decltype(element);
    if (!a.bytes) {
      return grid.run(a.batch * a.wanted, threads,
                      PatchesBody<float, Element>{a, values, lines, aligned});
    }
    return grid.run(a.batch * a.wanted, threads,
                    PatchesBody<std::uint8_t, Element>{a, values, lines, aligned});
  });
}

}  // namespace dbot::ops::cuda
