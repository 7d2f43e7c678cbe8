#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace dbot::data {

/// An array of bytes from an IDX file (the format of MNIST).
struct IdxArray {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;
};

/// Reads an IDX file of unsigned bytes with 1 to 4 dimensions, plain or gzip. Magic and sizes are
/// held against the file before memory is taken. Throws DataError.
IdxArray read_idx(const std::filesystem::path& path);

/// True if the file is readable and begins like an IDX file, after unpacking.
bool is_idx_file(const std::filesystem::path& path);

}  // namespace dbot::data
