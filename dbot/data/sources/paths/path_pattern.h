#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dbot::data {

/// True if a path that does not exist as it stands may stand for several: it holds {…}, *, ? or
/// […].
bool is_path_pattern(const std::filesystem::path& path);

/// The texts a pattern's braces stand for, in order: {000..127} are whole numbers with as many
/// digits, {a,b} are the words. Throws DataError for braces that are not closed or nested, and for
/// more than 100,000 texts.
std::vector<std::string> expand_braces(const std::string& pattern);

/// The files a pattern stands for: braces in their order, *, ? and […] sorted byte-wise. Throws
/// DataError, naming what is missing, unless each of them exists.
std::vector<std::filesystem::path> expand_pattern(const std::filesystem::path& pattern);

}  // namespace dbot::data
