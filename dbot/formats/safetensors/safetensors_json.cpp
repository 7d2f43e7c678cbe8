#include "dbot/formats/safetensors/safetensors_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "dbot/core/error.h"

namespace dbot::formats {
namespace {

/// Where the parser stands. The form allows no deeper nesting, so a deeper one is an error at once.
enum class Place { start, names, metadata, tensor, list, end };

/// Receives the parser's events; throws DataError at the first that does not fit.
class HeaderReader {
 public:
  Header take() { return std::move(header_); }

  bool start_object(std::size_t) {
    if (place_ == Place::start) {
      place_ = Place::names;
    } else if (place_ == Place::names && key_ == kMetadataKey) {
      place_ = Place::metadata;
    } else if (place_ == Place::names) {
      place_ = Place::tensor;
      fields_.clear();
      offsets_.clear();
      header_.tensors.emplace_back().name = key_;
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool end_object() {
    if (place_ == Place::names) {
      place_ = Place::end;
      return true;
    }
    if (place_ == Place::tensor) finish_tensor();
    place_ = Place::names;
    return true;
  }

  bool key(std::string& text) {
    if (place_ == Place::names && !names_.insert(text).second) repeated(text);
    if (place_ == Place::metadata && header_.metadata.contains(text)) repeated(text);
    if (place_ == Place::tensor) {
      if (text != "dtype" && text != "shape" && text != "data_offsets") {
        fail(fmt::format("has an unknown entry {}", printable(text)));
      }
      if (!fields_.insert(text).second) repeated(text);
    }
    (place_ == Place::names ? key_ : field_) = text;
    return true;
  }

  bool start_array(std::size_t) {
    if (place_ != Place::tensor || field_ == "dtype") unexpected("a list");
    place_ = Place::list;
    return true;
  }

  bool end_array() {
    place_ = Place::tensor;
    return true;
  }

  bool string(std::string& text) {
    if (place_ == Place::metadata) {
      header_.metadata.emplace(field_, text);
    } else if (place_ == Place::tensor && field_ == "dtype") {
      const auto type = element_type(text);
      if (!type) fail(fmt::format("dtype is {}, which is not one dbot reads", printable(text)));
      header_.tensors.back().type = *type;
    } else {
      unexpected("a text");
    }
    return true;
  }

  bool number_unsigned(std::uint64_t number) {
    if (place_ != Place::list) unexpected("a number");
    if (field_ == "data_offsets") {
      if (offsets_.size() == 2) fail("data_offsets has more than two entries");
      offsets_.push_back(number);
      return true;
    }
    std::vector<std::int64_t>& shape = header_.tensors.back().shape;
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail(fmt::format("shape has the extent {}, expected at most 2^63 - 1", number));
    }
    if (shape.size() == kMostDimensions) {
      fail(fmt::format("shape has more than {} dimensions", kMostDimensions));
    }
    shape.push_back(static_cast<std::int64_t>(number));
    return true;
  }

  // The parser calls it for negative numbers alone.
  bool number_integer(std::int64_t number) {
    if (place_ != Place::list) unexpected("a number");
    fail(fmt::format("{} has {}, expected no negative number", field_, number));
  }
  bool number_float(double, const std::string& text) { unexpected(text); }
  bool null() { unexpected("null"); }
  bool boolean(bool value) { unexpected(value ? "true" : "false"); }
  bool binary(std::vector<std::uint8_t>&) { unexpected("binary"); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …", with the text itself
    // somewhere in it.
    std::string_view reason = error.what();
    reason.remove_prefix(std::min(reason.find("] ") + 2, reason.size()));
    throw DataError({.fault = Fault::corrupt,
                     .reason = fmt::format("the header is not JSON at byte {}: {}", position,
                                           printable(reason))});
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    if (place_ == Place::tensor || place_ == Place::list) {
      throw DataError(
          {.subject = "tensor " + printable(key_), .fault = Fault::corrupt, .reason = ": " + what});
    }
    throw DataError({.subject = "the header", .fault = Fault::corrupt, .reason = what});
  }
  [[noreturn]] void unexpected(std::string_view what) const {
    const bool inside = place_ == Place::tensor || place_ == Place::list;
    switch (place_) {
      case Place::names:
        fail(fmt::format("has {} for {}, expected an object", what, printable(key_)));
      case Place::metadata:
        fail(fmt::format("has {} for {} in {}, expected a text", what, printable(field_),
                         kMetadataKey));
      default:
        fail(inside ? fmt::format("{} is or has {}, expected {}", field_, what,
                                  field_ == "dtype" ? "a text" : "a list of integers")
                    : fmt::format("is {}, expected an object", what));
    }
  }
  [[noreturn]] void repeated(const std::string& text) const {
    fail(fmt::format("has {} twice", printable(text)));
  }

  void finish_tensor() {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!fields_.contains(field)) fail(fmt::format("{} is missing", field));
    }
    if (offsets_.size() != 2) fail("data_offsets has fewer than two entries");
    header_.tensors.back().begin = offsets_[0];
    header_.tensors.back().end = offsets_[1];
  }

  Header header_;
  Place place_ = Place::start;
  std::string key_, field_;  // the last key of the outer object, and of the inner one
  std::unordered_set<std::string> names_;
  std::set<std::string> fields_;  // of the tensor being read
  std::vector<std::uint64_t> offsets_;
};

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  std::string result = "\"";
  for (const char character : text.substr(0, kLongest)) {
    result += character >= ' ' && character <= '~' ? character : '?';
  }
  return result + (text.size() > kLongest ? "…\"" : "\"");
}

Header parse_header_json(std::string_view json) {
  // A byte order mark or blanks before it are against the format.
  if (!json.starts_with('{')) {
    throw DataError({.fault = Fault::corrupt, .reason = "the header does not begin with \"{\""});
  }
  // nlohmann would stop reading at a zero byte.
  if (json.find('\0') != std::string_view::npos) {
    throw DataError({.fault = Fault::corrupt, .reason = "the header has a zero byte"});
  }
  HeaderReader reader;
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return reader.take();
}

}  // namespace dbot::formats
