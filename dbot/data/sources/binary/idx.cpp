#include "dbot/data/sources/binary/idx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

constexpr std::uint8_t kUnsignedBytes = 0x08;  // code of the element type
constexpr std::uint64_t kBestGzipRatio = 1032;

using Header = std::array<std::uint8_t, 4>;  // 0, 0, element type, number of dimensions

bool looks_like_idx(const Header& header) {
  return header[0] == 0 && header[1] == 0 && header[2] >= 0x08 && header[2] <= 0x0E &&
         header[3] >= 1 && header[3] <= 4;
}

/// A file read through zlib, which passes plain files on unchanged.
class Stream {
 public:
  explicit Stream(const std::filesystem::path& path)
      : name_(path.string()), file_(gzopen(path.c_str(), "rb")) {
    if (!file_) fail("cannot be opened");
    gzbuffer(file_.get(), 1 << 17);
  }

  /// Returns the number of bytes read: fewer than asked for at the end of the file.
  std::uint64_t read(std::uint8_t* target, std::uint64_t count) {
    std::uint64_t done = 0;
    while (done < count) {
      const auto part = static_cast<unsigned>(std::min<std::uint64_t>(count - done, 1U << 30));
      const int got = gzread(file_.get(), target + done, part);
      if (got <= 0) check();
      if (got <= 0) break;
      done += static_cast<std::uint64_t>(got);
    }
    return done;
  }

  /// True if the file is plain: its length is then that of the content.
  bool is_plain() { return gzdirect(file_.get()) != 0; }

  [[noreturn]] void fail(std::string_view what) const {
    throw data_error(name_, Fault::corrupt, what);
  }

 private:
  /// Throws if zlib met an error; the end of a file inside of a packed stream is one.
  void check() {
    int code = Z_OK;
    const char* text = gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR) fail("ends too early");
    if (code != Z_OK && code != Z_STREAM_END) fail(fmt::format("broken gzip file: {}", text));
  }

  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  std::string name_;
  std::unique_ptr<gzFile_s, Close> file_;
};

std::uint64_t file_length(const std::filesystem::path& path, const Stream& stream) {
  std::error_code error;
  const auto length = std::filesystem::file_size(path, error);
  if (error) stream.fail(error.message());
  return length;
}

std::vector<std::int64_t> read_shape(Stream& stream) {
  Header header{};
  if (stream.read(header.data(), header.size()) != header.size() || !looks_like_idx(header)) {
    stream.fail("is not an IDX file");
  }
  if (header[2] != kUnsignedBytes) {
    stream.fail(
        fmt::format("has element type 0x{:02x}, expected 0x08 (unsigned bytes)", header[2]));
  }
  std::vector<std::int64_t> shape(header[3]);
  for (auto& extent : shape) {
    std::array<std::uint8_t, 4> bytes{};
    if (stream.read(bytes.data(), bytes.size()) != bytes.size()) stream.fail("ends in its header");
    extent = 0;
    for (const auto byte : bytes) extent = extent << 8 | byte;
  }
  return shape;
}

/// Number of values, once it is clear that the file can hold them.
std::uint64_t plausible_count(const std::vector<std::int64_t>& shape,
                              const std::filesystem::path& path, Stream& stream) {
  const std::uint64_t length = file_length(path, stream);
  const std::uint64_t header = 4 + 4 * shape.size();
  const std::uint64_t most = stream.is_plain() ? length - header : length * kBestGzipRatio;
  std::uint64_t count = 1;
  for (const auto extent : shape) {
    const auto factor = static_cast<std::uint64_t>(extent);
    if (factor != 0 && count > most / factor) {
      stream.fail(fmt::format("is {} bytes long, too short for its shape {}", length, shape));
    }
    count *= factor;
  }
  return count;
}

}  // namespace

IdxArray read_idx(const std::filesystem::path& path) {
  Stream stream(path);
  IdxArray array;
  array.shape = read_shape(stream);
  array.values.resize(plausible_count(array.shape, path, stream));
  const auto count = stream.read(array.values.data(), array.values.size());
  if (count != array.values.size()) {
    stream.fail(fmt::format("ends after {} of the {} values its header announces", count,
                            array.values.size()));
  }
  std::uint8_t beyond = 0;
  if (stream.read(&beyond, 1) != 0) {
    stream.fail(
        fmt::format("goes on after the {} values its header announces", array.values.size()));
  }
  return array;
}

bool is_idx_file(const std::filesystem::path& path) try {
  Stream stream(path);
  Header header{};
  return stream.read(header.data(), header.size()) == header.size() && looks_like_idx(header);
} catch (const DataError&) {
  return false;
}

}  // namespace dbot::data
