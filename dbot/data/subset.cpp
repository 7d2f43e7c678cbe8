#include <utility>

#include "dbot/data/encoded_dataset.h"

namespace dbot::data {
namespace {

/// A selection, but for how an image of it is had.
template <typename Base>
class Selected : public Base {
 public:
  Selected(std::shared_ptr<const Base> base, std::vector<std::int64_t> indices)
      : base_(std::move(base)), indices_(std::move(indices)) {}

  std::int64_t size() const final { return static_cast<std::int64_t>(indices_.size()); }
  std::int64_t label(std::int64_t index) const final { return base_->label(at(index)); }
  std::string name(std::int64_t index) const final { return base_->name(at(index)); }
  std::string key(std::int64_t index) const final { return base_->key(at(index)); }
  std::int64_t stored_bytes(std::int64_t index) const final {
    return base_->stored_bytes(at(index));
  }
  const std::vector<std::string>& classes() const final { return base_->classes(); }

 protected:
  const Base& base() const { return *base_; }
  std::int64_t at(std::int64_t index) const { return indices_.at(static_cast<std::size_t>(index)); }

 private:
  std::shared_ptr<const Base> base_;
  std::vector<std::int64_t> indices_;
};

class Subset final : public Selected<Dataset> {
 public:
  using Selected::Selected;
  Image load(std::int64_t index, int channels) const override {
    return base().load(at(index), channels);
  }
  void load_crop(std::int64_t index, int channels, const ChooseCrop& choose, core::Size size,
                 std::span<std::uint8_t> planar) const override {
    base().load_crop(at(index), channels, choose, size, planar);
  }
  void load_crops(std::int64_t index, int channels,
                  std::span<const CropRequest> requests) const override {
    base().load_crops(at(index), channels, requests);
  }
};

/// Of encoded files: it is one of encoded files itself, so that their bytes can be had.
class EncodedSubset final : public Selected<EncodedDataset> {
 public:
  using Selected::Selected;
  void read(std::int64_t index, std::vector<std::uint8_t>& bytes) const override {
    base().read(at(index), bytes);
  }
};

}  // namespace

std::unique_ptr<Dataset> subset(std::shared_ptr<const Dataset> base,
                                std::vector<std::int64_t> indices) {
  if (auto encoded = std::dynamic_pointer_cast<const EncodedDataset>(base)) {
    return std::make_unique<EncodedSubset>(std::move(encoded), std::move(indices));
  }
  return std::make_unique<Subset>(std::move(base), std::move(indices));
}

}  // namespace dbot::data
