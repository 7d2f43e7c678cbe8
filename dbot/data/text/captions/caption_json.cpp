#include "dbot/data/text/captions/caption_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include "dbot/core/json.h"
#include "dbot/data/data_error.h"
#include "dbot/data/text/captions/caption_names.h"

namespace dbot::data {
namespace {

using Json = nlohmann::json;

const Json* find_key(const Json& object, std::span<const std::string_view> names) {
  for (const auto name : names) {
    const auto found = object.find(name);
    if (found != object.end()) return &*found;
  }
  return nullptr;
}

/// A text, or a list of texts or of objects with one; none for anything else.
std::optional<std::vector<std::string>> texts_of(const Json& value) {
  if (value.is_string()) return std::vector{value.get<std::string>()};
  if (value.is_null()) return std::vector{std::string()};
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& entry : value) {
    const Json* text = entry.is_object() ? find_key(entry, kCaptionNames) : &entry;
    if (text == nullptr || !text->is_string()) return std::nullopt;
    texts.push_back(text->get<std::string>());
  }
  if (texts.empty()) texts.emplace_back();
  return texts;
}

std::optional<std::string> image_of(const Json& entry) {
  const Json* image = find_key(entry, kCaptionImageNames);
  if (image == nullptr || !image->is_string() || image->get<std::string>().empty()) return {};
  return image->get<std::string>();
}

/// Empty, or what is wrong with the entry.
std::string add_entry(const Json& entry, CaptionList& captions) {
  if (!entry.is_object()) return "is no object, expected an image and its captions";
  const auto image = image_of(entry);
  if (!image) return "names no image; call it \"image\"";
  const Json* value = find_key(entry, kCaptionNames);
  if (value == nullptr) return "has no caption; call it \"caption\"";
  const auto texts = texts_of(*value);
  if (!texts) return "has a caption that is neither a text nor a list of texts";
  for (const auto& text : *texts) captions.add(*image, text);
  return {};
}

Json parsed(std::string_view text, const std::string& subject) {
  try {
    return core::parse_json(text);
  } catch (const Error& error) {
    throw data_error(subject, Fault::corrupt, reason_of(error, {}));
  } catch (const std::exception& error) {
    throw data_error(subject, Fault::corrupt, fmt::format("is no JSON: {}", error.what()));
  }
}

/// COCO's two lists.
class AnnotatedImages {
 public:
  AnnotatedImages(const Json& document, std::string_view name) : document_(document), name_(name) {}

  CaptionList run() {
    read_images();
    const Json& annotations = list("annotations");
    for (std::size_t i = 0; i < annotations.size(); ++i) add(i, annotations[i]);
    return std::move(captions_);
  }

 private:
  [[noreturn]] void refuse(const char* what, std::size_t entry, const std::string& reason) const {
    throw data_error(name_, Fault::corrupt, fmt::format("{} {} {}", what, entry, reason));
  }
  const Json& list(const char* key) const {
    const auto found = document_.find(key);
    if (found != document_.end() && found->is_array()) return *found;
    throw data_error(name_, Fault::corrupt,
                     fmt::format("has no list \"{}\", expected images and annotations as COCO's "
                                 "captions have them, or a list of objects",
                                 key));
  }
  static std::optional<std::int64_t> id_of(const Json& entry, const char* key) {
    const auto found = entry.is_object() ? entry.find(key) : entry.end();
    if (!entry.is_object() || found == entry.end()) return {};
    try {
      return core::whole_number(*found);
    } catch (const DataError&) {
      return {};
    }
  }
  void read_images() {
    const Json& images = list("images");
    for (std::size_t i = 0; i < images.size(); ++i) {
      const auto id = id_of(images[i], "id");
      if (!id) refuse("image", i, "has no whole number \"id\"");
      const auto name = image_of(images[i]);
      if (!name) refuse("image", i, "has no \"file_name\"");
      if (!names_.emplace(*id, *name).second) {
        refuse("image", i, fmt::format("has the id {} of another image", *id));
      }
    }
  }
  void add(std::size_t place, const Json& annotation) {
    const auto id = id_of(annotation, "image_id");
    if (!id) refuse("annotation", place, "has no whole number \"image_id\"");
    const auto name = names_.find(*id);
    if (name == names_.end()) {
      refuse("annotation", place,
             fmt::format("has image_id {}, which none of the {} images has", *id, names_.size()));
    }
    const auto text = annotation.find("caption");
    if (text == annotation.end() || !text->is_string()) {
      refuse("annotation", place, "has no text \"caption\"");
    }
    captions_.add(name->second, text->get<std::string>());
  }

  const Json& document_;
  std::string_view name_;
  std::unordered_map<std::int64_t, std::string> names_;
  CaptionList captions_;
};

}  // namespace

CaptionList parse_caption_lines(std::string_view text, std::string_view name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  CaptionList captions;
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = without_white_space(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const auto subject = fmt::format("{}:{}", name, number);
    const auto wrong = add_entry(parsed(line, subject), captions);
    if (!wrong.empty()) throw data_error(subject, Fault::corrupt, wrong);
  }
  return captions;
}

CaptionList parse_caption_document(std::string_view text, std::string_view name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const Json document = parsed(text, std::string(name));
  if (!document.is_array()) return AnnotatedImages(document, name).run();
  CaptionList captions;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const auto wrong = add_entry(document[i], captions);
    if (!wrong.empty()) {
      throw data_error(name, Fault::corrupt, fmt::format("entry {} {}", i, wrong));
    }
  }
  return captions;
}

std::vector<std::string> captions_in_object(std::string_view text) try {
  const Json document = core::parse_json(text);
  if (!document.is_object()) return {};
  const Json* value = find_key(document, kCaptionNames);
  return value == nullptr ? std::vector<std::string>()
                          : texts_of(*value).value_or(std::vector<std::string>());
} catch (const std::exception&) {
  return {};  // what else an archive keeps as .json is its own business
}

}  // namespace dbot::data
