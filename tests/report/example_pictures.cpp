#include "tests/report/example_pictures.h"

#include "dbot/report/pictures/set/png_write.h"

namespace dbot::report {
namespace {

/// A gradient whose hue depends on `number`.
data::Image gradient(int height, int width, int number) {
  data::Image image{height, width, 3, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int shade = 64 + 160 * x / width;
      for (int channel = 0; channel < 3; ++channel) {
        const int value = (number % 3 == channel) ? shade : 40 + 100 * y / height;
        image.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return image;
}

}  // namespace

PictureSet example_set(const std::filesystem::path& run, const std::string& label,
                       std::int64_t step, std::int64_t stage, std::int64_t points) {
  const auto folder = picture_folder(run, label);
  std::filesystem::create_directories(folder);
  PictureSet set;
  set.label = label;
  set.moment = moment_of("", label);
  set.step = step;
  set.stage = stage;
  int number = 0;
  for (const char* kind : {"reconstruction", "features", "principal_components", "attention"}) {
    PictureGroup group{kind, std::string("Title of ") + kind, "What to look for.", {}};
    for (int i = 0; i < 3; ++i) {
      const std::string file = std::string(kind) + "-" + std::to_string(i) + ".png";
      write_png(folder / file, gradient(64, 196, number++));
      group.pictures.push_back({file, "train/a/" + std::to_string(i) + ".png", "caption"});
    }
    set.groups.push_back(std::move(group));
  }
  EmbeddingMap map{"map.png", 16, 4, {}, {"cat", "dog"}};
  for (std::int64_t i = 0; i < points; ++i) {
    const double place = static_cast<double>(i) / static_cast<double>(points);
    map.points.push_back({place, 1 - place, i % 2, "train/a/" + std::to_string(i) + ".png"});
  }
  const auto rows = static_cast<int>((points + 3) / 4);
  write_png(folder / map.atlas, gradient(16 * rows, 64, number));
  set.map = std::move(map);
  set.neighbours = {{0, {2, 4}, {0.9, 0.8}}, {1, {3, 5}, {0.95, 0.7}}};
  set.pixel_neighbours = {{0, {1, 3}, {0.99, 0.98}}, {1, {0, 2}, {0.97, 0.6}}};
  set.health.effective_rank = 7.5;
  set.health.width = 96;
  set.health.images = static_cast<double>(points);
  set.health.mean_cosine = 0.4;
  set.health.prediction_deviation = 0.6;
  set.health.target_deviation = 1;
  set.health.constant_loss = 0.25;
  set.health.position_loss = 0.22;
  set.health.training_loss = 0.12;
  write_picture_set(folder, set);
  return set;
}

}  // namespace dbot::report
