#include "dbot/ops/patchify.h"

#include <string>

#include "dbot/core/error.h"

namespace dbot::ops {

at::Tensor patchify(const at::Tensor& images, std::int64_t patch_size) {
  const std::int64_t batch = images.size(0), channels = images.size(1);
  if (images.size(2) % patch_size != 0 || images.size(3) % patch_size != 0) {
    throw Error("[patchify] patch size " + std::to_string(patch_size) +
                " does not divide the image of " + std::to_string(images.size(2)) + "×" +
                std::to_string(images.size(3)) + " pixels");
  }
  const std::int64_t rows = images.size(2) / patch_size, columns = images.size(3) / patch_size;
  return images.reshape({batch, channels, rows, patch_size, columns, patch_size})
      .permute({0, 2, 4, 3, 5, 1})
      .reshape({batch, rows * columns, patch_size * patch_size * channels});
}

at::Tensor unpatchify(const at::Tensor& patches, std::int64_t patch_size, std::int64_t rows,
                      std::int64_t columns, std::int64_t channels) {
  const std::int64_t batch = patches.size(0);
  if (patches.size(1) != rows * columns || patches.size(2) != patch_size * patch_size * channels) {
    throw Error("[unpatchify] patches are " + std::to_string(patches.size(1)) + "×" +
                std::to_string(patches.size(2)) + ", expected " + std::to_string(rows * columns) +
                "×" + std::to_string(patch_size * patch_size * channels));
  }
  return patches.reshape({batch, rows, columns, patch_size, patch_size, channels})
      .permute({0, 5, 1, 3, 2, 4})
      .reshape({batch, channels, rows * patch_size, columns * patch_size});
}

}  // namespace dbot::ops
