#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"

namespace dbot::test {

enum class Kind { random, block };

/// One setting of every type. The names and bounds are those of no real recipe.
struct SampleRecipe {
  std::int64_t width = 192, depth = 12;
  core::Size image_size{32, 32};
  double base_lr = 1.5e-4, drop_path = 0;
  std::vector<double> betas{0.9, 0.95};
  bool keep = false;
  std::vector<std::int64_t> depths;
  Kind kind = Kind::random;
  std::vector<Kind> kinds;
  std::string name = "sample";

  core::Settings settings() {
    core::Settings settings;
    settings.add("model.width", width, {.low = 1, .high = 4096}, "channels", "Width of a token.");
    settings.add("model.depth", depth, {.low = 1}, "blocks", "Number of blocks.");
    settings.add("model.image_size", image_size, {.low = 1}, "pixels", "Size of the input.");
    settings.add("optimizer.base_lr", base_lr, {.low = 0, .low_open = true}, "per 256 images",
                 "Learning rate.");
    settings.add("optimizer.betas", betas, {.low = 0, .high = 1}, "", "Decay of the moments.");
    settings.add("train.drop_path", drop_path, {.low = 0, .high = 1}, "", "Drop rate.");
    settings.add("train.keep", keep, "Keep | or drop.");
    settings.add("train.depths", depths, {.low = 1}, "blocks", "Depth of each stage.");
    settings.add_choice("train.kind", kind, {"random", "block"}, "Kind of mask.");
    settings.add_choices("train.kinds", kinds, {"random", "block"}, "Kind of each stage.");
    settings.add("name", name, "What people call it.");
    return settings;
  }
};

}  // namespace dbot::test
