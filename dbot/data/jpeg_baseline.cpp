#include "dbot/data/jpeg_baseline.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dbot/data/scratch.h"
#include "dbot/ops/jpeg_kernels.h"

namespace dbot::data {
namespace {

constexpr int side = 8;                     // of a block
constexpr std::size_t worth_leaps = 20000;  // bytes of a scan

/// Place in a block of the k-th coefficient of the data.
constexpr std::array<std::uint8_t, 64> zigzag{
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
  for (int y = 0; y < side; y += down, to += row_bytes) {
    for (int x = 0; x < side; x += across) {
      int sum = area / 2;
      for (int i = 0; i < down; ++i) {
        for (int j = 0; j < across; ++j) sum += block[(y + i) * side + x + j];
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
  if (scan.size() >= worth_leaps) {
    for (int c = 0; c < count_; ++c) ac_[info.comp_info[c].ac_tbl_no].prepare_leaps();
  }
  if (!decode_scan(width_, height_, static_cast<int>(info.restart_interval))) return false;
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
    component.last_dc = 0;
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
    for (std::size_t k = 0; k < 64; ++k) components_[c].places[k] = {zigzag[k], steps[zigzag[k]]};
    components_[c].dc = &dc_[stored.dc_tbl_no];
    components_[c].ac = &ac_[stored.ac_tbl_no];
  }
  return true;
}

void BaselineDecoder::choose_blocks(const Crop& area, Shrink shrink) {
  first_unit_row_ = area.top / (side * most_down_);
  end_unit_row_ = divided_up(area.top + area.height, side * most_down_);
  for (auto& component : components_) {
    const int coarser_across = most_across_ / component.across;
    const int coarser_down = most_down_ / component.down;
    const int wanted = &component == components_ ? shrink.grey : shrink.colour;
    component.shrink_across = std::max(1, wanted / coarser_across);
    component.shrink_down = std::max(1, wanted / coarser_down);
    component.left = area.left / (side * coarser_across);
    component.right = divided_up(area.left + area.width, side * coarser_across);
    component.top = area.top / (side * coarser_down);
    component.bottom = divided_up(area.top + area.height, side * coarser_down);
    if (!component.wanted) component.right = component.left;  // no block
    component.row_bytes = static_cast<std::size_t>(component.right - component.left) *
                          static_cast<std::size_t>(side / component.shrink_across);
    const auto rows = static_cast<std::size_t>(component.bottom - component.top) *
                      static_cast<std::size_t>(side / component.shrink_down);
    room(component.pixels, rows * component.row_bytes);
  }
}

bool BaselineDecoder::decode_scan(int width, int height, int restart_interval) {
  const int units_across = divided_up(width, side * most_across_);
  const std::int64_t units = std::int64_t{units_across} * divided_up(height, side * most_down_);
  for (auto& block : pending_)
    std::fill(std::begin(block.coefficients), std::end(block.coefficients), std::int16_t{0});
  const std::int64_t interval = restart_interval > 0 ? restart_interval : units;
  if (static_cast<std::int64_t>(data_.segments()) != (units + interval - 1) / interval)
    return false;
  // Segments stand alone: those above the area need not be read.
  const std::int64_t end = std::int64_t{end_unit_row_} * units_across;
  unused_bytes_ = 0;
  auto unit = std::int64_t{first_unit_row_} * units_across / interval * interval;
  while (unit < end) {
    BitReader reader(data_.segment(static_cast<std::size_t>(unit / interval)));
    for (auto& component : components_) component.last_dc = 0;
    for (const auto stop = std::min(end, unit + interval); unit < stop; ++unit) {
      if (!decode_unit(reader, static_cast<int>(unit % units_across),
                       static_cast<int>(unit / units_across))) {
        return false;
      }
    }
    if (reader.overrun()) return false;
    if (unit == units || unit % interval == 0) unused_bytes_ += reader.unused_bytes();
  }
  return true;
}

bool BaselineDecoder::decode_unit(BitReader& reader, int unit_x, int unit_y) {
  pending_count_ = 0;
  for (int c = 0; c < count_; ++c) {
    auto& component = components_[c];
    for (int i = 0; i < component.down; ++i) {
      const int y = unit_y * component.down + i;
      const bool in_rows = y >= component.top && y < component.bottom;
      for (int j = 0; j < component.across; ++j) {
        const int x = unit_x * component.across + j;
        if (in_rows && x >= component.left && x < component.right) {
          auto& block = pending_[pending_count_++];
          block.component = &component;
          block.x = x - component.left;
          block.y = y - component.top;
          if (!decode_block<true>(reader, component, block.coefficients, block.last)) return false;
        } else if (!skip_block(reader, component)) {
          return false;
        }
      }
    }
  }
  // Not before all are decoded: what was just written in pieces is slow to read as a whole.
  for (int i = 0; i < pending_count_; ++i) put_block(pending_[i]);
  return true;
}

/// T.81, F.2.2.1: the coefficient that is 8 times the block's mean, less that of the one before.
bool BaselineDecoder::decode_mean(BitReader& reader, Component& component) {
  reader.refill();
  const auto entry = component.dc->find(reader.bits());
  if (entry.bits == 0 || (entry.zeros != 0 && entry.zeros != HuffmanTable::end_of_block)) {
    return false;
  }
  component.last_dc =
      static_cast<std::int16_t>(component.last_dc + number_behind(reader.bits(), entry));
  reader.drop(entry.bits);
  return true;
}

/// T.81, F.2.2.2. `last` is the place in the data of the last coefficient that is not 0.
template <bool kKept>
bool BaselineDecoder::decode_block(BitReader& shared, Component& component,
                                   std::int16_t* coefficients, int& last) {
  BitReader reader = shared;  // in registers
  if (!decode_mean(reader, component)) return false;
  if constexpr (kKept) {
    coefficients[0] = static_cast<std::int16_t>(component.last_dc * component.places[0].step);
    last = 0;
  }
  const HuffmanTable& table = *component.ac;
  for (int k = 1; k < 64; ++k) {
    // 25 bits are there, enough for a code. More are fetched while it is looked up: always, as
    // guessing whether it is time costs more.
    const auto entry = table.find(reader.bits());
    reader.refill();
    if (entry.bits == 0) return false;
    k += entry.zeros;
    if (k > 63) {
      reader.drop(entry.bits);
      if (entry.zeros != HuffmanTable::end_of_block) return false;
      break;
    }
    if constexpr (kKept) {
      // Sixteen zeros end with a number of no bits, which is 0.
      const auto [place, step] = component.places[static_cast<std::size_t>(k)];
      coefficients[place] = static_cast<std::int16_t>(number_behind(reader.bits(), entry) * step);
      last = k;
    }
    reader.drop(entry.bits);
  }
  shared = reader;
  return true;
}

/// The same with several codes at once; only the mean of the block is of use, for the next one.
bool BaselineDecoder::skip_block(BitReader& shared, Component& component) {
  int last = 0;
  const HuffmanTable& table = *component.ac;
  if (!table.has_leaps()) return decode_block<false>(shared, component, nullptr, last);
  BitReader reader = shared;  // in registers
  if (!decode_mean(reader, component)) return false;
  int k = 1;
  while (k < 64) {
    const auto leap = table.leap(reader.bits());
    reader.refill();
    if (leap.bits != 0 && k + leap.advance < 64) {
      reader.drop(leap.bits);
      if (leap.ends) break;
      k += leap.advance;
      continue;
    }
    const auto entry = table.find(reader.bits());
    if (entry.bits == 0) return false;
    reader.drop(entry.bits);
    if (entry.zeros == HuffmanTable::end_of_block) break;
    k += entry.zeros + 1;
    if (k > 64) return false;
  }
  shared = reader;
  return true;
}

void BaselineDecoder::put_block(Block& block) {
  auto& component = *block.component;
  const int x = block.x, y = block.y;
  const int across = component.shrink_across, down = component.shrink_down;
  auto* to = component.pixels.data() +
             static_cast<std::size_t>(y * (side / down)) * component.row_bytes +
             static_cast<std::size_t>(x * (side / across));
  if (block.last == 0) {  // one grey
    const int grey = std::clamp(((block.coefficients[0] + 4) >> 3) + 128, 0, 255);
    for (int row = 0; row < side / down; ++row, to += component.row_bytes) {
      std::memset(to, grey, static_cast<std::size_t>(side / across));
    }
    return;
  }
  if (across == 1 && down == 1)
    return ops::inverse_dct(block.coefficients, to, component.row_bytes);
  if (across == 2 && down == 2)
    return ops::inverse_dct_half(block.coefficients, to, component.row_bytes);
  alignas(32) std::uint8_t pixels[64];
  ops::inverse_dct(block.coefficients, pixels, side);
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
  const int first_column = component.left * side / component.shrink_across;
  const int first_row = component.top * side / component.shrink_down;
  const PixelView plane{component.pixels.data(), 0, 0, 1, component.row_bytes};
  return {part_of(plane, {top - first_row, left - first_column, bottom - top, right - left}),
          {area.top * scale_y - top, area.left * scale_x - left, area.height * scale_y,
           area.width * scale_x}};
}

}  // namespace dbot::data
