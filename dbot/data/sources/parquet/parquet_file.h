#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/sources/label_reader.h"
#include "dbot/data/sources/labels.h"

namespace dbot::data {

/// Encoded images of one row group.
struct ParquetGroup {
  std::vector<std::uint8_t> bytes;  // of all images, one after the other
  std::vector<std::uint64_t> ends;  // of each; one without bytes has none in the table

  std::span<const std::uint8_t> image(std::size_t row) const {
    const std::uint64_t begin = row == 0 ? 0 : ends.at(row - 1);
    return std::span(bytes).subspan(begin, ends.at(row) - begin);
  }
};

/// A Parquet file with a column of encoded images, as Hugging Face's `datasets` writes it, read by
/// Apache Arrow. Images are a column of binary values, or a struct of `bytes` and `path`; labels
/// are numbers or texts. Which columns these are, and the names of the classes, stand in the
/// schema's "huggingface" entry; without one they are told by name and type. Safe for several
/// threads. All functions throw DataError naming the file.
class ParquetFile {
 public:
  explicit ParquetFile(const std::filesystem::path& path);
  ParquetFile(ParquetFile&&) noexcept;
  ParquetFile& operator=(ParquetFile&&) noexcept;
  ~ParquetFile();

  /// Rows of each row group.
  const std::vector<std::int64_t>& group_rows() const;
  /// Bytes of all images, uncompressed, as the file says.
  std::uint64_t image_bytes() const;
  /// Names of the classes; empty if the file has none.
  const std::vector<std::string>& classes() const;
  /// What there is to say of the choice of columns, each to continue the file's name.
  const std::vector<std::string>& remarks() const;
  /// Adds the label of each row; `reader` counts those that name no class.
  void add_labels(LabelWords& words, LabelReader& reader) const;
  ParquetGroup read_group(std::size_t group) const;
  /// Hands over the texts of a column, row by row; of a column of lists each row may have several.
  /// The column is the first of `names`, in any case, that holds texts. False if there is none.
  bool each_text(std::span<const std::string_view> names,
                 const std::function<void(std::int64_t row, std::string_view text)>& take) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Row groups whose images take more than that are refused: one has to be in memory as a whole.
inline constexpr std::uint64_t kMostGroupBytes = std::uint64_t{2} << 30;

}  // namespace dbot::data
