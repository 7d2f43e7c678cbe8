#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "dbot/formats/little_endian.h"

// Python's pickle, protocol 2, as much of it as a state dict needs. Nothing is remembered: whatever
// is needed twice is written twice. Source: CPython, Lib/pickletools.py (the operations).
namespace dbot::formats {

class PickleWriter {
 public:
  PickleWriter() { bytes_ = "\x80\x02"; }

  /// A class or function.
  void global(std::string_view module, std::string_view name) {
    bytes_ += 'c';
    bytes_ += module;
    bytes_ += '\n';
    bytes_ += name;
    bytes_ += '\n';
  }
  void text(std::string_view utf8) {
    bytes_ += 'X';
    append_little_endian(bytes_, utf8.size(), 4);
    bytes_ += utf8;
  }
  void integer(std::int64_t value) {
    if (value >= INT32_MIN && value <= INT32_MAX) {
      bytes_ += 'J';
      return append_little_endian(bytes_, static_cast<std::uint64_t>(value), 4);
    }
    bytes_ += "\x8a\x08";  // eight bytes, two's complement
    append_little_endian(bytes_, static_cast<std::uint64_t>(value), 8);
  }
  void no() { bytes_ += '\x89'; }
  /// What is between the two is a tuple.
  void begin_tuple() { bytes_ += '('; }
  void end_tuple() { bytes_ += 't'; }
  void empty_dictionary() { bytes_ += '}'; }
  /// What is between the two, keys and values in turn, goes into the dictionary before it.
  void begin_items() { bytes_ += '('; }
  void end_items() { bytes_ += 'u'; }
  /// Calls the function before the tuple.
  void call() { bytes_ += 'R'; }
  /// Gives the object before it the attributes of the dictionary behind it.
  void restore() { bytes_ += 'b'; }
  /// What the reader finds outside the pickle under the tuple before it.
  void outside() { bytes_ += 'Q'; }

  /// An empty collections.OrderedDict.
  void empty_ordered_dictionary() {
    global("collections", "OrderedDict");
    begin_tuple();
    end_tuple();
    call();
  }

  /// Ends it.
  std::string take() { return std::move(bytes_) + '.'; }

 private:
  std::string bytes_;
};

}  // namespace dbot::formats
