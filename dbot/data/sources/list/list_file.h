#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/sources/content.h"
#include "dbot/data/sources/label_reader.h"

namespace dbot::data {

/// An image that a list names.
struct ListEntry {
  std::string path;   // as it stands there
  std::string label;  // a name or a number; empty: none
  std::int64_t line = 0;
};

enum class ListKind { text, commas, tabs };

/// Reads a list of images or videos, one a line. Empty lines and those that begin with # are passed
/// over, and lines may end in CR LF.
/// - `commas`, `tabs`: fields, quoted where they hold a separator ("" is a quote within quotes). A
///   first line whose first field is no image's name is a header: of its columns one is called
///   path, file, file_name, filename, filepath, image, image_path, img, video or
///   video_path, and one may be called
///   label, class, class_name, category, target or y. Without a header: path, label; the path may
///   hold separators where it ends like an image's name.
/// - `text`: a path; behind it, after a tab, a comma or a space, a label where the line does not
///   end like an image's name. The path is what ends like one, else what stands before the last
///   separator.
/// `labels` counts those that name no class. Throws DataError ("[data] NAME:LINE: reason").
std::vector<ListEntry> parse_list(std::string_view text, ListKind kind, std::string_view name,
                                  LabelReader& labels, Content content = Content::images);
std::vector<ListEntry> parse_list(std::string_view text, ListKind kind, std::string_view name);

/// How the lines of a list are divided, by its extension in any case.
ListKind kind_of_list(const std::filesystem::path& path);

/// True for .txt, .csv and .tsv, in any case.
bool is_list_name(const std::filesystem::path& path);

}  // namespace dbot::data
