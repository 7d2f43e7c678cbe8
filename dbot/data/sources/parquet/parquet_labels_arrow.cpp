#include <parquet/metadata.h>

#include <utility>

#include "dbot/data/sources/parquet/parquet_values.h"

namespace dbot::data {
namespace {

/// Words of labels, from plain columns and from lists.
class LabelColumn {
 public:
  LabelColumn(parquet::ColumnReader& column, const ParquetColumns& columns, LabelWords& words,
              LabelReader& reader)
      : column_(column), columns_(columns), words_(words), reader_(reader) {}

  /// `word` of a value.
  template <typename Type, typename Word>
  void read(const Word& word) {
    using Value = typename Type::c_type;
    if (!columns_.label_is_list) {
      return each_value<Type>(column_, [&](const Value* value) {
        words_.add(value != nullptr ? word(*value) : std::string());
      });
    }
    bool begun = false;
    each_list<Type>(column_, [&](bool new_row, const Value* value) {
      if (new_row && std::exchange(begun, true)) end_row();
      if (value != nullptr && ++of_row_ == 1) first_ = word(*value);
    });
    if (begun) end_row();
  }

  std::string of_whole(std::int64_t number) const {
    if (number < 0) return {};
    const auto place = static_cast<std::size_t>(number);
    return place < columns_.classes.size() ? columns_.classes[place] : std::to_string(number);
  }
  std::string of_real(double number) { return reader_.of_number(number); }

 private:
  /// A list of one is a label.
  void end_row() {
    if (of_row_ > 1) reader_.add_list();
    words_.add(of_row_ == 1 ? first_ : std::string());
    of_row_ = 0;
  }

  parquet::ColumnReader& column_;
  const ParquetColumns& columns_;
  LabelWords& words_;
  LabelReader& reader_;
  std::int64_t of_row_ = 0;
  std::string first_;
};

}  // namespace

void add_label_column(parquet::ColumnReader& column, const ParquetColumns& columns,
                      LabelWords& words, LabelReader& reader) {
  LabelColumn labels(column, columns, words, reader);
  const auto of_whole = [&](auto value) { return labels.of_whole(value); };
  const auto of_real = [&](auto value) { return labels.of_real(static_cast<double>(value)); };
  switch (column.type()) {
    case parquet::Type::INT32:
      return labels.read<parquet::Int32Type>(of_whole);
    case parquet::Type::INT64:
      return labels.read<parquet::Int64Type>(of_whole);
    case parquet::Type::FLOAT:
      return labels.read<parquet::FloatType>(of_real);
    case parquet::Type::DOUBLE:
      return labels.read<parquet::DoubleType>(of_real);
    case parquet::Type::BOOLEAN:
      return labels.read<parquet::BooleanType>(
          [](bool value) { return std::string(value ? "true" : "false"); });
    default:
      labels.read<parquet::ByteArrayType>([](const parquet::ByteArray& value) {
        return std::string(reinterpret_cast<const char*>(value.ptr), value.len);
      });
  }
}

}  // namespace dbot::data
