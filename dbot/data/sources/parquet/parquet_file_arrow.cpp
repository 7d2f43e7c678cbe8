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

namespace dbot::data {
namespace {

constexpr int kRowsLookedAt = 64;  // for the first value of a column

ParquetColumn describe_column(const parquet::ColumnDescriptor& column) {
  ParquetColumn result{column.path()->ToDotString()};
  result.list = column.max_repetition_level() > 0;
  if (result.list) return result;
  const auto type = column.physical_type();
  result.binary = type == parquet::Type::BYTE_ARRAY;
  result.text = result.binary && column.logical_type() && column.logical_type()->is_string();
  result.whole_number = type == parquet::Type::INT32 || type == parquet::Type::INT64;
  result.real_number = type == parquet::Type::FLOAT || type == parquet::Type::DOUBLE;
  result.truth = type == parquet::Type::BOOLEAN;
  return result;
}

/// Hands over the values of a column chunk in order; null pointers for what is missing.
template <typename Type, typename Take>
void each_value(parquet::ColumnReader& column, const Take& take) {
  using Value = typename Type::c_type;
  constexpr std::int64_t kAtOnce = 1024;
  if (column.type() != Type::type_num) throw std::runtime_error("a column changed its type");
  auto& reader = static_cast<parquet::TypedColumnReader<Type>&>(column);
  const int present = reader.descr()->max_definition_level();
  std::vector<std::int16_t> levels(kAtOnce);
  const auto values = std::make_unique<Value[]>(kAtOnce);  // a vector of bool has no addresses
  while (reader.HasNext()) {
    std::int64_t count = 0;
    const std::int64_t rows =
        reader.ReadBatch(kAtOnce, levels.data(), nullptr, values.get(), &count);
    if (rows == 0) return;
    std::size_t at = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const bool there = present == 0 || levels[static_cast<std::size_t>(row)] == present;
      take(there ? &values[at++] : nullptr);
    }
  }
}

std::string_view view(const parquet::ByteArray& value) {
  return {reinterpret_cast<const char*>(value.ptr), value.len};
}

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
    if (columns.list_label >= 0) {
      const auto column = described[static_cast<std::size_t>(columns.list_label)].path;
      remarks.push_back(
          fmt::format("column {} holds lists, which are no labels of classes; the "
                      "images are unlabelled",
                      column.substr(0, column.find('.'))));
    }
  }
  void choose() {
    const auto* schema = metadata->schema();
    std::vector<ParquetColumn> described;
    std::vector<std::string> paths;
    for (int i = 0; i < schema->num_columns(); ++i) {
      described.push_back(describe_column(*schema->Column(i)));
      paths.push_back(described.back().path);
    }
    const auto& entries = metadata->key_value_metadata();
    const auto stored = entries ? entries->Get("huggingface") : std::string();
    columns = choose_columns(described, stored.ok() ? *stored : std::string());
    if (columns.image >= 0) {
      look_into_columns();
      return remark(described);
    }
    fail(fmt::format("has no column of images; its columns are {}", fmt::join(paths, ", ")));
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

namespace {

/// Adds the labels of a column of one row group.
void add_column(parquet::ColumnReader& column, const std::vector<std::string>& names,
                LabelWords& words, LabelReader& reader) {
  const auto add_number = [&](const auto* value) {
    if (!value || *value < 0) return words.add({});
    const auto number = static_cast<std::size_t>(*value);
    words.add(number < names.size() ? names[number] : std::to_string(*value));
  };
  const auto add_real = [&](const auto* value) {
    words.add(value ? reader.of_number(static_cast<double>(*value)) : std::string());
  };
  switch (column.type()) {
    case parquet::Type::INT32:
      return each_value<parquet::Int32Type>(column, add_number);
    case parquet::Type::INT64:
      return each_value<parquet::Int64Type>(column, add_number);
    case parquet::Type::FLOAT:
      return each_value<parquet::FloatType>(column, add_real);
    case parquet::Type::DOUBLE:
      return each_value<parquet::DoubleType>(column, add_real);
    case parquet::Type::BOOLEAN:
      return each_value<parquet::BooleanType>(column, [&](const bool* value) {
        words.add(!value ? "" : *value ? "true" : "false");
      });
    default:
      each_value<parquet::ByteArrayType>(column, [&](const parquet::ByteArray* value) {
        words.add(value ? view(*value) : std::string_view{});
      });
  }
}

}  // namespace

void ParquetFile::add_labels(LabelWords& words, LabelReader& label_reader) const {
  state_->guarded([&] {
    const int column = state_->columns.label;
    const auto reader = state_->reader();
    for (std::size_t group = 0; group < state_->group_rows.size(); ++group) {
      const auto end = words.samples() + static_cast<std::size_t>(state_->group_rows[group]);
      if (column >= 0) {
        const auto values = reader->RowGroup(static_cast<int>(group))->Column(column);
        add_column(*values, state_->columns.classes, words, label_reader);
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

}  // namespace dbot::data
