#pragma once

#include <string>
#include <string_view>

#include "dbot/data/sample.h"

namespace dbot::data {

/// What a data set is looked through for. Folders, lists and tar archives hold either.
enum class Content { images, videos };

/// True if the extension is one of a kind of it that can be read, in any case.
bool has_extension_of(Content content, std::string_view file_name);

/// "image", "video": the part of a sample, and the word in messages.
std::string_view word_of(Content content);
/// "image (.jpg, .png, .webp, .tif, …)", "an image (…)", "images (…)".
std::string_view named(Content content);
std::string one_of(Content content);
std::string_view several_of(Content content);

/// Puts a file into a sample that has begun: its bytes, or of a video where it lies. Throws
/// DataError naming the file.
void read_file(Content content, const std::string& path, Sample& sample);

}  // namespace dbot::data
