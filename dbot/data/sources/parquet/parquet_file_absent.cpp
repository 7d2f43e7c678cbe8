// Where dbot was built without Apache Arrow.
#include "dbot/core/error.h"
#include "dbot/data/sources/parquet/parquet_file.h"

namespace dbot::data {

struct ParquetFile::State {
  std::vector<std::int64_t> group_rows;
  std::vector<std::string> classes, remarks;
};

ParquetFile::ParquetFile(const std::filesystem::path& path) {
  throw DataError({.operation = "data",
                   .subject = path.string(),
                   .fault = Fault::unsupported,
                   .reason = ": this dbot was built without Apache Arrow and reads no Parquet",
                   .way_out = "run ./setup.sh, which fetches it, and build again, or name one with "
                              "-DDBOT_ARROW"});
}

ParquetFile::ParquetFile(ParquetFile&&) noexcept = default;
ParquetFile& ParquetFile::operator=(ParquetFile&&) noexcept = default;
ParquetFile::~ParquetFile() = default;

const std::vector<std::int64_t>& ParquetFile::group_rows() const {
  return state_->group_rows;
}

std::uint64_t ParquetFile::image_bytes() const {
  return 0;
}

const std::vector<std::string>& ParquetFile::classes() const {
  return state_->classes;
}

const std::vector<std::string>& ParquetFile::remarks() const {
  return state_->remarks;
}

void ParquetFile::add_labels(LabelWords&, LabelReader&) const {}

ParquetGroup ParquetFile::read_group(std::size_t) const {
  return {};
}

bool ParquetFile::each_text(std::span<const std::string_view>,
                            const std::function<void(std::int64_t, std::string_view)>&) const {
  return false;
}

}  // namespace dbot::data
