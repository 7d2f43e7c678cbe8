#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/text/captions/caption_list.h"

namespace dbot::data {

/// JSON lines: an object a line, with an image's name (image, file_name, …) and, under caption,
/// captions, text, …, a text or a list of texts; empty lines are passed over. Throws DataError
/// ("[data] NAME:LINE: reason").
CaptionList parse_caption_lines(std::string_view text, std::string_view name);

/// A JSON document: {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]} as
/// COCO's captions have it (cocodataset.org, "Data format"), or a list of objects as above. Throws
/// DataError ("[data] NAME: entry N …"), also for an image_id that no image has.
CaptionList parse_caption_document(std::string_view text, std::string_view name);

/// The captions in a JSON object that belongs to one image, as tar archives have them; none where
/// it is no JSON or has none.
std::vector<std::string> captions_in_object(std::string_view text);

}  // namespace dbot::data
