#include "dbot/data/sources/tar/tar_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/json.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/formats/tar_reader.h"

namespace dbot::data {
namespace {

constexpr std::uint64_t most_label_bytes = 1 << 20;

std::string_view without_root(std::string_view name) {
  while (name.starts_with("./") || name.starts_with('/')) {
    name.remove_prefix(name.front() == '/' ? 1 : 2);
  }
  return name;
}

/// "a/b.seg.png" is "a/b" and "seg.png".
struct SampleName {
  std::string_view key, extension;
};

SampleName split_name(std::string_view name) {
  const auto slash = name.rfind('/');
  const auto dot = name.find('.', slash == std::string_view::npos ? 0 : slash);
  if (dot == std::string_view::npos) return {name, {}};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

/// A number or a text under "label"; empty if there is none.
std::string label_in_json(const std::string& text) try {
  const auto document = core::parse_json(text);
  if (!document.is_object() || !document.contains("label")) return {};
  const auto& label = document["label"];
  if (label.is_string()) return label.get<std::string>();
  return label.is_number_integer() ? std::to_string(core::whole_number(label)) : std::string{};
} catch (const std::exception&) {
  return {};  // what else an archive keeps as .json is its own business
}

class TarScanner {
 public:
  TarScanner(const ShardFiles& files, std::uint32_t shard) : files_(files), shard_(shard) {}

  TarScan run() try {
    formats::TarReader reader(
        [this](std::uint64_t offset, std::span<std::byte> bytes) {
          files_.read(shard_, offset,
                      {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
          return bytes.size();
        },
        files_.size(shard_));
    while (auto member = reader.next()) add(*member);
    end_sample();
    scan_.links = reader.links();
    scan_.ended_by_mark = reader.ended_by_mark();
    return std::move(scan_);
  } catch (const DataError& error) {
    const auto path = files_.path(shard_).string();
    if (error.fields().subject == path) throw;
    throw DataError({.operation = "data",
                     .subject = path,
                     .fault = error.fault() == Fault::other ? Fault::corrupt : error.fault(),
                     .reason = reason_of(error, {})});
  }

 private:
  void add(const formats::TarMember& member) {
    const std::string name(without_root(member.name));
    if (name.empty() || name.front() == '.' || name.find("/.") != std::string::npos) return;
    const auto [key, extension] = split_name(name);
    if (key != key_) {
      end_sample();
      key_ = key;
    }
    if (has_image_extension(name)) {
      images_.push_back({name, std::string(extension), member.offset, member.size});
    } else if (extension == "cls" || extension == "json") {
      read_label(member, extension == "json");
    } else if (scan_.other_files++ == 0) {
      scan_.first_other = name;
    }
  }

  void read_label(const formats::TarMember& member, bool json) {
    if (member.size > most_label_bytes) return;
    std::string text(member.size, '\0');
    files_.read(shard_, member.offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    const std::string found = json ? label_in_json(text) : std::string(trimmed(text));
    // .cls says nothing but the label.
    if (!found.empty() && (!json || label_.empty())) label_ = found;
  }

  /// Leaves out what accompanies the sample's image, if that is clear.
  void drop_companions() {
    const auto keep_some = [this](auto&& is_kept) {
      if (std::ranges::any_of(images_, is_kept)) {
        scan_.companions += static_cast<std::int64_t>(
            std::erase_if(images_, [&](const Candidate& image) { return !is_kept(image); }));
      }
    };
    keep_some(
        [](const Candidate& image) { return image.extension.find('.') == std::string::npos; });
    keep_some([](const Candidate& image) { return image.extension != "npy"; });
  }

  void end_sample() {
    drop_companions();
    for (const auto& image : images_) {
      if (image.bytes > most_image_bytes) {
        throw DataError(
            {.operation = "data",
             .subject = files_.path(shard_).string(),
             .fault = Fault::too_large,
             .reason = fmt::format("holds {} of {} bytes, expected at most {} of an image",
                                   image.name, image.bytes, most_image_bytes)});
      }
      scan_.names.add(image.name);
      scan_.places.push_back({image.offset, shard_, static_cast<std::uint32_t>(image.bytes)});
      scan_.labels.push_back(label_);
      scan_.labelled |= !label_.empty();
    }
    images_.clear();
    label_.clear();
  }

  struct Candidate {
    std::string name, extension;
    std::uint64_t offset = 0, bytes = 0;
  };
  const ShardFiles& files_;
  std::uint32_t shard_;
  TarScan scan_;
  std::string key_, label_;
  std::vector<Candidate> images_;
};

}  // namespace

TarScan scan_tar(const ShardFiles& files, std::uint32_t shard) {
  return TarScanner(files, shard).run();
}

}  // namespace dbot::data
