#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/dataset.h"

namespace dbot::data {

/// A data set whose samples have captions: part "caption" (text_part.h), which is empty where there
/// is none.
class CaptionedDataset final : public Dataset {
 public:
  /// `captions`: of each sample, one a line.
  CaptionedDataset(std::shared_ptr<const Dataset> base, core::TextList captions);

  std::int64_t size() const override { return base_->size(); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override { return base_->label(index); }
  std::string name(std::int64_t index) const override { return base_->name(index); }
  std::string key(std::int64_t index) const override { return base_->key(index); }
  std::int64_t stored_bytes(std::int64_t index) const override {
    return base_->stored_bytes(index);
  }
  const std::vector<std::string>& classes() const override { return base_->classes(); }

  std::string_view captions(std::int64_t index) const {
    return captions_[static_cast<std::size_t>(index)];
  }

 private:
  std::shared_ptr<const Dataset> base_;
  core::TextList captions_;
};

}  // namespace dbot::data
