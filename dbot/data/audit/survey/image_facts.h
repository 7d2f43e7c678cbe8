#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dbot/core/files/files.h"
#include "dbot/data/audit/survey/likeness.h"
#include "dbot/data/image/image_reader.h"

namespace dbot::data {

/// Why an image cannot be used.
enum class ImageFault : std::uint8_t {
  none,
  unreadable,    // the file cannot be opened or read
  empty,         // it has no byte
  not_an_image,  // its content is of no kind that is read
  truncated,     // it ends too early
  corrupt,       // its content contradicts itself
  too_large,     // it claims more pixels or memory than an image may have
  channels,      // it does not have as many channels as are wanted
  unread_kind    // it is an image, sound as far as one can see, of a kind that is not read
};

/// What one look at an image found: all that an audit keeps of it, about half a kilobyte.
struct ImageFacts {
  ImageFault fault = ImageFault::none;
  std::string reason;         // of the fault, in words
  std::uint64_t bytes = 0;    // of the encoded image
  core::Digest content;       // of these bytes; of the pixels where images are no files
  std::string_view kind;      // by content, as image_kind names it; empty if it is of none
  int height = 0, width = 0;  // upright, pixels; 0 where the header could not be read
  bool turned = false;        // the file asks for it to be turned or mirrored
  StoredPixels stored;
  std::int64_t unused_bytes = 0;  // see ImageReader::unused_bytes

  // Of pixels, where they were decoded.
  bool decoded = false;
  SeenValues values;    // where the file has more than 8 bits
  float deviation = 0;  // of luma, 0…255, over the image at 128x128 pixels
  bool grey = false;    // hardly a pixel has a colour
  Likeness likeness;
};

}  // namespace dbot::data
