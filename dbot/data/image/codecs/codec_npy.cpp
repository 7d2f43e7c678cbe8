#include "dbot/data/image/codecs/codec_npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/raster.h"

namespace dbot::data {
namespace {

/// The header: a Python dictionary with 'descr', 'fortran_order' and 'shape'.
class NpyHeader {
 public:
  NpyHeader(std::span<const std::uint8_t> bytes, std::string_view name) : name_(name) {
    const int length_bytes = bytes.size() > 6 && bytes[6] >= 2 ? 4 : 2;
    const std::size_t begin = 8 + static_cast<std::size_t>(length_bytes);
    if (bytes.size() < begin) fail("it ends in its header", Fault::truncated);
    std::size_t length = 0;
    for (int i = length_bytes; i-- > 0;)
      length = length << 8 | bytes[8 + static_cast<std::size_t>(i)];
    if (length > bytes.size() - begin) fail("it ends in its header", Fault::truncated);
    text_ = {reinterpret_cast<const char*>(bytes.data()) + begin, length};
    first = begin + length;
    read_shape();
    fortran = value_of("'fortran_order'").starts_with("True");
    const auto type = value_of("'descr'");
    descr = std::string(type.substr(0, std::min<std::size_t>(type.size(), 5)));
  }

  [[noreturn]] void fail(std::string_view reason, Fault fault = Fault::corrupt) const {
    throw data_error(name_, fault, fmt::format("broken npy: {}", reason));
  }

  PixelValueType type() const {
    using Kind = PixelValueType::Kind;
    const bool big = descr.starts_with("'>");
    const std::string kind = descr.size() == 5 ? descr.substr(2, 2) : "";
    if (kind == "u1" || kind == "b1") return {Kind::bits8, false, kind == "b1" ? 1U : 255U};
    if (kind == "u2") return {Kind::bits16, big, 0xFFFF};
    if (kind == "f4") return {Kind::float32, big, 255};
    if (kind == "f8") return {Kind::float64, big, 255};
    throw unread_error(
        name_, fmt::format("an npy of {}, not of uint8, uint16, float32 or float64", descr));
  }

  std::size_t first = 0;  // where the values begin
  std::vector<std::int64_t> shape;
  bool fortran = false;
  std::string descr;

 private:
  std::string_view value_of(std::string_view key) const {
    const auto found = text_.find(key);
    if (found == std::string_view::npos) fail("its header is not NumPy's");
    auto rest = text_.substr(found + key.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" :"), rest.size()));
    return rest;
  }

  void read_shape() {
    auto rest = value_of("'shape'");
    const auto close = rest.find(')');
    if (!rest.starts_with('(') || close == std::string_view::npos) fail("it has no shape");
    rest = rest.substr(1, close - 1);
    while (!rest.empty()) {
      rest.remove_prefix(std::min(rest.find_first_not_of(" ,"), rest.size()));
      if (rest.empty()) break;
      std::int64_t extent = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), extent);
      if (error != std::errc() || extent < 1) fail("its shape is not of positive numbers");
      shape.push_back(extent);
      rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    }
    if (shape.size() != 2 && shape.size() != 3) {
      throw unread_error(name_,
                         fmt::format("an npy of {} dimensions, not of 2 or 3", shape.size()));
    }
  }

  std::string_view text_, name_;
};

/// Values between two neighbours along each dimension.
std::vector<std::int64_t> steps_of(const NpyHeader& header) {
  std::vector<std::int64_t> steps(header.shape.size());
  std::int64_t step = 1;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::size_t at = header.fortran ? i : steps.size() - 1 - i;
    steps[at] = step;
    step *= header.shape[at];
  }
  return steps;
}

/// True for [channels, height, width]: the number that is wanted tells, else the smaller extent.
bool is_planar(const std::vector<std::int64_t>& shape, int channels) {
  if (shape.size() != 3) return false;
  if (channels != kAnyChannels && shape[2] == channels) return false;
  if (channels != kAnyChannels && shape[0] == channels) return true;
  return shape[0] <= kMostChannels && shape[0] < shape[2];
}

}  // namespace

std::unique_ptr<ImageReader> open_npy(std::span<const std::uint8_t> bytes,
                                      const PixelFormat& format, std::string_view name) {
  const NpyHeader header(bytes, name);
  const auto& shape = header.shape;
  const bool planar = is_planar(shape, format.channels);
  const std::size_t row = planar ? 1 : 0;
  const std::int64_t stored = shape.size() == 2 ? 1 : shape[planar ? 0 : 2];
  check_image_size(static_cast<std::uint64_t>(shape[row]),
                   static_cast<std::uint64_t>(shape[row + 1]), name);
  if (stored > kMostChannels) {
    throw unread_error(name,
                       fmt::format("an npy of {} channels, more than {}", stored, kMostChannels));
  }
  const auto steps = steps_of(header);
  Raster raster;
  raster.type = header.type();
  const auto size = static_cast<std::int64_t>(raster.type.bytes());
  raster.height = static_cast<int>(shape[row]);
  raster.width = static_cast<int>(shape[row + 1]);
  raster.channels = static_cast<int>(stored);
  raster.first = static_cast<std::ptrdiff_t>(header.first);
  raster.row_step = steps[row] * size;
  raster.pixel_step = steps[row + 1] * size;
  raster.channel_step = shape.size() == 2 ? 0 : steps[planar ? 0 : 2] * size;
  raster.may_have_alpha = !planar;  // planes are bands of a sensor
  return read_raster(bytes, raster, format, name);
}

}  // namespace dbot::data
