#include "dbot/report/pictures/set/write_picture.h"

#include <fmt/format.h>

#include "dbot/core/files/files.h"
#include "dbot/report/pictures/set/picture_file.h"

namespace dbot::report {

Picture write_picture(const std::filesystem::path& folder, const std::string& kind,
                      std::int64_t number, const data::Image& image, std::string name,
                      std::string caption) {
  const PictureFile encoded = encode_picture(image);
  std::string file = fmt::format("{}-{:02d}{}", kind, number + 1, encoded.kind.ending);
  // The folder is not in its place yet: nobody reads a part of it.
  core::write_file_synced(folder / file, encoded.bytes);
  return {std::move(file), std::move(name), std::move(caption)};
}

}  // namespace dbot::report
