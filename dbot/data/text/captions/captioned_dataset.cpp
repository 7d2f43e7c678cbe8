#include "dbot/data/text/captions/captioned_dataset.h"

#include <stdexcept>
#include <utility>

#include "dbot/data/text/text_part.h"

namespace dbot::data {

CaptionedDataset::CaptionedDataset(std::shared_ptr<const Dataset> base, core::TextList captions)
    : base_(std::move(base)), captions_(std::move(captions)) {
  if (std::cmp_not_equal(captions_.size(), base_->size())) {
    throw std::logic_error("CaptionedDataset: another number of captions than of samples");
  }
}

void CaptionedDataset::read(std::int64_t index, Sample& sample) const {
  base_->read(index, sample);
  const auto text = captions(index);
  sample.add(kCaptionPart)
      .borrow_encoded({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace dbot::data
