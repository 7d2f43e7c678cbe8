// Every input that is kept, through every build: seeds, and inputs that once broke a reader.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/targets/targets.h"

namespace fs = std::filesystem;

namespace dbot::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(Bytes);
};

constexpr Target targets[] = {
    {"safetensors", safetensors},
    {"torch_file", torch_file},
    {"pickle", pickle},
    {"weights_folder", weights_folder},
    {"recipe", recipe},
    {"idx", idx},
    {"tar", tar},
    {"pack_index", pack_index},
    {"list", list},
    {"cifar", cifar},
    {"image", image},
    {"folder_index", folder_index},
    {"captions", captions},
    {"news", news},
    {"label_tables", label_tables},
    {"vocabulary", vocabulary},
    {"word_piece", word_piece},
    {"video_index", video_index},
    {"video", video},
    {"leave_out", leave_out},
    {"survey_journal", survey_journal},
    {"checkpoint", checkpoint},
    {"metrics", metrics},
    {"pictures", pictures},
    {"exhibits", exhibits},
    {"encoder_description", encoder_description},
    {"encoder_shapes", encoder_shapes},
};

fs::path corpus() {
  return fs::current_path() / "tests/fuzz/corpus";
}

std::vector<std::uint8_t> content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class FuzzCorpus : public testing::TestWithParam<Target> {};

TEST_P(FuzzCorpus, EveryInputIsReadOrRefused) {
  const fs::path folder = corpus() / GetParam().name;
  ASSERT_TRUE(fs::is_directory(folder)) << folder << "; start this from the checkout's root";
  std::size_t inputs = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    const auto input = content_of(entry.path());
    EXPECT_NO_THROW(GetParam().run(input));
    ++inputs;
  }
  EXPECT_GT(inputs, 2U) << folder;
}

TEST_P(FuzzCorpus, EveryBeginningOfAnInputIsReadOrRefused) {
  for (const auto& entry : fs::directory_iterator(corpus() / GetParam().name)) {
    SCOPED_TRACE(entry.path());
    const auto input = content_of(entry.path());
    const std::size_t step = std::max<std::size_t>(1, input.size() / 40);
    for (std::size_t size = 0; size < input.size(); size += step) {
      EXPECT_NO_THROW(GetParam().run(Bytes(input).first(size))) << size << " bytes";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, testing::ValuesIn(targets),
                         [](const auto& instance) { return std::string(instance.param.name); });

/// A document with lists in each other at the place of "@".
std::vector<std::uint8_t> nested(std::string document, std::size_t depth) {
  document.replace(document.find('@'), 1, std::string(depth, '[') + std::string(depth, ']'));
  return {document.begin(), document.end()};
}

// Whoever prints or compares a document walks it by recursion; 200 kB must not exhaust the stack.
TEST(FuzzTargets, DeepNestingExhaustsNoStack) {
  constexpr std::size_t depth = 100000;
  checkpoint(nested(R"({"step": 1, "stage": 0, "skipped_steps": 0, "images_seen": 1,
                        "stage_end": false, "fixed_choices": @})",
                    depth));
  encoder_description(nested(R"({"image_size": @})", depth));
  weights_folder(nested(R"({"image_size": @})", depth));
  metrics(nested("{\"type\": \"step\", \"step\": 1, \"a\": @}\n", depth));
  pictures(nested(R"({"version": @})", depth));
  exhibits(nested(R"({"version": @})", depth));
  recipe(nested("model.width = @", 10000));
}

TEST(FuzzTargets, EachHasACorpusAndEachCorpusATarget) {
  for (const auto& entry : fs::directory_iterator(corpus())) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(std::ranges::any_of(targets, [&](const Target& target) {
      return target.name == name;
    })) << name;
  }
}

}  // namespace
}  // namespace dbot::fuzz
