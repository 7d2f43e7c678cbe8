#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "dbot/core/files/told_writing.h"

namespace dbot::formats {

/// A file of an archive: its bytes, one piece after another.
struct ZipEntry {
  std::string name;  // "archive/data.pkl"
  std::vector<std::span<const std::byte>> pieces;

  std::uint64_t bytes() const;
};

/// What the fields of the format's first version hold at most; beyond it the 64-bit records stand.
inline constexpr std::uint64_t kLargestZipNumber = 0xFFFFFFFF;

/// Writes an archive in one step, its files stored and not compressed, in their order, each at a
/// multiple of 64 bytes so that it can be mapped. No time in it: equal entries give equal bytes.
/// Sizes and places above `largest_number` are written with 64 bits. Returns the archive's bytes.
/// `written` may be empty. Throws Error with the path and the reason. Source: PKWARE,
/// APPNOTE.TXT 6.3.10, sections 4.3–4.5.
std::uint64_t write_zip(const std::filesystem::path& path, const std::vector<ZipEntry>& entries,
                        std::uint64_t largest_number = kLargestZipNumber,
                        const core::OnWritten& written = {});

}  // namespace dbot::formats
