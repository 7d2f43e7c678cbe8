#include "dbot/data/sources/tar/decompress.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/tar/shard_files.h"

namespace dbot::data {
namespace {

using Take = std::function<void(std::span<const std::byte>)>;

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

[[noreturn]] void fail_unpacking(const std::filesystem::path& path, std::string_view what) {
  throw data_error(path.string(), Fault::corrupt, what);
}

/// The file's own bytes, piece by piece.
class PackedPieces {
 public:
  explicit PackedPieces(const std::filesystem::path& path) : file_({path}) {}

  /// Empty at the end.
  std::span<const std::uint8_t> next() {
    const auto count = std::min<std::uint64_t>(kPieceBytes, file_.size(0) - position_);
    bytes_.resize(count);
    file_.read(0, position_, bytes_);
    position_ += count;
    return bytes_;
  }

 private:
  ShardFiles file_;
  std::uint64_t position_ = 0;
  std::vector<std::uint8_t> bytes_;
};

void decompress_zstd(const std::filesystem::path& path, const Take& take) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream);
  PackedPieces pieces(path);
  std::vector<std::byte> content(ZSTD_DStreamOutSize());
  std::size_t state = 0;  // 0: between two frames
  for (auto bytes = pieces.next(); !bytes.empty(); bytes = pieces.next()) {
    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    bool full = false;
    while (input.pos < input.size || full) {
      ZSTD_outBuffer output{content.data(), content.size(), 0};
      state = ZSTD_decompressStream(stream.get(), &output, &input);
      if (ZSTD_isError(state) != 0U) {
        fail_unpacking(path, fmt::format("broken zstd file: {}", ZSTD_getErrorName(state)));
      }
      full = output.pos == output.size;
      take(std::span(content).first(output.pos));
    }
  }
  if (state != 0) fail_unpacking(path, "ends too early");
}

class GzipStream {
 public:
  explicit GzipStream(const std::filesystem::path& path) : path_(path) {
    // 32: a gzip or zlib header, told by itself.
    if (inflateInit2(&stream_, 15 + 32) != Z_OK) fail_unpacking(path, "no memory to unpack it");
  }
  ~GzipStream() { inflateEnd(&stream_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  /// Unpacks all of `bytes`; a member may follow another.
  void add(std::span<const std::uint8_t> bytes, const Take& take) {
    stream_.next_in = const_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      if (ended_ && stream_.avail_in > 0) {
        inflateReset(&stream_);
        ended_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(content_.data());
      stream_.avail_out = static_cast<uInt>(content_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      ended_ = code == Z_STREAM_END;
      if (code != Z_OK && !ended_ && code != Z_BUF_ERROR) {
        fail_unpacking(path_, fmt::format("broken gzip file: {}",
                                          stream_.msg ? stream_.msg : "not as expected"));
      }
      take(std::span(content_).first(content_.size() - stream_.avail_out));
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
  }
  bool ended() const { return ended_; }

 private:
  const std::filesystem::path& path_;
  z_stream stream_{};
  bool ended_ = false;
  std::vector<std::byte> content_ = std::vector<std::byte>(kPieceBytes);
};

void decompress_gzip(const std::filesystem::path& path, const Take& take) {
  GzipStream stream(path);
  PackedPieces pieces(path);
  for (auto bytes = pieces.next(); !bytes.empty(); bytes = pieces.next()) stream.add(bytes, take);
  if (!stream.ended()) fail_unpacking(path, "ends too early");
}

struct Packing {
  std::string_view magic, name;
};

using namespace std::string_view_literals;

constexpr std::array<Packing, 9> kPackings{{{"\x1F\x8B"sv, "gzip"},
                                            {"\x28\xB5\x2F\xFD"sv, "zstd"},
                                            {"BZh"sv, "bzip2"},
                                            {"\xFD\x37zXZ\0"sv, "xz"},
                                            {"\x04\x22\x4D\x18"sv, "lz4"},
                                            {"PK\x03\x04"sv, "ZIP"},
                                            {"7z\xBC\xAF\x27\x1C"sv, "7z"},
                                            {"Rar!\x1A\x07"sv, "RAR"},
                                            {"LZIP"sv, "lzip"}}};

}  // namespace

std::string_view packing_of(const std::filesystem::path& path) {
  const ShardFiles file({path});
  std::array<std::uint8_t, 6> head{};
  const auto count = std::min<std::uint64_t>(head.size(), file.size(0));
  file.read(0, 0, std::span(head).first(count));
  const std::string_view begin(reinterpret_cast<const char*>(head.data()), count);
  // A frame to be skipped may stand before those of zstd.
  const bool skippable =
      count >= 4 && (head[0] & 0xF0) == 0x50 && begin.substr(1, 3) == "\x2A\x4D\x18"sv;
  if (skippable) return "zstd";
  const auto found = std::ranges::find_if(
      kPackings, [&](const Packing& one) { return begin.starts_with(one.magic); });
  return found == kPackings.end() ? std::string_view{} : found->name;
}

void decompress(const std::filesystem::path& path, const Take& take) {
  if (ShardFiles({path}).size(0) < 4) fail_unpacking(path, "is neither a gzip nor a zstd file");
  if (packing_of(path) == "zstd") return decompress_zstd(path, take);
  decompress_gzip(path, take);
}

}  // namespace dbot::data
