#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

// What dbot itself wrote is no data where it lies below a folder of images: run folders, pictures,
// divisions with links, checks and packs. They are told by what is in them, not by name or place:
// so every spelling of a path, links, copies and older versions' output are covered.
namespace dbot::data {

/// Folders of pictures that nothing else tells apart get this file. It says what it is for.
inline constexpr const char* kOutputNote = "dbot-output.txt";

/// Writes the note into a folder that exists. `command` is what wrote the folder: "data split".
/// Throws Error.
void write_output_note(const std::filesystem::path& folder, std::string_view command);

/// Collects the names that may tell an output while a folder is read.
class OutputSigns {
 public:
  void see(std::string_view name, bool is_folder);
  /// Looks into the few files that the names call for; `folder` is where they were seen.
  bool told(const std::filesystem::path& folder) const;

 private:
  std::uint32_t seen_ = 0;  // a bit for each name that may tell
  bool others_ = false;     // anything but folders of parts
};

/// True of a folder that dbot wrote, and of one that holds nothing but such folders: "runs/".
bool is_own_output(const std::filesystem::path& folder);

}  // namespace dbot::data
