#include "dbot/data/loader/value_parts.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

std::size_t bytes_of(const ValuePartConfig& config) {
  std::size_t bytes = c10::elementSize(config.type);
  for (const auto length : config.shape) bytes *= static_cast<std::size_t>(length);
  return bytes;
}

at::Tensor empty_of(const ValuePartConfig& config, std::int64_t rows) {
  std::vector<std::int64_t> shape{rows};
  shape.insert(shape.end(), config.shape.begin(), config.shape.end());
  return at::empty(shape, at::TensorOptions().dtype(config.type));
}

/// The sample's values of this part. `rows`: one more dimension than the configuration names.
const SamplePart& values_of(const Sample& sample, const ValuePartConfig& config, bool rows) {
  const auto& part = sample.part(config.name);
  const auto shape = part.shape();
  const auto inner = shape.subspan(rows && !shape.empty() ? 1 : 0);
  const bool good = !part.encoded() && part.type() == config.type &&
                    shape.size() == config.shape.size() + (rows ? 1 : 0) &&
                    std::ranges::equal(inner, config.shape);
  if (good) return part;
  const std::string found =
      part.encoded() ? "encoded bytes"
                     : fmt::format("{} [{}]", c10::toString(part.type()), fmt::join(shape, ", "));
  throw data_error(
      sample.name(), Fault::mismatch,
      fmt::format("{} is {}, expected {} [{}{}]", config.name, found, c10::toString(config.type),
                  rows ? "rows, " : "", fmt::join(config.shape, ", ")));
}

void check(const ValuePartConfig& config) {
  const bool positive = std::ranges::all_of(config.shape, [](auto length) { return length > 0; });
  if (!config.name.empty() && positive) return;
  throw UsageError(
      fmt::format("[loader] part \"{}\" of shape [{}], expected a name and positive lengths",
                  config.name, fmt::join(config.shape, ", ")));
}

class ValuePart final : public BatchPart {
 public:
  ValuePart(ValuePartConfig config, std::int64_t slots)
      : config_(std::move(config)), bytes_(bytes_of(config_)), values_(empty_of(config_, slots)) {}

  void fill(std::int64_t slot, const Sample& sample, const SampleDraws&) override {
    const auto bytes = values_of(sample, config_, /*rows=*/false).bytes();
    std::copy(bytes.begin(), bytes.end(), place(slot));
  }
  void copy(std::int64_t from, std::int64_t to) override {
    std::copy_n(place(from), bytes_, place(to));
  }
  void give(Batch& batch, std::int64_t slots) override {
    batch.tensors[config_.name] = values_.narrow(0, 0, slots);
  }

 private:
  std::uint8_t* place(std::int64_t slot) const {
    return static_cast<std::uint8_t*>(values_.data_ptr()) + static_cast<std::size_t>(slot) * bytes_;
  }

  const ValuePartConfig config_;
  const std::size_t bytes_;
  at::Tensor values_;
};

class RaggedPart final : public BatchPart {
 public:
  RaggedPart(ValuePartConfig config, std::int64_t slots)
      : config_(std::move(config)), slots_(static_cast<std::size_t>(slots)) {}

  void fill(std::int64_t slot, const Sample& sample, const SampleDraws&) override {
    const auto bytes = values_of(sample, config_, /*rows=*/true).bytes();
    at(slot).assign(bytes.begin(), bytes.end());
  }
  void copy(std::int64_t from, std::int64_t to) override { at(to) = at(from); }

  void give(Batch& batch, std::int64_t slots) override {
    const auto row_bytes = bytes_of(config_);
    at::Tensor offsets = at::empty({slots + 1}, at::TensorOptions().dtype(at::kLong));
    auto* begin = offsets.mutable_data_ptr<std::int64_t>();
    begin[0] = 0;
    for (std::int64_t slot = 0; slot < slots; ++slot) {
      begin[slot + 1] = begin[slot] + static_cast<std::int64_t>(at(slot).size() / row_bytes);
    }
    at::Tensor values = empty_of(config_, begin[slots]);
    auto* to = static_cast<std::uint8_t*>(values.data_ptr());
    for (std::int64_t slot = 0; slot < slots; ++slot) {
      to = std::copy(at(slot).begin(), at(slot).end(), to);
    }
    batch.tensors[config_.name] = std::move(values);
    batch.offsets[config_.name] = std::move(offsets);
    slots_.clear();
  }

 private:
  std::vector<std::uint8_t>& at(std::int64_t slot) {
    return slots_[static_cast<std::size_t>(slot)];
  }

  const ValuePartConfig config_;
  std::vector<std::vector<std::uint8_t>> slots_;  // rows of each
};

}  // namespace

BatchPartFactory value_part(const ValuePartConfig& config) {
  check(config);
  return {[config](std::int64_t slots) { return std::make_unique<ValuePart>(config, slots); },
          static_cast<std::int64_t>(bytes_of(config))};
}

BatchPartFactory ragged_part(const ValuePartConfig& config, std::int64_t usual_rows) {
  check(config);
  return {[config](std::int64_t slots) { return std::make_unique<RaggedPart>(config, slots); },
          usual_rows * static_cast<std::int64_t>(bytes_of(config))};
}

}  // namespace dbot::data
