#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/jpeg/jpeg_blocks.h"
#include "dbot/data/image/jpeg/jpeg_decompressor.h"
#include "dbot/data/image/jpeg/jpeg_entropy.h"

namespace dbot::data {

/// Decodes part of a JPEG with sequential Huffman codes and one scan, which most are, to planes of
/// Y, Cb and Cr: in less than half of libjpeg's time, most of which goes into codes. Keeps its
/// memory for the next image. Not for several threads at once.
class BaselineDecoder {
 public:
  /// `info` has read the header, `scan` is what follows it. Only blocks under `area` are
  /// transformed, at a share of their size; where colour has fewer pixels already, it is shrunk
  /// less. Only Y for one channel. False if the image is of another kind or not sound: then libjpeg
  /// has to read it. The planes are valid until the next call.
  bool read(const jpeg_decompress_struct& info, std::span<const std::uint8_t> scan,
            const Crop& area, Shrink shrink, int channels, DecodedPlanes& planes);
  /// Bytes of the data that the last image's blocks did not need; 0 if not all were read.
  std::int64_t unused_bytes() const { return unused_bytes_; }

 private:
  struct Component {
    int across = 1, down = 1;  // blocks of an MCU
    int shrink_across = 1, shrink_down = 1;
    int left = 0, right = 0, top = 0, bottom = 0;  // blocks under the area
    bool wanted = true;
    BlockCodes codes;
    std::vector<std::uint8_t> pixels;  // of these blocks
    std::size_t row_bytes = 0;
  };

  /// A block whose coefficients wait to be transformed. All are 0 between two, but the first.
  struct Block {
    alignas(32) std::int16_t coefficients[64] = {};
    Component* component = nullptr;
    int x = 0, y = 0;  // its place in the component's plane, blocks
    int last = 0;      // place in the data of the last coefficient that is not 0
  };

  bool set_up(const jpeg_decompress_struct& info, int channels);
  bool set_tables(const jpeg_decompress_struct& info);
  void choose_blocks(const Crop& area, Shrink shrink);
  bool decode_scan(int restart_interval);
  std::int64_t run_length(std::int64_t unit) const;
  bool decode_units(BitReader& shared, std::int64_t first, std::int64_t count);
  bool skip_units(BitReader& shared, std::int64_t count);
  void put_block(Block& block);
  DecodedPart part_of_plane(const Component& component, const Crop& area) const;

  ScanData data_;
  HuffmanTable dc_[4], ac_[4];
  Component components_[3];
  Block pending_[10];                    // as many blocks as an MCU may have
  int count_ = 0;                        // of components
  int most_across_ = 1, most_down_ = 1;  // blocks of an MCU in the finest component
  int width_ = 0, height_ = 0;           // of the image
  std::int64_t unused_bytes_ = 0;
  int units_across_ = 0, units_down_ = 0;      // MCUs of the image
  int first_unit_row_ = 0, end_unit_row_ = 0;  // rows of MCUs under the area
  int first_unit_column_ = 0, end_unit_column_ = 0;
};

}  // namespace dbot::data
