#include "dbot/data/sample.h"

#include <algorithm>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

std::size_t bytes_of(c10::ScalarType type, std::span<const std::int64_t> shape) {
  std::size_t bytes = c10::elementSize(type);
  for (const auto length : shape) bytes *= static_cast<std::size_t>(length);
  return bytes;
}

}  // namespace

std::vector<std::uint8_t>& SamplePart::own_encoded() {
  encoded_ = true;
  borrowed_ = false;
  shape_.clear();
  return own_;
}

void SamplePart::borrow_encoded(std::span<const std::uint8_t> bytes) {
  encoded_ = true;
  borrowed_ = true;
  shape_.clear();
  place_ = bytes;
}

std::span<std::uint8_t> SamplePart::own_values(c10::ScalarType type,
                                               std::span<const std::int64_t> shape) {
  encoded_ = false;
  borrowed_ = false;
  type_ = type;
  shape_.assign(shape.begin(), shape.end());
  const auto bytes = bytes_of(type, shape);
  room(own_, bytes);
  own_.resize(bytes);
  return own_;
}

void SamplePart::borrow_values(c10::ScalarType type, std::span<const std::int64_t> shape,
                               const void* values) {
  encoded_ = false;
  borrowed_ = true;
  type_ = type;
  shape_.assign(shape.begin(), shape.end());
  place_ = {static_cast<const std::uint8_t*>(values), bytes_of(type, shape)};
}

std::vector<std::uint8_t> SamplePart::take() {
  return borrowed_ ? std::vector<std::uint8_t>(place_.begin(), place_.end()) : std::move(own_);
}

std::string& Sample::begin() {
  for (auto& slot : slots_) slot->used = false;
  return name_;
}

SamplePart& Sample::add(std::string_view part) {
  const auto found =
      std::ranges::find_if(slots_, [&](const auto& slot) { return slot->name == part; });
  const auto place = found - slots_.begin();
  if (found == slots_.end()) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->name = part;
  }
  Slot& slot = *slots_[static_cast<std::size_t>(place)];
  slot.used = true;
  return slot.part;
}

SamplePart* Sample::find(std::string_view part) {
  for (auto& slot : slots_) {
    if (slot->used && slot->name == part) return &slot->part;
  }
  return nullptr;
}

const SamplePart* Sample::find(std::string_view part) const {
  return const_cast<Sample*>(this)->find(part);
}

const SamplePart& Sample::part(std::string_view part) const {
  if (const auto* found = find(part)) return *found;
  std::string parts;
  each([&](std::string_view name, const SamplePart&) {
    parts += (parts.empty() ? "" : ", ") + std::string(name);
  });
  throw data_error(
      name_, Fault::mismatch,
      "has no part \"" + std::string(part) + "\", but " + (parts.empty() ? "none at all" : parts));
}

}  // namespace dbot::data
