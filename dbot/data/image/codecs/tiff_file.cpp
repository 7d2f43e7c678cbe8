#include "dbot/data/image/codecs/tiff_file.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace dbot::data {
namespace {

// Of one strip, tile or table.
constexpr tmsize_t kMostMemory = tmsize_t{1} << 30;

TiffFile& self(thandle_t handle) {
  return *static_cast<TiffFile*>(handle);
}

}  // namespace

TiffFile::TiffFile(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  if (options == nullptr) return;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, kMostMemory);
  TIFFOpenOptionsSetErrorHandlerExtR(
      options,
      [](TIFF*, void* data, const char*, const char* format, va_list values) {
        auto& file = *static_cast<TiffFile*>(data);
        if (file.said_) return 1;  // the first message says most
        char text[200];
        std::vsnprintf(text, sizeof text, format, values);
        file.message_ = text;
        file.said_ = true;
        return 1;
      },
      this);
  TIFFOpenOptionsSetWarningHandlerExtR(
      options, [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
  tiff_ = TIFFClientOpenExt(
      "image", "rm", this, [](thandle_t h, void* to, tmsize_t n) { return self(h).read(to, n); },
      [](thandle_t, void*, tmsize_t) { return tmsize_t{0}; },
      [](thandle_t h, toff_t offset, int whence) { return self(h).seek(offset, whence); },
      [](thandle_t) { return 0; }, [](thandle_t h) { return toff_t{self(h).bytes_.size()}; },
      nullptr, nullptr, options);
  TIFFOpenOptionsFree(options);
}

TiffFile::~TiffFile() {
  if (tiff_ != nullptr) TIFFClose(tiff_);
}

bool TiffFile::is_whole() const {
  const bool tiled = TIFFIsTiled(tiff_) != 0;
  const std::uint32_t pieces = tiled ? TIFFNumberOfTiles(tiff_) : TIFFNumberOfStrips(tiff_);
  for (std::uint32_t i = 0; i < pieces; ++i) {
    const std::uint64_t offset = TIFFGetStrileOffset(tiff_, i);
    const std::uint64_t count = TIFFGetStrileByteCount(tiff_, i);
    if (offset > bytes_.size() || count > bytes_.size() - offset || count == 0) return false;
  }
  return pieces > 0;
}

tmsize_t TiffFile::read(void* to, tmsize_t count) {
  const auto wanted = static_cast<std::size_t>(std::max<tmsize_t>(count, 0));
  const std::size_t given = std::min(wanted, bytes_.size() - std::min(place_, bytes_.size()));
  if (given > 0) std::memcpy(to, bytes_.data() + place_, given);
  place_ += given;
  return static_cast<tmsize_t>(given);
}

toff_t TiffFile::seek(toff_t offset, int whence) {
  if (whence == SEEK_CUR) offset += place_;
  if (whence == SEEK_END) offset += bytes_.size();
  place_ = static_cast<std::size_t>(std::min<toff_t>(offset, bytes_.size()));
  return offset;
}

}  // namespace dbot::data
