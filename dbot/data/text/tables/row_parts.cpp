#include "dbot/data/text/tables/row_parts.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <cstring>
#include <utility>

#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

class RowPart final : public BatchPart {
 public:
  RowPart(std::string name, std::int64_t width, std::int64_t slots)
      : name_(std::move(name)), rows_(at::empty({slots, width}, at::TensorOptions(at::kFloat))) {}

  void fill(std::int64_t slot, const Sample& sample, const SampleDraws& /*draws*/) override {
    const SamplePart &places = sample.part(kRowPlaces), &values = sample.part(kRowValues);
    const std::size_t count = places.bytes().size() / sizeof(std::int64_t);
    const bool fits = !places.encoded() && places.type() == c10::ScalarType::Long &&
                      !values.encoded() && values.type() == c10::ScalarType::Float &&
                      values.bytes().size() == count * sizeof(float);
    if (!fits) throw data_error(sample.name(), Fault::mismatch, "has no row of places and values");
    float* row = rows_.mutable_data_ptr<float>() + slot * rows_.size(1);
    std::fill_n(row, rows_.size(1), 0.0F);
    for (std::size_t i = 0; i < count; ++i) {
      std::int64_t place = 0;  // the bytes may lie unaligned
      std::memcpy(&place, places.bytes().data() + i * sizeof place, sizeof place);
      if (place < 0 || place >= rows_.size(1)) {
        throw data_error(sample.name(), Fault::mismatch, "has a number beyond its row's end");
      }
      std::memcpy(row + place, values.bytes().data() + i * sizeof(float), sizeof(float));
    }
  }
  void copy(std::int64_t from, std::int64_t to) override {
    rows_.select(0, to).copy_(rows_.select(0, from));
  }
  void give(Batch& batch, std::int64_t slots) override {
    batch.tensors[name_] = rows_.narrow(0, 0, slots);
  }

 private:
  std::string name_;
  at::Tensor rows_;
};

}  // namespace

BatchPartFactory row_part(std::string name, std::int64_t width) {
  return {[name = std::move(name), width](std::int64_t slots) {
            return std::make_unique<RowPart>(name, width, slots);
          },
          width * static_cast<std::int64_t>(sizeof(float))};
}

}  // namespace dbot::data
