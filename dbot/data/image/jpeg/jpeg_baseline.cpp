#include "dbot/data/image/jpeg/jpeg_baseline.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "dbot/data/kernels/jpeg_kernels.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

constexpr int kSide = 8;         // of a block
constexpr int kHalfUseful = 25;  // numbers up to the last of the 4 x 4 lowest frequencies
constexpr std::size_t kWorthLeaps = 20000;  // bytes of a scan

/// Place in a block of the k-th coefficient of the data.
constexpr std::array<std::uint8_t, 64> kZigzag{
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

int divided_up(int a, int b) {
  return (a + b - 1) / b;
}

/// Means of rectangles of a block's pixels, `across` by `down` each.
void put_means(const std::uint8_t* block, int across, int down, std::uint8_t* to,
               std::size_t row_bytes) {
  const int area = across * down;
  for (int y = 0; y < kSide; y += down, to += row_bytes) {
    for (int x = 0; x < kSide; x += across) {
      int sum = area / 2;
      for (int i = 0; i < down; ++i) {
        for (int j = 0; j < across; ++j) sum += block[(y + i) * kSide + x + j];
      }
      to[x / across] = static_cast<std::uint8_t>(sum / area);
    }
  }
}

}  // namespace

bool BaselineDecoder::read(const jpeg_decompress_struct& info, std::span<const std::uint8_t> scan,
                           const Crop& area, Shrink shrink, int channels, DecodedPlanes& planes) {
  if (!set_up(info, channels) || !data_.set(scan)) return false;
  choose_blocks(area, shrink);
  if (scan.size() >= kWorthLeaps) {
    for (int c = 0; c < count_; ++c) ac_[info.comp_info[c].ac_tbl_no].prepare_leaps();
  }
  if (!decode_scan(static_cast<int>(info.restart_interval))) return false;
  planes.count = channels == 1 ? 1 : count_;
  for (int c = 0; c < planes.count; ++c) {
    planes.parts[static_cast<std::size_t>(c)] = part_of_plane(components_[c], area);
  }
  return true;
}

bool BaselineDecoder::set_up(const jpeg_decompress_struct& info, int channels) {
  const bool plain = info.progressive_mode == FALSE && info.arith_code == FALSE &&
                     info.data_precision == 8 && info.comps_in_scan == info.num_components &&
                     info.Ss == 0 && info.Se == 63 && info.Ah == 0 && info.Al == 0;
  const bool colour = info.num_components == 3 && info.jpeg_color_space == JCS_YCbCr;
  const bool grey = info.num_components == 1 && info.jpeg_color_space == JCS_GRAYSCALE;
  if (!plain || (!colour && !grey)) return false;
  width_ = static_cast<int>(info.image_width);
  height_ = static_cast<int>(info.image_height);
  count_ = info.num_components;
  most_across_ = grey ? 1 : info.max_h_samp_factor;
  most_down_ = grey ? 1 : info.max_v_samp_factor;
  for (int c = 0; c < count_; ++c) {
    const auto& stored = info.comp_info[c];
    auto& component = components_[c];
    component.across = grey ? 1 : stored.h_samp_factor;
    component.down = grey ? 1 : stored.v_samp_factor;
    component.wanted = c == 0 || channels != 1;
    const bool usual = info.cur_comp_info[c] == &stored && most_across_ % component.across == 0 &&
                       most_down_ % component.down == 0 && most_across_ <= 2 && most_down_ <= 2;
    if (!usual) return false;
  }
  return set_tables(info);
}

