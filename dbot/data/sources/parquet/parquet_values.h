#pragma once

#include <parquet/column_reader.h>
#include <parquet/schema.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/sources/label_reader.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/parquet/parquet_columns.h"

// Arrow's columns, value by value; where dbot was built with Arrow.
namespace dbot::data {

inline ParquetColumn describe_column(const parquet::ColumnDescriptor& column) {
  ParquetColumn result{column.path()->ToDotString()};
  result.list = column.max_repetition_level() > 0;
  // "tags.list.element", and another level for what is in the list.
  result.nested = column.max_repetition_level() > 1 || column.path()->ToDotVector().size() > 3;
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

/// The same of lists: how many values each row has, and the first of them.
template <typename Type, typename Take>
void each_list(parquet::ColumnReader& column, const Take& take) {
  using Value = typename Type::c_type;
  constexpr std::int64_t kAtOnce = 1024;
  if (column.type() != Type::type_num) throw std::runtime_error("a column changed its type");
  auto& reader = static_cast<parquet::TypedColumnReader<Type>&>(column);
  const int present = reader.descr()->max_definition_level();
  std::vector<std::int16_t> levels(kAtOnce), repeats(kAtOnce);
  const auto values = std::make_unique<Value[]>(kAtOnce);
  while (reader.HasNext()) {
    std::int64_t count = 0;
    const std::int64_t entries =
        reader.ReadBatch(kAtOnce, levels.data(), repeats.data(), values.get(), &count);
    if (entries == 0) return;
    std::size_t at = 0;
    for (std::int64_t i = 0; i < entries; ++i) {
      const auto entry = static_cast<std::size_t>(i);
      take(/*new_row=*/repeats[entry] == 0, levels[entry] == present ? &values[at++] : nullptr);
    }
  }
}

/// Adds the labels of a column of one row group.
void add_label_column(parquet::ColumnReader& column, const ParquetColumns& columns,
                      LabelWords& words, LabelReader& reader);

}  // namespace dbot::data
