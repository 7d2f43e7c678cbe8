// What the batches of a run hold, as the system's outline asks for it.
#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include "dbot/run/training_data/batch_parts.h"
#include "tests/data/memory_dataset.h"

namespace dbot::run {
namespace {

/// 8×8 images; `method` is a line of TOML.
Recipe small_recipe(const std::string& method) {
  return read_recipe(method + "\n[model]\nimage_size = 8\npatch_size = 4\n", "test.toml");
}

data::Batch first_batch(const Recipe& recipe, Reading reading, std::int64_t samples,
                        std::vector<std::string>& said) {
  const auto dataset = std::make_shared<test::MemoryDataset>(samples);
  const core::Log log = [&](core::LogLevel, std::string_view text) { said.emplace_back(text); };
  data::Loader loader(dataset, batch_parts(recipe, dataset, {}, reading, log),
                      {.batch_size = samples, .seed = 4}, core::silent_log());
  return *loader.next();
}

TEST(BatchParts, AreImagesAloneForASystemWithoutPairs) {
  std::vector<std::string> said;
  const auto batch = first_batch(small_recipe(""), Reading::training, 6, said);
  EXPECT_EQ(batch.tensors.size(), 1u);
  EXPECT_TRUE(said.empty());
}

TEST(BatchParts, HavePartnersOfTheClassThatTheRecipeAsksFor) {
  for (const auto& [rate, same] : {std::pair{"1", true}, {"0", false}}) {
    Recipe recipe = small_recipe("method.kind = \"mixture_separation\"\nmixture.intra_rate = " +
                                 std::string(rate));
    for (const Reading reading : {Reading::training, Reading::judging}) {
      std::vector<std::string> said;
      const auto batch = first_batch(recipe, reading, 12, said);
      EXPECT_EQ(batch.tensors.at("partner.images").sizes(), batch.tensors.at("images").sizes());
      const at::Tensor& partners = batch.tensors.at("partner.sample_ids");
      for (std::int64_t i = 0; i < batch.size(); ++i) {
        const auto own = batch.sample_ids[static_cast<std::size_t>(i)];
        const auto partner = partners[i].item<std::int64_t>();
        EXPECT_NE(partner, own);
        EXPECT_EQ(partner % 3 == own % 3, same) << "the label of a sample is its number modulo 3";
      }
      EXPECT_TRUE(said.empty());
    }
  }
}

}  // namespace
}  // namespace dbot::run
