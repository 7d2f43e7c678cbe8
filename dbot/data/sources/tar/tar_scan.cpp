#include "dbot/data/sources/tar/tar_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/json.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/tar/tar_samples.h"
#include "dbot/formats/tar_reader.h"

namespace dbot::data {
namespace {

constexpr std::uint64_t kMostLabelBytes = 1 << 20;

std::string_view without_root(std::string_view name) {
  while (name.starts_with("./") || name.starts_with('/')) {
    name.remove_prefix(name.front() == '/' ? 1 : 2);
  }
  return name;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// What stands behind the last dot, in small letters.
std::string ending_of(std::string_view name) {
  std::string ending(name.substr(stem_of(name).size()));
  std::ranges::transform(ending, ending.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return ending;
}

/// What a value of JSON says as a label.
std::string label_of_json(const nlohmann::json& value, LabelReader& reader) {
  if (value.is_string()) return reader.of_text(value.get<std::string>());
  if (value.is_number_integer()) return std::to_string(core::whole_number(value));
  if (value.is_number_float()) return reader.of_number(value.get<double>());
  if (!value.is_array() || value.empty()) return {};
  if (value.size() == 1 && !value.front().is_array()) return label_of_json(value.front(), reader);
  reader.add_list();
  return {};
}

/// A number or a text under "label"; empty if there is none.
std::string label_in_json(const std::string& text, LabelReader& reader) try {
  const auto document = core::parse_json(text);
  if (!document.is_object() || !document.contains("label")) return {};
  return label_of_json(document["label"], reader);
} catch (const std::exception&) {
  return {};  // what else an archive keeps as .json is its own business
}

class TarScanner {
 public:
  TarScanner(const ShardFiles& files, std::uint32_t shard, Content content)
      : files_(files), shard_(shard), content_(content) {}

  TarScan run() try {
    formats::TarReader reader(
        [this](std::uint64_t offset, std::span<std::byte> bytes) {
          files_.read(shard_, offset,
                      {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
          return bytes.size();
        },
        files_.size(shard_));
    while (auto member = reader.next()) add(*member);
    end_archive();
    scan_.links = reader.links();
    scan_.archives = reader.archives();
    scan_.unread_bytes = reader.unread_bytes();
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
    if (std::exchange(archive_, member.archive) != member.archive) end_archive();
    const std::string name(without_root(member.name));
    if (name.empty() || name.front() == '.' || name.find("/.") != std::string::npos) return;
    if (sample_key(name) != key_) {
      end_sample();
      key_ = sample_key(name);
    }
    const auto ending = ending_of(name);
    if (has_extension_of(content_, name)) {
      check_size(name, member.size);
      sample_images_.push_back({name, member.offset, member.size, {}});
    } else if (ending == ".cls" || ending == ".json") {
      read_label(name, member, ending == ".json");
    } else {
      scan_.unread_images.add(name);
      if (scan_.other_files++ == 0) scan_.first_other = name;
    }
  }

  void check_size(const std::string& name, std::uint64_t bytes) const {
    const auto most = content_ == Content::images ? kMostImageBytes : kMostVideoBytes;
    if (bytes <= most) return;
    throw DataError({.operation = "data",
                     .subject = files_.path(shard_).string(),
                     .fault = Fault::too_large,
                     .reason = fmt::format("holds {} of {} bytes, expected at most {} of one {}",
                                           name, bytes, most, word_of(content_))});
  }

  void read_label(const std::string& name, const formats::TarMember& member, bool json) {
    if (member.size > kMostLabelBytes) return;
    std::string text(member.size, '\0');
    files_.read(shard_, member.offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    auto label =
        json ? label_in_json(text, scan_.odd_labels) : scan_.odd_labels.of_text(trimmed(text));
    if (!label.empty()) sample_labels_.push_back({name, std::move(label), json});
  }

  /// Files that follow each other belong together first: another sample may have their names.
  void end_sample() {
    match_labels(sample_labels_, sample_images_);
    std::ranges::move(sample_images_, std::back_inserter(images_));
    std::ranges::copy_if(sample_labels_, std::back_inserter(labels_),
                         [](const TarLabel& label) { return !label.own; });
    sample_images_.clear();
    sample_labels_.clear();
  }

  void end_archive() {
    end_sample();
    key_.clear();
    match_labels(labels_, images_);
    scan_.companions += drop_companions(images_);
    for (const auto& image : images_) {
      scan_.names.add(image.name);
      scan_.places.push_back({image.offset, shard_, static_cast<std::uint32_t>(image.bytes)});
      scan_.labelled |= !image.label.empty();
      scan_.labels.push_back(image.label);
    }
    for (const auto& label : labels_) {
      if (label.used || label.json) continue;
      if (scan_.lone_labels++ == 0) scan_.first_lone_label = label.name;
    }
    images_.clear();
    labels_.clear();
  }

  const ShardFiles& files_;
  std::uint32_t shard_;
  Content content_;
  TarScan scan_;
  std::int64_t archive_ = 0;
  std::string key_;
  std::vector<TarImage> sample_images_, images_;  // of the present sample; of those before it
  std::vector<TarLabel> sample_labels_, labels_;
};

}  // namespace

TarScan scan_tar(const ShardFiles& files, std::uint32_t shard, Content content) {
  return TarScanner(files, shard, content).run();
}

}  // namespace dbot::data
