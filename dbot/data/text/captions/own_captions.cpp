#include "dbot/data/text/captions/own_captions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/parquet/parquet_file.h"
#include "dbot/data/sources/tar/shard_files.h"
#include "dbot/data/sources/tar/tar_samples.h"
#include "dbot/data/sources/tar/unpacked_archive.h"
#include "dbot/data/text/captions/caption_json.h"
#include "dbot/data/text/captions/caption_names.h"
#include "dbot/formats/tar_reader.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostCaptionBytes = std::uint64_t{1} << 20;  // of one file of an image

void add_lines(std::string_view image, std::string_view text, CaptionList& captions) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  bool any = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = without_white_space(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    captions.add(image, line);
    any = true;
  }
  if (!any) captions.add(image, {});  // an empty file counts as an empty caption
}

void require_caption_size(const std::string& name, std::uint64_t bytes) {
  if (bytes <= kMostCaptionBytes) return;
  throw data_error(
      name, Fault::too_large,
      fmt::format("has {} bytes, expected captions of at most {}", bytes, kMostCaptionBytes));
}

CaptionList beside_files(const Dataset& images) {
  CaptionList captions;
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const std::string name = images.name(i);
    const auto path = fs::path(name).replace_extension(".txt");
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) continue;
    const auto bytes = static_cast<std::uint64_t>(std::max<std::streamoff>(0, file.tellg()));
    require_caption_size(path.string(), bytes);
    std::string text(bytes, '\0');
    file.seekg(0);
    if (!file.read(text.data(), static_cast<std::streamsize>(bytes))) {
      throw data_error(path.string(), Fault::unreadable, "cannot be read");
    }
    add_lines(name, text, captions);
  }
  return captions;
}

/// "archive.tar/KEY" of a member.
std::string caption_key(const fs::path& archive, std::string_view member) {
  while (member.starts_with("./")) member.remove_prefix(2);
  return (archive / sample_key(member)).string();
}

void add_tar_captions(const fs::path& archive, const fs::path& plain, CaptionList& captions) {
  const ShardFiles files({plain});
  const auto read = [&](std::uint64_t offset, std::span<std::uint8_t> bytes) {
    files.read(0, offset, bytes);
  };
  formats::TarReader reader(
      [&](std::uint64_t offset, std::span<std::byte> bytes) {
        read(offset, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
        return bytes.size();
      },
      files.size(0));
  std::unordered_set<std::string> with_text;
  std::vector<std::pair<std::string, std::string>> by_json;
  while (const auto member = reader.next()) {
    const auto ending = in_small_letters(fs::path(member->name).extension().string());
    if (ending != ".txt" && ending != ".json") continue;
    require_caption_size((archive / member->name).string(), member->size);
    std::string text(member->size, '\0');
    read(member->offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    const auto key = caption_key(archive, member->name);
    if (ending == ".txt") {
      add_lines(key, text, captions);
      with_text.insert(key);
      continue;
    }
    for (auto& caption : captions_in_object(text)) by_json.emplace_back(key, std::move(caption));
  }
  for (const auto& [key, caption] : by_json) {
    if (!with_text.contains(key)) captions.add(key, caption);
  }
}

void add_parquet_captions(const fs::path& path, CaptionList& captions) {
  const ParquetFile file(path);
  const bool found = file.each_text(kCaptionNames, [&](std::int64_t row, std::string_view text) {
    captions.add(fmt::format("{}[{}]", path.string(), row), text);
  });
  if (found) return;
  throw DataError({.operation = "data",
                   .subject = path.string(),
                   .fault = Fault::missing,
                   .reason = "has no column of captions",
                   .way_out = fmt::format("call a column of texts one of: {}",
                                          fmt::join(kCaptionNames, ", "))});
}

}  // namespace

CaptionList own_captions(const SourceKind& kind, const PartFiles& files, const Dataset& images,
                         const OpenContext& context) {
  CaptionList captions;
  if (kind.id == "tar") {
    for (const auto& file : files) {
      add_tar_captions(file, plain_archive(file, context), captions);
    }
  } else if (kind.id == "parquet") {
    for (const auto& file : files) add_parquet_captions(file, captions);
  } else if (kind.id == "folder" || kind.id == "list") {
    captions = beside_files(images);
  } else {
    throw DataError({.operation = "data",
                     .subject = shown_files(files),
                     .fault = Fault::unsupported,
                     .reason = fmt::format(": {} have no captions of their own", kind.name),
                     .way_out = "name a file of captions"});
  }
  return captions;
}

}  // namespace dbot::data
