#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/sources/parquet/parquet_columns.h"
#include "dbot/data/sources/parquet/parquet_file.h"
#include "dbot/data/sources/parquet/parquet_values.h"

namespace dbot::data {
namespace {

constexpr int kRowsLookedAt = 64;  // for the first value of a column

}  // namespace

struct ParquetFile::State {
  std::string path;
  std::shared_ptr<parquet::FileMetaData> metadata;
  ParquetColumns columns;
  std::vector<std::int64_t> group_rows;
  std::vector<std::string> remarks;

  [[noreturn]] void fail(std::string_view what) const {
    throw data_error(path, Fault::corrupt, what);
  }
  /// What `work` returns; errors of Arrow become ours.
  template <typename Work>
  auto guarded(const Work& work) const {
    try {
      return work();
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      fail(fmt::format("is no sound Parquet file: {}", error.what()));
    }
  }
  /// Cheap, as the metadata is known; a reader serves one thread.
  std::unique_ptr<parquet::ParquetFileReader> reader() const {
    return parquet::ParquetFileReader::OpenFile(path, false, parquet::default_reader_properties(),
                                                metadata);
  }
  /// Whether the first value of a column is an image; empty where the first rows have none.
  std::optional<bool> begins_with_image(int column) const {
    if (metadata->num_row_groups() == 0) return {};
    const auto file = reader();
    const auto values = file->RowGroup(0)->Column(column);
    auto& bytes = static_cast<parquet::ByteArrayReader&>(*values);
    for (int row = 0; row < kRowsLookedAt && bytes.HasNext(); ++row) {
      parquet::ByteArray value;
      std::int16_t level = 0;
      std::int64_t count = 0;
      bytes.ReadBatch(1, &level, nullptr, &value, &count);
      if (count > 0) return !image_kind({value.ptr, value.len}).empty();
    }
    return {};
  }
  /// Names do not always tell: of several columns those that hold something else are no images.
  void look_into_columns() {
    if (columns.other_images.empty()) return;
    auto all = columns.other_images;
    all.insert(all.begin(), columns.image);
    std::erase_if(all, [&](int column) { return !begins_with_image(column).value_or(true); });
    if (all.empty()) return;  // reading them says what they are
    columns.image = all.front();
    columns.other_images.assign(all.begin() + 1, all.end());
  }
  void remark(const std::vector<ParquetColumn>& described) {
    const auto name = [&](int column) {
      return column_name(described[static_cast<std::size_t>(column)]);
    };
    if (!columns.other_images.empty()) {
      std::vector<std::string> others;
      for (const int other : columns.other_images) others.push_back(name(other));
      remarks.push_back(fmt::format(
          "images are taken from column {}; {} may hold images, too, and "
          "{} left out",
          name(columns.image), fmt::join(others, ", "), others.size() == 1 ? "is" : "are"));
    }
    if (columns.odd_label >= 0) {
      const auto& odd = described[static_cast<std::size_t>(columns.odd_label)];
      remarks.push_back(fmt::format(
          "column {} holds {}, which are no labels of classes; the images are "
          "unlabelled. Write a column of numbers or words, one a row",
          odd.path.substr(0, odd.path.find('.')), odd.list ? "nested lists" : "structs"));
    }
    if (!begins_with_image(columns.image)) {
      remarks.push_back(fmt::format(
          "the first rows have no bytes in column {}, perhaps paths alone; write the images' "
          "files into the column, or list them in a .csv file",
          name(columns.image)));
    }
  }
  std::vector<ParquetColumn> described_columns() const {
    const auto* schema = metadata->schema();
    std::vector<ParquetColumn> described;
    for (int i = 0; i < schema->num_columns(); ++i) {
      described.push_back(describe_column(*schema->Column(i)));
    }
    return described;
  }
  void choose() {
    const auto described = described_columns();
    std::vector<std::string> paths;
    for (const auto& column : described) paths.push_back(column.path);
    const auto& entries = metadata->key_value_metadata();
    const auto stored = entries ? entries->Get("huggingface") : std::string();
    columns = choose_columns(described, stored.ok() ? *stored : std::string());
    if (columns.image >= 0) {
      look_into_columns();
      return remark(described);
    }
    fail(
        fmt::format("has no column of images; its columns are {}. Write the images' files into a "
                    "binary column called image, or list them in a .csv file",
                    fmt::join(paths, ", ")));
  }
};

ParquetFile::ParquetFile(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->path = path.string();
  state_->guarded([&] {
    state_->metadata = parquet::ParquetFileReader::OpenFile(state_->path)->metadata();
    state_->choose();
    for (int i = 0; i < state_->metadata->num_row_groups(); ++i) {
      state_->group_rows.push_back(state_->metadata->RowGroup(i)->num_rows());
    }
  });
}

ParquetFile::ParquetFile(ParquetFile&&) noexcept = default;
ParquetFile& ParquetFile::operator=(ParquetFile&&) noexcept = default;
ParquetFile::~ParquetFile() = default;

const std::vector<std::int64_t>& ParquetFile::group_rows() const {
  return state_->group_rows;
}

std::uint64_t ParquetFile::image_bytes() const {
  return state_->guarded([&] {
    std::uint64_t bytes = 0;
    for (int i = 0; i < state_->metadata->num_row_groups(); ++i) {
      const auto chunk = state_->metadata->RowGroup(i)->ColumnChunk(state_->columns.image);
      bytes +=
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, chunk->total_uncompressed_size()));
    }
    return bytes;
  });
}

