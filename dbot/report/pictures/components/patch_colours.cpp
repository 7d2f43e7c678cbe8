#include "dbot/report/pictures/components/patch_colours.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/image/codec.h"
#include "dbot/report/pictures/canvas.h"
#include "dbot/report/pictures/set/png_write.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostColourBytes = std::uintmax_t{16} << 20;

fs::path colours_file(const fs::path& folder, const std::string& kind) {
  return folder / (kind + "-patches.png");
}

}  // namespace

void write_patch_colours(const fs::path& folder, const std::string& kind,
                         const std::vector<data::Image>& images) {
  if (images.empty()) return;
  data::Image all = images.front();
  for (std::size_t i = 1; i < images.size(); ++i) {
    all.pixels.insert(all.pixels.end(), images[i].pixels.begin(), images[i].pixels.end());
    all.height += images[i].height;
  }
  // More than a PNG may hold: later colours are free again.
  if (all.height > most_png_side) return;
  core::write_file_synced(colours_file(folder, kind), encode_png(all));
}

at::Tensor read_patch_colours(const fs::path& folder, const std::string& kind, std::int64_t images,
                              core::Size grid) {
  const fs::path file = colours_file(folder, kind);
  std::error_code error;
  if (folder.empty() || !fs::is_regular_file(file, error)) return {};
  if (fs::file_size(file, error) > kMostColourBytes || error) return {};
  try {
    const std::string bytes = core::read_text_file(file);
    const data::Image all = data::decode_image(
        {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, 3, file.string());
    if (all.height != images * grid.height || all.width != grid.width) return {};
    const at::Tensor colours = at::empty({images * grid.height * grid.width, 3}, at::kByte);
    std::ranges::copy(all.pixels, colours.mutable_data_ptr<std::uint8_t>());
    return colours;
  } catch (const Error&) {
    return {};  // an earlier picture that is damaged costs the likeness of colours alone
  }
}

}  // namespace dbot::report
