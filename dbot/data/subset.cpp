#include <utility>

#include "dbot/data/dataset.h"

namespace dbot::data {
namespace {

class Subset final : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> base, std::vector<std::int64_t> indices)
      : base_(std::move(base)), indices_(std::move(indices)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  Image load(std::int64_t index, int channels) const override {
    return base_->load(at(index), channels);
  }
  void load_crop(std::int64_t index, int channels, const ChooseCrop& choose, core::Size size,
                 std::span<std::uint8_t> planar) const override {
    base_->load_crop(at(index), channels, choose, size, planar);
  }
  void load_crops(std::int64_t index, int channels,
                  std::span<const CropRequest> requests) const override {
    base_->load_crops(at(index), channels, requests);
  }
  std::int64_t label(std::int64_t index) const override { return base_->label(at(index)); }
  std::string name(std::int64_t index) const override { return base_->name(at(index)); }
  std::string key(std::int64_t index) const override { return base_->key(at(index)); }
  std::int64_t stored_bytes(std::int64_t index) const override {
    return base_->stored_bytes(at(index));
  }
  const std::vector<std::string>& classes() const override { return base_->classes(); }

 private:
  std::int64_t at(std::int64_t index) const { return indices_.at(static_cast<std::size_t>(index)); }

  std::shared_ptr<const Dataset> base_;
  std::vector<std::int64_t> indices_;
};

}  // namespace

std::unique_ptr<Dataset> subset(std::shared_ptr<const Dataset> base,
                                std::vector<std::int64_t> indices) {
  return std::make_unique<Subset>(std::move(base), std::move(indices));
}

}  // namespace dbot::data
