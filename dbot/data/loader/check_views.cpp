#include <fmt/format.h>

#include <set>

#include "dbot/core/error.h"
#include "dbot/data/loader/image_part.h"

namespace dbot::data {
namespace {

constexpr std::int64_t kMostCrops = 1000;  // of a sample: a slip of the finger is more

}  // namespace

void check_views(const std::vector<ViewConfig>& views, int channels) {
  std::set<std::string> names{"images"};
  std::int64_t crops = 0;
  for (const auto& view : views) {
    if (view.name.empty() || !names.insert(view.name).second) {
      throw UsageError(fmt::format(
          "[loader] two views are called \"{}\", or one has no name; each needs its own",
          view.name));
    }
    if (view.image_size.height <= 0 || view.image_size.width <= 0 || view.count < 1 ||
        view.count > kMostCrops) {
      throw UsageError(fmt::format(
          "[loader] view \"{}\" is {} crops of {}x{} pixels, expected "
          "positive numbers and at most {} crops",
          view.name, view.count, view.image_size.height, view.image_size.width, kMostCrops));
    }
    crops += view.count;
    check_augmentation(view.augmentation, view.name);
    check_colours(view.augmentation.pixels, channels, view.name);
  }
  if (crops > kMostCrops) {
    throw UsageError(
        fmt::format("[loader] the views have {} crops, expected at most {}", crops, kMostCrops));
  }
}

}  // namespace dbot::data
