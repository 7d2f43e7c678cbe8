#include "tests/cli/support/tiny_run.h"

#include <png.h>
#include <poll.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
constexpr int kSide = 8;

/// Class 0 is dark with a bright column, class 1 bright with a dark row; the rest is a pattern.
std::uint8_t pixel(int number, int label, int row, int column) {
  const int texture = (number * 31 + row * 17 + column * 7) % 60;
  const bool line = label == 0 ? column == number % kSide : row == number % kSide;
  return static_cast<std::uint8_t>(label == 0 ? (line ? 220 : 20) + texture / 4
                                              : (line ? 20 : 180) + texture);
}

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

void write_idx_pair(const fs::path& folder, const std::string& part, int count) {
  std::string images = big_endian(0x00000803) + big_endian(static_cast<std::uint32_t>(count)) +
                       big_endian(kSide) + big_endian(kSide);
  std::string labels = big_endian(0x00000801) + big_endian(static_cast<std::uint32_t>(count));
  for (int i = 0; i < count; ++i) {
    labels += static_cast<char>(i % 2);
    for (int row = 0; row < kSide; ++row) {
      for (int column = 0; column < kSide; ++column) {
        images += static_cast<char>(pixel(i, i % 2, row, column));
      }
    }
  }
  write_file(folder / (part + "-images-idx3-ubyte"), images);
  write_file(folder / (part + "-labels-idx1-ubyte"), labels);
}

}  // namespace

void write_idx_set(const fs::path& folder) {
  fs::create_directories(folder);
  write_idx_pair(folder, "train", 64);
  write_idx_pair(folder, "t10k", 32);
}

void write_png(const fs::path& file, int number, int label) {
  std::array<std::uint8_t, kSide * kSide * 3> pixels{};
  for (int i = 0; i < kSide * kSide; ++i) {
    for (int channel = 0; channel < 3; ++channel) {
      pixels[static_cast<std::size_t>(3 * i + channel)] =
          pixel(number + channel, label, i / kSide, i % kSide);
    }
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = kSide;
  image.format = PNG_FORMAT_RGB;
  if (png_image_write_to_file(&image, file.c_str(), 0, pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error(image.message);
  }
}

void write_png_folder(const fs::path& folder, int count) {
  fs::create_directories(folder);
  for (int i = 0; i < count; ++i) write_png(folder / (std::to_string(100 + i) + ".png"), i, i % 2);
}

std::string tiny_recipe() {
  return R"([model]
image_size = 8
patch_size = 2
width = 16
depth = 1
heads = 2
[decoder]
width = 16
depth = 1
heads = 2
[stages]
count = 2
[schedule]
epochs = 2
warmup_epochs = 0.2
[optimizer]
base_lr = 0.01
clip_norm = 1.0
[train]
batch_size = 4
accumulate = 2
drop_path = 0.1
precision = "fp32"
threads = 1
[checkpoint]
every_steps = 1
[evaluate]
at_stage_ends = false
probe_epochs = 5
[report]
pictures = false
)";
}

std::string latest(const fs::path& run) {
  std::error_code none;
  return fs::read_symlink(run / "checkpoints/latest", none).filename().string();
}

bool wait_for_progress(Program& program, const fs::path& run, const std::string& before) {
  while (program.running()) {
    const std::string now = latest(run);
    if (!now.empty() && now != before) return true;
    poll(nullptr, 0, 1);
  }
  return false;
}

Workshop::Workshop() : data(folder / "data"), recipe(folder / "tiny.toml") {
  write_idx_set(data);
  write_file(recipe, tiny_recipe());
}

std::vector<std::string> Workshop::command(const std::string& name,
                                           const std::vector<std::string>& more) const {
  std::vector<std::string> words{"pretrain", recipe, "--data", data, "--out", folder / name};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Result Workshop::pretrain(const std::string& name, const std::vector<std::string>& more) const {
  return dbot(command(name, more));
}

std::string Workshop::model(const std::string& name) const {
  return read_file(folder.path() / name / "model.safetensors");
}

}  // namespace dbot::cli_test