bool BaselineDecoder::set_tables(const jpeg_decompress_struct& info) {
  for (int c = 0; c < count_; ++c) {
    const auto& stored = info.comp_info[c];
    const auto exists = [](int number, const auto& tables) {
      return number >= 0 && number < 4 && tables[number] != nullptr;
    };
    if (!exists(stored.quant_tbl_no, info.quant_tbl_ptrs) ||
        !exists(stored.dc_tbl_no, info.dc_huff_tbl_ptrs) ||
        !exists(stored.ac_tbl_no, info.ac_huff_tbl_ptrs)) {
      return false;
    }
    const auto& dc = *info.dc_huff_tbl_ptrs[stored.dc_tbl_no];
    const auto& ac = *info.ac_huff_tbl_ptrs[stored.ac_tbl_no];
    if (!dc_[stored.dc_tbl_no].build(dc.bits, dc.huffval) ||
        !ac_[stored.ac_tbl_no].build(ac.bits, ac.huffval)) {
      return false;
    }
    const auto* steps = info.quant_tbl_ptrs[stored.quant_tbl_no]->quantval;
    auto& codes = components_[c].codes;
    for (std::size_t k = 0; k < 64; ++k) codes.places[k] = {kZigzag[k], steps[kZigzag[k]]};
    codes.dc = &dc_[stored.dc_tbl_no];
    codes.ac = &ac_[stored.ac_tbl_no];
  }
  return true;
}

void BaselineDecoder::choose_blocks(const Crop& area, Shrink shrink) {
  first_unit_row_ = area.top / (kSide * most_down_);
  end_unit_row_ = divided_up(area.top + area.height, kSide * most_down_);
  first_unit_column_ = area.left / (kSide * most_across_);
  end_unit_column_ = divided_up(area.left + area.width, kSide * most_across_);
  units_across_ = divided_up(width_, kSide * most_across_);
  units_down_ = divided_up(height_, kSide * most_down_);
  // Those of the image, no more: a grey one leaves what an earlier image wrote in the others.
  for (auto& component : std::span(components_).first(static_cast<std::size_t>(count_))) {
    const int coarser_across = most_across_ / component.across;
    const int coarser_down = most_down_ / component.down;
    const int wanted = &component == components_ ? shrink.grey : shrink.colour;
    component.shrink_across = std::max(1, wanted / coarser_across);
    component.shrink_down = std::max(1, wanted / coarser_down);
    const bool half = component.shrink_across == 2 && component.shrink_down == 2;
    component.codes.useful = half ? kHalfUseful : 64;
    component.left = area.left / (kSide * coarser_across);
    component.right = divided_up(area.left + area.width, kSide * coarser_across);
    component.top = area.top / (kSide * coarser_down);
    component.bottom = divided_up(area.top + area.height, kSide * coarser_down);
    if (!component.wanted) component.right = component.left;  // no block
    component.row_bytes = static_cast<std::size_t>(component.right - component.left) *
                          static_cast<std::size_t>(kSide / component.shrink_across);
    const auto rows = static_cast<std::size_t>(component.bottom - component.top) *
                      static_cast<std::size_t>(kSide / component.shrink_down);
    room(component.pixels, rows * component.row_bytes);
  }
}

bool BaselineDecoder::decode_scan(int restart_interval) {
  const std::int64_t units = std::int64_t{units_across_} * units_down_;
  for (auto& block : pending_)
    std::fill(std::begin(block.coefficients), std::end(block.coefficients), std::int16_t{0});
  const std::int64_t interval = restart_interval > 0 ? restart_interval : units;
  if (static_cast<std::int64_t>(data_.segments()) != (units + interval - 1) / interval)
    return false;
  // Segments stand alone: those above the area need not be read.
  const std::int64_t end = std::int64_t{end_unit_row_} * units_across_;
  unused_bytes_ = 0;
  auto unit = std::int64_t{first_unit_row_} * units_across_ / interval * interval;
  while (unit < end) {
    BitReader reader(data_.segment(static_cast<std::size_t>(unit / interval)));
    for (auto& component : components_) component.codes.mean = 0;
    for (const auto stop = std::min(end, unit + interval); unit < stop;) {
      const auto run = run_length(unit);
      const auto count = std::min(std::abs(run), stop - unit);
      if (!(run > 0 ? decode_units(reader, unit, count) : skip_units(reader, count))) return false;
      unit += count;
    }
    if (reader.overrun()) return false;
    if (unit == units || unit % interval == 0) unused_bytes_ += reader.unused_bytes();
  }
  return true;
}

/// The number of MCUs from this one on that all lie under the area; negative if none of them does.
std::int64_t BaselineDecoder::run_length(std::int64_t unit) const {
  const auto column = unit % units_across_, row = unit / units_across_;
  if (row < first_unit_row_) return unit - std::int64_t{first_unit_row_} * units_across_;
  if (column < first_unit_column_) return column - first_unit_column_;
  if (column < end_unit_column_) return end_unit_column_ - column;
  return column - units_across_;
}

