#pragma once

#include <string_view>

// What texts are called in samples and batches.
namespace dbot::data {

/// The part of a sample that a text is: encoded UTF-8, one caption a line; without bytes: none.
inline constexpr std::string_view kCaptionPart = "caption";
/// The tensors of a batch: int64 [batch, tokens], 0 where padded, and float32 of that shape, 1:
/// padded.
inline constexpr const char* kTextIds = "text_ids";
inline constexpr const char* kTextPadding = "text_padding";
inline constexpr const char* kUnpaired = "unpaired.";  // before those of texts without an image

}  // namespace dbot::data
