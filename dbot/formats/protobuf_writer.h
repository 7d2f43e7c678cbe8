#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "dbot/formats/little_endian.h"

// The wire format of protocol buffers, as much of it as writing needs. Source: protobuf.dev,
// "Encoding".
namespace dbot::formats {

class ProtobufWriter {
 public:
  void varint(int field, std::uint64_t value) {
    key(field, 0);
    raw_varint(value);
  }
  void fixed64(int field, double value) {
    key(field, 1);
    append_little_endian(bytes_, std::bit_cast<std::uint64_t>(value), 8);
  }
  void fixed32(int field, float value) {
    key(field, 5);
    append_little_endian(bytes_, std::bit_cast<std::uint32_t>(value), 4);
  }
  /// Texts, bytes and embedded messages.
  void text(int field, std::string_view value) {
    text_head(field, value.size());
    bytes_ += value;
  }

  /// Key and length of a text whose `size` bytes follow from elsewhere.
  void text_head(int field, std::uint64_t size) {
    key(field, 2);
    raw_varint(size);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void key(int field, unsigned wire_type) {
    raw_varint(static_cast<std::uint64_t>(field) << 3 | wire_type);
  }
  void raw_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

}  // namespace dbot::formats