const std::vector<std::string>& ParquetFile::classes() const {
  return state_->columns.classes;
}

const std::vector<std::string>& ParquetFile::remarks() const {
  return state_->remarks;
}

void ParquetFile::add_labels(LabelWords& words, LabelReader& label_reader) const {
  state_->guarded([&] {
    const int column = state_->columns.label;
    const auto reader = state_->reader();
    for (std::size_t group = 0; group < state_->group_rows.size(); ++group) {
      const auto end = words.samples() + static_cast<std::size_t>(state_->group_rows[group]);
      if (column >= 0) {
        const auto values = reader->RowGroup(static_cast<int>(group))->Column(column);
        add_label_column(*values, state_->columns, words, label_reader);
        if (words.samples() != end) state_->fail("has another number of labels than rows");
      }
      while (words.samples() < end) words.add({});
    }
  });
}

ParquetGroup ParquetFile::read_group(std::size_t group) const {
  return state_->guarded([&] {
    ParquetGroup result;
    const auto reader = state_->reader();
    const auto values = reader->RowGroup(static_cast<int>(group))->Column(state_->columns.image);
    each_value<parquet::ByteArrayType>(*values, [&](const parquet::ByteArray* value) {
      if (value) {
        if (result.bytes.size() + value->len > kMostGroupBytes) {
          state_->fail(
              fmt::format("row group {} holds more than {} bytes of images; write the file "
                          "with fewer rows a group",
                          group, kMostGroupBytes));
        }
        result.bytes.insert(result.bytes.end(), value->ptr, value->ptr + value->len);
      }
      result.ends.push_back(result.bytes.size());
    });
    if (result.ends.size() != static_cast<std::size_t>(state_->group_rows.at(group))) {
      state_->fail(fmt::format("row group {} has {} images, expected {}", group, result.ends.size(),
                               state_->group_rows[group]));
    }
    return result;
  });
}

bool ParquetFile::each_text(std::span<const std::string_view> names,
                            const std::function<void(std::int64_t, std::string_view)>& take) const {
  return state_->guarded([&] {
    const auto columns = state_->described_columns();
    const int column = find_texts(columns, names);
    if (column < 0) return false;
    const bool list = columns[static_cast<std::size_t>(column)].list;
    const auto reader = state_->reader();
    std::int64_t row = -1;
    const auto give = [&](const parquet::ByteArray* text) {
      if (text == nullptr) return take(row, {});
      take(row, {reinterpret_cast<const char*>(text->ptr), text->len});
    };
    for (std::size_t group = 0; group < state_->group_rows.size(); ++group) {
      const auto values = reader->RowGroup(static_cast<int>(group))->Column(column);
      if (list) {
        each_list<parquet::ByteArrayType>(*values, [&](bool new_row, const auto* text) {
          row += new_row ? 1 : 0;
          give(text);
        });
      } else {
        each_value<parquet::ByteArrayType>(*values, [&](const auto* text) {
          ++row;
          give(text);
        });
      }
    }
    return true;
  });
}

}  // namespace dbot::data
