#include "dbot/data/text/captions/match_captions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <unordered_map>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/sources/names_within.h"
#include "dbot/data/sources/tar/tar_samples.h"
#include "dbot/data/text/captions/caption_names.h"
#include "dbot/data/text/unicode.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

std::string base_name(std::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

std::string absolute_name(const fs::path& path) {
  return fs::absolute(path).lexically_normal().string();
}

/// An image as captions call it.
struct CalledImage {
  std::vector<std::size_t> captions;
  std::string owner;  // name of the image that has them; empty: none yet
  bool exactly = false;
};

class CaptionMatcher {
 public:
  CaptionMatcher(const CaptionList& captions, const fs::path& path, const fs::path& folder,
                 std::string_view source, std::size_t names)
      : captions_(captions), name_within_({path}), source_(source), counts_(names) {
    for (std::size_t i = 0; i < captions.size(); ++i) {
      const std::string name(captions.image(i));
      const auto called = fs::path(name).lexically_normal().string();
      auto& image = images_[called];
      image.captions.push_back(i);
      if (image.captions.size() > 1) continue;
      order_.push_back(called);
      if (!folder.empty()) whole_.emplace(absolute_name(folder / name), called);
    }
  }

  MatchedCaptions run(std::vector<std::shared_ptr<const Dataset>> parts) {
    std::vector<std::vector<CalledImage*>> found;
    found.reserve(parts.size());
    for (const auto& part : parts) found.push_back(match_exactly(*part));
    for (std::size_t i = 0; i < parts.size(); ++i) match_base_names(*parts[i], found[i]);
    MatchedCaptions result;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      auto texts = joined_captions(*parts[i], found[i]);
      result.parts.push_back(
          std::make_shared<CaptionedDataset>(std::move(parts[i]), std::move(texts)));
    }
    for (const auto& called : order_) {
      if (images_.at(called).owner.empty()) counts_.missing.add(called);
    }
    require_some();
    result.counts = std::move(counts_);
    return result;
  }

 private:
  CalledImage* find(const std::string& called) {
    const auto found = images_.find(called);
    return found == images_.end() ? nullptr : &found->second;
  }

  CalledImage* find_exactly(const std::string& name, const std::string& key) {
    const auto within = name_within_(name);
    for (const auto& whole : {within, name, key}) {
      for (const std::string_view called :
           {std::string_view(whole), stem_of(whole), sample_key(whole)}) {
        if (auto* image = find(std::string(called))) return image;
      }
    }
    const auto called = whole_.find(absolute_name(name));
    return called == whole_.end() ? find(absolute_name(name)) : find(called->second);
  }

  std::vector<CalledImage*> match_exactly(const Dataset& images) {
    std::vector<CalledImage*> found(static_cast<std::size_t>(images.size()));
    for (std::int64_t i = 0; i < images.size(); ++i) {
      const auto name = images.name(i);
      auto* image = find_exactly(name, images.key(i));
      if (image == nullptr) continue;
      image->exactly = true;
      image->owner = name;
      found[static_cast<std::size_t>(i)] = image;
    }
    return found;
  }

  void match_base_names(const Dataset& images, std::vector<CalledImage*>& found) {
    for (std::int64_t i = 0; i < images.size(); ++i) {
      auto*& place = found[static_cast<std::size_t>(i)];
      if (place != nullptr) continue;
      const auto name = images.name(i);
      const auto base = base_name(name);
      for (const auto& called : {base, std::string(stem_of(base)), std::string(sample_key(base))}) {
        auto* image = find(called);
        if (image == nullptr || image->exactly) continue;
        if (!image->owner.empty()) refuse_ambiguous(called, image->owner, name);
        image->owner = name;
        place = image;
        break;
      }
    }
  }

  [[noreturn]] void refuse_ambiguous(const std::string& called, const std::string& first,
                                     const std::string& second) const {
    throw DataError({.operation = "data",
                     .subject = source_,
                     .fault = Fault::mismatch,
                     .reason = fmt::format(": {} is {} and {}", called, name_within_(first),
                                           name_within_(second)),
                     .way_out = "call images by their paths from the folder of the data set"});
  }

  /// The captions of each image, one a line.
  core::TextList joined_captions(const Dataset& images, const std::vector<CalledImage*>& found) {
    core::TextList texts;
    std::string text;
    for (std::int64_t i = 0; i < images.size(); ++i) {
      text.clear();
      const auto* image = found[static_cast<std::size_t>(i)];
      const auto own =
          image == nullptr ? std::span<const std::size_t>() : std::span(image->captions);
      for (const auto index : own) add_line(text, captions_.caption(index), images, i);
      ++counts_.images;
      if (text.empty()) {
        counts_.without.add(name_within_(images.name(i)));
      } else {
        ++counts_.captioned;
      }
      texts.add(text);
    }
    texts.shrink_to_fit();
    return texts;
  }

  void add_line(std::string& text, std::string_view caption, const Dataset& images,
                std::int64_t index) {
    const auto line = without_white_space(caption);
    if (line.empty()) return counts_.empty.add(name_within_(images.name(index)));
    if (broken_bytes(line) > 0) counts_.broken.add(name_within_(images.name(index)));
    ++counts_.captions;
    if (!text.empty()) text += '\n';
    const auto begin = text.size();
    text += line;
    std::replace_if(
        text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(),
        [](char letter) { return letter == '\n' || letter == '\r'; }, ' ');
  }

  void require_some() const {
    if (counts_.captioned > 0) return;
    const bool any = counts_.missing.count > 0;
    throw DataError(
        {.operation = "data",
         .subject = source_,
         .fault = Fault::mismatch,
         .reason = fmt::format("has no caption for any of the {} images{}", counts_.images,
                               any ? "; it names: " + counts_.missing.named() : ""),
         .way_out = any ? "call images by their paths from the folder of the data set, or by their "
                          "base names"
                        : "a .txt file with an image's stem holds its captions, one a line; or "
                          "name a file of captions"});
  }

  const CaptionList& captions_;
  NamesWithin name_within_;
  std::string source_;
  std::unordered_map<std::string, CalledImage> images_;
  std::unordered_map<std::string, std::string> whole_;  // whole paths of what captions call so
  std::vector<std::string> order_;
  CaptionCounts counts_;
};

}  // namespace

void NamedCount::add(std::string_view name) {
  ++count;
  const bool known = !first.empty() && first.back() == name;
  if (first.size() < kept && !known) first.emplace_back(name);
}

std::string NamedCount::named() const {
  const std::span shown = std::span(first).first(std::min(first.size(), kFewNames));
  return fmt::format("{}{}", fmt::join(shown, ", "),
                     std::cmp_greater(count, shown.size()) ? ", …" : "");
}

std::vector<std::string> CaptionCounts::told() const {
  std::vector<std::string> lines;
  const auto tell = [&](const NamedCount& what, std::string_view text) {
    if (what.count > 0) lines.push_back(fmt::format("{} {}: {}", what.count, text, what.named()));
  };
  tell(without, "images have no caption");
  tell(missing, "images that captions name are not there");
  tell(empty, "captions are empty and left out, of");
  tell(broken, "captions have bytes that are no UTF-8, which are left out, of");
  return lines;
}

MatchedCaptions match_captions(std::vector<std::shared_ptr<const Dataset>> parts,
                               const CaptionList& captions, const fs::path& path,
                               const fs::path& folder, std::string_view source, std::size_t names) {
  return CaptionMatcher(captions, path, folder, source, names).run(std::move(parts));
}

}  // namespace dbot::data