/// MCUs of one row.
bool BaselineDecoder::decode_units(BitReader& shared, std::int64_t first, std::int64_t count) {
  BitReader reader = shared;  // in registers
  const int unit_y = static_cast<int>(first / units_across_);
  int unit_x = static_cast<int>(first % units_across_);
  for (const int end = unit_x + static_cast<int>(count); unit_x < end; ++unit_x) {
    int pending = 0;
    for (int c = 0; c < count_; ++c) {
      auto& component = components_[c];
      for (int i = 0; i < component.down; ++i) {
        const int y = unit_y * component.down + i;
        const bool in_rows = y >= component.top && y < component.bottom;
        for (int j = 0; j < component.across; ++j) {
          const int x = unit_x * component.across + j;
          // The area may begin or end within an MCU.
          if (!in_rows || x < component.left || x >= component.right) {
            if (!skip_block(reader, component.codes)) return false;
            continue;
          }
          auto& block = pending_[pending++];
          block.component = &component;
          block.x = x - component.left;
          block.y = y - component.top;
          if (!decode_block(reader, component.codes, block.coefficients, block.last)) return false;
        }
      }
    }
    // Not before all are decoded: what was just written in pieces is slow to read as a whole.
    for (int i = 0; i < pending; ++i) put_block(pending_[i]);
  }
  shared = reader;
  return true;
}

bool BaselineDecoder::skip_units(BitReader& shared, std::int64_t count) {
  BitReader reader = shared;  // in registers
  for (std::int64_t unit = 0; unit < count; ++unit) {
    for (int c = 0; c < count_; ++c) {
      auto& component = components_[c];
      for (int i = 0; i < component.down * component.across; ++i) {
        if (!skip_block(reader, component.codes)) return false;
      }
    }
  }
  shared = reader;
  return true;
}

void BaselineDecoder::put_block(Block& block) {
  auto& component = *block.component;
  const int x = block.x, y = block.y;
  const int across = component.shrink_across, down = component.shrink_down;
  auto* to = component.pixels.data() +
             static_cast<std::size_t>(y * (kSide / down)) * component.row_bytes +
             static_cast<std::size_t>(x * (kSide / across));
  if (block.last == 0) {  // one grey
    const int grey = std::clamp(((block.coefficients[0] + 4) >> 3) + 128, 0, 255);
    for (int row = 0; row < kSide / down; ++row, to += component.row_bytes) {
      std::memset(to, grey, static_cast<std::size_t>(kSide / across));
    }
    return;
  }
  if (across == 1 && down == 1)
    return data::inverse_dct(block.coefficients, to, component.row_bytes);
  if (across == 2 && down == 2)
    return data::inverse_dct_half(block.coefficients, to, component.row_bytes);
  alignas(32) std::uint8_t pixels[64];
  data::inverse_dct(block.coefficients, pixels, kSide);
  put_means(pixels, across, down, to, component.row_bytes);
}

DecodedPart BaselineDecoder::part_of_plane(const Component& component, const Crop& area) const {
  // Borders of the area in pixels of the plane, counted from the image's corner.
  const double scale_x = 1.0 * component.across / (most_across_ * component.shrink_across);
  const double scale_y = 1.0 * component.down / (most_down_ * component.shrink_down);
  const int coarser_x = most_across_ / component.across * component.shrink_across;
  const int coarser_y = most_down_ / component.down * component.shrink_down;
  const int left = area.left / coarser_x, top = area.top / coarser_y;
  const int right = divided_up(area.left + area.width, coarser_x);
  const int bottom = divided_up(area.top + area.height, coarser_y);
  const int first_column = component.left * kSide / component.shrink_across;
  const int first_row = component.top * kSide / component.shrink_down;
  const PixelView plane{component.pixels.data(), 0, 0, 1, component.row_bytes};
  return {part_of(plane, {top - first_row, left - first_column, bottom - top, right - left}),
          {area.top * scale_y - top, area.left * scale_x - left, area.height * scale_y,
           area.width * scale_x}};
}

}  // namespace dbot::data
