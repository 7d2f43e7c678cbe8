#include "dbot/data/sources/content.h"

#include "dbot/data/image/codec.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/file_bytes.h"
#include "dbot/data/video/video_place.h"

namespace dbot::data {

bool has_extension_of(Content content, std::string_view file_name) {
  return content == Content::images ? has_image_extension(file_name)
                                    : has_video_extension(file_name);
}

std::string_view word_of(Content content) {
  return content == Content::images ? kImagePart : kVideoPart;
}

std::string_view named(Content content) {
  return content == Content::images ? "image (.jpg, .png, .webp, .tif, …)"
                                    : "video (.mp4, .mkv, .webm, .avi, …)";
}

std::string one_of(Content content) {
  return (content == Content::images ? "an " : "a ") + std::string(named(content));
}

std::string_view several_of(Content content) {
  return content == Content::images ? "images (.jpg, .png, .webp, .tif, …)"
                                    : "videos (.mp4, .mkv, .webm, .avi, …)";
}

void read_file(Content content, const std::string& path, Sample& sample) {
  if (content == Content::images) {
    read_file_bytes(path, sample.add(kImagePart).own_encoded());
  } else {
    put_video(video_file(path), sample.add(kVideoPart));
  }
}

}  // namespace dbot::data
