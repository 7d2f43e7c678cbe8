#include "dbot/data/audit/audited_set.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <set>
#include <unordered_set>
#include <utility>

#include "dbot/data/image/foreign_kind.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/sources/folder/mask_files.h"
#include "dbot/data/sources/folder/own_output.h"
#include "dbot/data/sources/folder/visible_entries.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/text/captions/captions.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostOtherFiles = 100000;  // that are looked at one by one

OtherFile look_into(const fs::path& path, std::string name) {
  std::array<char, kHeadBytes> bytes{};
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), bytes.size());
  const std::span head(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                       static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  OtherFile other{std::move(name), {}, false};
  const auto kind = image_kind(head);
  // Two letters make a BMP and a Netpbm file: a text may begin with them.
  const bool certain = kind != "BMP" && kind != "PNM";
  if (!kind.empty() && (certain || foreign_kind(head) != "text")) {
    other.what = "a " + std::string(kind) + " image";
    other.is_image = true;
  } else {
    other.what = foreign_kind(head);
    other.is_image = is_foreign_image(other.what);
  }
  return other;
}

}  // namespace

AuditedSet AuditedSet::open(const fs::path& path, const core::Log& log, MaskChoice masks,
                            const std::string& captions) {
  AuditedSet set;
  set.path_ = path;
  set.name_within_ = NamesWithin({path});
  const bool with_masks = masks == MaskChoice::kept;
  const OpenContext context{.log = log, .with_masks = with_masks};
  const auto opened = data::open(path, Wanted::all, context);
  if (!captions.empty()) {
    set.captions_ =
        with_captions(opened, captions, path, context, std::numeric_limits<std::size_t>::max());
  }
  for (auto& part : opened.named()) {
    set.parts_.push_back({std::move(part.name), std::move(part.images), set.size(), {}});
  }
  set.number_classes();
  // Beside images that are files themselves alone: an archive's folder is not theirs.
  if (opened.source.kind == &folder_kind()) {
    set.find_other_files();
    if (with_masks) set.find_masks();
  }
  return set;
}

void AuditedSet::number_classes() {
  std::set<std::string> names;
  for (const auto& part : parts_) {
    names.insert(part.images->classes().begin(), part.images->classes().end());
  }
  classes_.assign(names.begin(), names.end());
  for (auto& part : parts_) {
    for (const auto& name : part.images->classes()) {
      const auto place = std::lower_bound(classes_.begin(), classes_.end(), name);
      part.class_number.push_back(static_cast<int>(place - classes_.begin()));
    }
  }
}

void AuditedSet::find_other_files() {
  std::error_code error;
  std::unordered_set<std::string> used;
  for (std::int64_t image = 0; image < size(); ++image) used.insert(name(image));
  fs::recursive_directory_iterator entry(path_, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (entry->is_directory(ignored) && is_own_output(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file(ignored) || entry->path().filename() == kOutputNote) continue;
    auto relative = entry->path().lexically_relative(path_).string();
    if (used.contains(relative) || other_files_.size() >= kMostOtherFiles) continue;
    other_files_.push_back(look_into(entry->path(), std::move(relative)));
  }
  std::ranges::sort(other_files_, {}, &OtherFile::name);
}

void AuditedSet::find_masks() {
  for (const auto& part : parts_) {
    core::TextList keys;
    for (std::int64_t i = 0; i < part.images->size(); ++i) keys.add(part.images->key(i));
    std::string root = part.images->name(0);
    root.erase(root.size() - keys.front().size());
    for (const auto place : data::find_masks(root, keys)) {
      masks_.push_back(part.begin + static_cast<std::int64_t>(place));
    }
  }
}

std::int64_t AuditedSet::size() const {
  return parts_.empty() ? 0 : parts_.back().begin + parts_.back().images->size();
}

int AuditedSet::part_number(std::int64_t image) const {
  int number = static_cast<int>(parts_.size()) - 1;
  while (image < parts_[static_cast<std::size_t>(number)].begin) --number;
  return number;
}

const AuditedSet::Part& AuditedSet::part_of(std::int64_t image) const {
  return parts_[static_cast<std::size_t>(part_number(image))];
}

std::string AuditedSet::name(std::int64_t image) const {
  const Part& part = part_of(image);
  return name_within_(part.images->name(image - part.begin));
}

int AuditedSet::label(std::int64_t image) const {
  const Part& part = part_of(image);
  const auto own = part.images->label(image - part.begin);
  return own < 0 || part.class_number.empty() ? -1
                                              : part.class_number.at(static_cast<std::size_t>(own));
}

}  // namespace dbot::data
