#include <array>

#include "dbot/core/error.h"
#include "dbot/data/text/captions/caption_json.h"
#include "dbot/data/text/captions/caption_table.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

/// Every caption has an image, and is no longer than what was read.
void look(const data::CaptionList& captions, std::size_t most) {
  for (std::size_t i = 0; i < captions.size(); ++i) {
    require(!captions.image(i).empty());
    require(captions.image(i).size() <= most && captions.caption(i).size() <= most);
  }
}

}  // namespace

void captions(Bytes input) {
  const auto text = text_of(input);
  // JSON may write a character of three bytes in six, never in fewer.
  for (const char usual : {',', '\t'}) {
    try {
      look(data::parse_caption_table(text, usual, "captions"), text.size());
    } catch (const DataError&) {
    }
  }
  const std::array readers{data::parse_caption_lines, data::parse_caption_document};
  for (const auto& read : readers) {
    try {
      look(read(text, "captions"), text.size());
    } catch (const DataError&) {
    }
  }
  for (const auto& caption : data::captions_in_object(text)) require(caption.size() <= text.size());
}

}  // namespace dbot::fuzz
