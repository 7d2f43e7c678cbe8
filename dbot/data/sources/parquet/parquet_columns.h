#pragma once

#include <string>
#include <vector>

namespace dbot::data {

/// A column of values that are not lists.
struct ParquetColumn {
  std::string path;  // "image.bytes"
  bool binary = false, text = false, whole_number = false;
};

/// The columns that make a data set of images; −1: there is none.
struct ParquetColumns {
  int image = -1, label = -1;
  std::vector<std::string> classes;
};

/// Chooses among the columns: by the features that Hugging Face's `datasets` stores as JSON
/// (`hugging_face`, empty if there is nothing), an Image and a ClassLabel (of several "label",
/// "fine_label", or the first); else by name and type.
ParquetColumns choose_columns(const std::vector<ParquetColumn>& columns,
                              const std::string& hugging_face);

}  // namespace dbot::data
