#pragma once

#include <tiffio.h>

#include <cstdint>
#include <span>
#include <string>

namespace dbot::data {

/// A TIFF in memory, opened by libtiff: its messages are kept, its memory is limited.
class TiffFile {
 public:
  /// `handle` is null if libtiff does not take the file.
  explicit TiffFile(std::span<const std::uint8_t> bytes);
  ~TiffFile();
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;

  TIFF* handle() const { return tiff_; }
  const std::string& message() const { return message_; }
  /// True if all strips or tiles lie inside the file.
  bool is_whole() const;

  /// The value of a tag, or its default.
  template <typename Number>
  Number tag(std::uint32_t number, Number otherwise) const {
    Number value{};
    return TIFFGetFieldDefaulted(tiff_, number, &value) != 0 ? value : otherwise;
  }

 private:
  tmsize_t read(void* to, tmsize_t count);
  toff_t seek(toff_t offset, int whence);

  std::span<const std::uint8_t> bytes_;
  std::size_t place_ = 0;
  std::string message_ = "it cannot be read";
  bool said_ = false;
  TIFF* tiff_ = nullptr;
};

}  // namespace dbot::data
