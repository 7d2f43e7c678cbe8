#include "dbot/data/sources/tar/tar_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/sources/folder/folder_dataset.h"
#include "dbot/data/sources/in_parallel.h"
#include "dbot/data/sources/part_names.h"
#include "dbot/data/sources/tar/sharded_dataset.h"
#include "dbot/data/sources/tar/tar_scan.h"
#include "dbot/data/sources/tar/unpacked_archive.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

constexpr int kScanningThreads = 8;  // they wait for the disk, mostly

/// What is known of the archives of one part.
struct TarPart {
  std::vector<fs::path> shown;
  ShardFiles files;
  std::vector<TarScan> scans;
};

std::string listed(const std::vector<fs::path>& archives) {
  return archives.size() == 1 ? archives.front().string()
                              : fmt::format("{} … {}", archives.front().string(),
                                            archives.back().filename().string());
}

void require_samples(const TarPart& part, Content content) {
  std::int64_t others = 0;
  std::string first;
  UnreadImages unread;
  for (const auto& scan : part.scans) {
    if (!scan.places.empty()) return;
    unread += scan.unread_images;
    if (first.empty()) first = scan.first_other;
    others += scan.other_files;
  }
  const std::string found = others == 0 ? ""
                                        : fmt::format(", but {} other {}; first: {}", others,
                                                      others == 1 ? "file" : "files", first);
  const std::string told =
      content == Content::images && unread.total() > 0 ? unread.told() : std::string();
  throw data_error(
      listed(part.shown), Fault::empty,
      fmt::format("holds no {}{}{}{}", named(content), found, told.empty() ? "" : "; ", told));
}

/// What the scan of one archive found beside its images.
void tell_of_archive(const fs::path& shown, const TarScan& scan, const core::Log& log) {
  const auto warn = [&](const std::string& text) {
    log(core::LogLevel::warning, fmt::format("[data] {}: {}", shown.string(), text));
  };
  if (scan.archives > 1) {
    log(core::LogLevel::information,
        fmt::format("{}: holds {} archives, one behind the other; all are read", shown.string(),
                    scan.archives));
  }
  if (scan.unread_bytes > 0) {
    warn(fmt::format("{} bytes behind its end mark are no archive and are not read",
                     scan.unread_bytes));
  }
  if (!scan.ended_by_mark) {
    warn("has no end mark; it may have been cut short between two files");
  }
  if (scan.lone_labels > 0) {
    warn(fmt::format("{} .cls files belong to no image of their name; first: {}", scan.lone_labels,
                     scan.first_lone_label));
  }
}

void tell(const TarPart& part, Content content, const core::Log& log) {
  std::int64_t companions = 0, links = 0;
  UnreadImages unread;
  LabelReader odd;
  for (std::size_t i = 0; i < part.scans.size(); ++i) {
    const auto& scan = part.scans[i];
    companions += scan.companions;
    links += scan.links;
    unread += scan.unread_images;
    odd += scan.odd_labels;
    tell_of_archive(part.shown[i], scan, log);
  }
  const auto say = [&](core::LogLevel level, const std::string& text) {
    const bool warning = level == core::LogLevel::warning;
    log(level, fmt::format("{}{}: {}", warning ? "[data] " : "", listed(part.shown), text));
  };
  if (companions > 0) {
    say(core::LogLevel::information,
        fmt::format("{} images that accompany another one of their sample are left out",
                    companions));
  }
  if (links > 0) {
    say(core::LogLevel::warning,
        fmt::format("{} links are left out; they have no content of their own", links));
  }
  if (content == Content::images && unread.total() > 0) say(core::LogLevel::warning, unread.told());
  if (odd.any_trouble()) say(core::LogLevel::warning, odd.trouble());
}

TarPart scan_part(const std::vector<fs::path>& archives, const OpenContext& context) {
  std::vector<fs::path> plain;
  plain.reserve(archives.size());
  for (const auto& archive : archives) plain.push_back(plain_archive(archive, context));
  TarPart part{archives, ShardFiles(std::move(plain)), {}};
  part.scans.resize(archives.size());
  in_parallel(archives.size(), kScanningThreads, [&](std::size_t shard) {
    part.scans[shard] = scan_tar(part.files, static_cast<std::uint32_t>(shard), context.content);
  });
  require_samples(part, context.content);
  tell(part, context.content, context.log);
  return part;
}

/// The folders that all images lie in, with a slash at the end: an archive often has one around
/// everything.
std::string common_folders(const TarPart& part) {
  std::string_view common;
  bool first = true;
  for (const auto& scan : part.scans) {
    for (std::size_t i = 0; i < scan.names.size(); ++i) {
      const auto name = scan.names[i];
      if (std::exchange(first, false)) common = name;
      const auto [end, ignored] = std::ranges::mismatch(common, name);
      common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
    }
  }
  return std::string(common.substr(0, common.rfind('/') + 1));
}

/// A part's folder inside an archive is no class.
std::string_view class_in_archive(std::string_view name) {
  const auto folder = class_folder(name);
  if (part_of_folder(folder) == PartWord::none) return folder;
  return class_folder(name.substr(folder.size() + 1));
}

LabelWords words_of_tars(const TarPart& part) {
  const bool labelled = std::ranges::any_of(part.scans, &TarScan::labelled);
  const std::size_t skipped = labelled ? 0 : common_folders(part).size();
  LabelWords words;
  for (const auto& scan : part.scans) {
    for (std::size_t i = 0; i < scan.names.size(); ++i) {
      words.add(labelled ? std::string_view(scan.labels[i])
                         : class_in_archive(scan.names[i].substr(skipped)));
    }
  }
  // One folder, or images beside folders, is how files happen to lie, not a set of classes.
  if (!labelled && (!words.complete() || words.words() < 2)) words.make_unlabelled();
  return words;
}

std::shared_ptr<const Dataset> joined(TarPart part, Labels labels, Content content) {
  ShardedDataset::Index index{std::move(part.shown), {}, {}, std::move(labels), content};
  for (auto& scan : part.scans) {
    for (std::size_t i = 0; i < scan.names.size(); ++i) index.names.add(scan.names[i]);
    index.places.insert(index.places.end(), scan.places.begin(), scan.places.end());
    scan = {};  // a million names need not be there twice
  }
  return std::make_shared<ShardedDataset>(std::move(part.files), std::move(index));
}

}  // namespace

std::vector<std::shared_ptr<const Dataset>> open_tars(
    const std::vector<std::vector<fs::path>>& parts, const OpenContext& context) {
  std::vector<TarPart> scanned;
  std::vector<LabelWords> words;
  for (const auto& archives : parts) {
    scanned.push_back(scan_part(archives, context));
    words.push_back(words_of_tars(scanned.back()));
  }
  auto labels = number_alike(words);
  std::vector<std::shared_ptr<const Dataset>> datasets;
  for (std::size_t i = 0; i < scanned.size(); ++i) {
    datasets.push_back(joined(std::move(scanned[i]), std::move(labels[i]), context.content));
  }
  return datasets;
}

}  // namespace dbot::data
