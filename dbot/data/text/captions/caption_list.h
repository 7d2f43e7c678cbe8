#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "dbot/core/text_list.h"

namespace dbot::data {

/// Captions, each with the name of its image, as a file or an archive has them, in its order.
class CaptionList {
 public:
  void add(std::string_view image, std::string_view caption) {
    images_.add(image);
    captions_.add(caption);
  }

  std::size_t size() const { return images_.size(); }
  bool empty() const { return images_.empty(); }
  std::string_view image(std::size_t index) const { return images_[index]; }
  std::string_view caption(std::size_t index) const { return captions_[index]; }
  /// All captions, for who needs no images.
  core::TextList take_captions() { return std::move(captions_); }

 private:
  core::TextList images_, captions_;
};

}  // namespace dbot::data
