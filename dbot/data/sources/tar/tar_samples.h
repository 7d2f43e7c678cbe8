#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::data {

/// An image of an archive, before it is known what belongs to it.
struct TarImage {
  std::string name;
  std::uint64_t offset = 0, bytes = 0;
  std::string label;
};

/// What a .cls or .json file of an archive says.
struct TarLabel {
  std::string name, label;
  bool json = false;
  bool used = false;  // by an image
  bool own = false;   // by one of its very name
};

/// "a/b.c.d" is the file "a/b.c" to most people, the sample "a/b" to WebDataset.
std::string_view stem_of(std::string_view name);
std::string_view sample_key(std::string_view name);

/// Gives labels to images that have none: of files with the same stem, else of "KEY.cls" or
/// "KEY.json" with the image's key. .cls says nothing but the label and comes first. Of several
/// alike the first belongs to the first, and so on.
void match_labels(std::vector<TarLabel>& labels, std::vector<TarImage>& images);

/// Leaves out images that accompany another one: KEY.mask.png beside KEY.jpg, an .npy beside an
/// image of its key. The number of them.
std::int64_t drop_companions(std::vector<TarImage>& images);

}  // namespace dbot::data
