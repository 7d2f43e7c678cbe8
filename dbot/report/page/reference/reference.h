#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

// A reference run: the figures of a finished run of a recipe, small enough to be part of the
// program, which a page draws behind those of another run. docs/report.md has its keys.
namespace dbot::report {

inline constexpr std::size_t kMostReferenceBytes = 100'000;
inline constexpr std::size_t kMostReferencePoints = 200;  // of a curve

/// The figures of a finished run as a reference, JSON of at most `kMostReferenceBytes`: curves in
/// means of groups of steps, which never reach from one stage into the next; evaluations; the
/// resolved recipe, without the folders of absolute paths; the machine, seconds and seed. Throws
/// UsageError for a run that has not reached its end, Error for one with too many figures.
std::string reference_text(const std::filesystem::path& run);

/// A reference as page data: ASCII without markup, known keys alone. Throws DataError, naming
/// `origin`, for text that is none, too large, of another version, or has values of other kinds.
std::string read_reference(const std::string& text, const std::string& origin);

}  // namespace dbot::report
