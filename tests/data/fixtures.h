#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/log.h"

namespace dbot::test {

/// tests/data/fixtures, made by make_fixtures.py; the tests run in the root of the sources.
inline std::filesystem::path fixtures() {
  return "tests/data/fixtures";
}

inline std::vector<std::uint8_t> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  write_bytes(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// Puts a copy of a small sound image at `path`.
inline void put_image(const std::filesystem::path& path,
                      const std::string& fixture = "rgb_420.jpg") {
  write_bytes(path, bytes_of(fixtures() / fixture));
}

/// FNV-1a, 64 bits.
inline std::uint64_t fingerprint(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

/// Lines of a table without its comments.
inline std::vector<std::istringstream> table(const std::string& name) {
  std::ifstream file(fixtures() / name);
  if (!file) throw std::runtime_error("cannot open fixture " + name);
  std::vector<std::istringstream> rows;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) rows.emplace_back(line);
  }
  return rows;
}

/// The message of the `Failure` that `action` throws; a test failure text if it throws none.
template <typename Failure, typename Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "nothing was thrown";
}

/// A log that keeps what it is told.
struct KeptLog {
  std::vector<std::string> lines;
  core::Log log() {
    return [this](core::LogLevel, std::string_view text) { lines.emplace_back(text); };
  }
};

}  // namespace dbot::test
