#pragma once

#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dbot::data {

/// One part of a sample: encoded bytes, whose kind their content tells (an image file, a text), or
/// raw values of a type and a shape, row by row. The bytes lie in the part's own memory, which
/// serves one sample after the other, or in the data set's, which then has to outlive their use;
/// there they may lie unaligned.
class SamplePart {
 public:
  /// Own memory for encoded bytes, to be resized and filled; it holds what was there before.
  std::vector<std::uint8_t>& own_encoded();
  /// Encoded bytes in memory of the data set.
  void borrow_encoded(std::span<const std::uint8_t> bytes);
  /// Own memory for raw values, to be filled.
  std::span<std::uint8_t> own_values(c10::ScalarType type, std::span<const std::int64_t> shape);
  /// Raw values in memory of the data set.
  void borrow_values(c10::ScalarType type, std::span<const std::int64_t> shape, const void* values);

  bool encoded() const { return encoded_; }
  /// Of raw values.
  c10::ScalarType type() const { return type_; }
  std::span<const std::int64_t> shape() const { return shape_; }
  std::span<const std::uint8_t> bytes() const {
    return borrowed_ ? std::span<const std::uint8_t>(place_) : std::span(own_);
  }
  /// The bytes for somebody who keeps them; without a copy where the memory is the part's own.
  std::vector<std::uint8_t> take();

 private:
  bool encoded_ = true, borrowed_ = false;
  c10::ScalarType type_ = c10::ScalarType::Byte;
  std::vector<std::int64_t> shape_;
  std::vector<std::uint8_t> own_;
  std::span<const std::uint8_t> place_;  // where borrowed
};

/// What a data set knows of one sample: its name, and named parts such as "image", "caption" or
/// "features". It is read into again and again, and takes no new memory once it has seen a sample
/// as large. Not for several threads at once.
class Sample {
 public:
  /// Begins another sample, without parts, and gives its name to be written: of a file, as in
  /// messages (Dataset::name).
  std::string& begin();
  void begin(std::string_view name) { begin().assign(name); }
  /// A part to be filled. The reference stays valid as long as this object.
  SamplePart& add(std::string_view part);

  const std::string& name() const { return name_; }
  /// Null if there is none of this name.
  SamplePart* find(std::string_view part);
  const SamplePart* find(std::string_view part) const;
  /// Throws DataError, naming the sample and what it has instead.
  const SamplePart& part(std::string_view part) const;

  /// Calls `visit(name, part)` for each part, in the order they were first added to any sample.
  template <typename Visit>
  void each(const Visit& visit) const {
    for (const auto& slot : slots_) {
      if (slot->used) visit(std::string_view(slot->name), std::as_const(slot->part));
    }
  }

 private:
  struct Slot {
    std::string name;
    SamplePart part;
    bool used = false;  // by the present sample
  };

  std::string name_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace dbot::data
