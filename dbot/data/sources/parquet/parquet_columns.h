#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::data {

/// A column as the file's schema has it.
struct ParquetColumn {
  std::string path;  // "image.bytes"
  bool binary = false, text = false, whole_number = false;
  bool real_number = false, truth = false;
  bool list = false;    // of any number of values a row: no image, but perhaps a label
  bool nested = false;  // a list of lists, or of structs
};

/// The columns that make a data set of images; −1: there is none.
struct ParquetColumns {
  int image = -1, label = -1;
  std::vector<std::string> classes;
  std::vector<int> other_images;  // that may be images, too
  bool label_is_list = false;     // of which lists of one count
  int odd_label = -1;             // called like a label, but nested; where there is no label
};

/// Chooses among the columns: by the features that Hugging Face's `datasets` stores as JSON
/// (`hugging_face`, empty if there is nothing), an Image and a ClassLabel (of several "label",
/// "fine_label", or the first); else by name and type. Of several images the one that is called
/// image, img, jpg, …; else the first that is not called like a mask, a depth map or what else
/// accompanies an image.
ParquetColumns choose_columns(const std::vector<ParquetColumn>& columns,
                              const std::string& hugging_face);

/// The first of the names, in any case, that a column of texts or of lists of texts has; −1: none.
int find_texts(const std::vector<ParquetColumn>& columns, std::span<const std::string_view> names);

/// "image" of "image.bytes".
std::string column_name(const ParquetColumn& column);

}  // namespace dbot::data
