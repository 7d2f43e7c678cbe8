#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dbot::data {

/// Puts the whole content of a file into `bytes`. Throws DataError ("[data] PATH: reason") if it
/// cannot be read or is empty.
void read_file_bytes(const std::string& path, std::vector<std::uint8_t>& bytes);

}  // namespace dbot::data
