#include "dbot/exchange/import/decoder_file.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/tensor_file.h"
#include "tests/core/temporary_folder.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = "tests/golden/mae";

TEST(DecoderFile, IsTheSameUnderTheNamesOfMaeAndOfHuggingFace) {
  const auto official = load_decoder_tensors(kGolden / "checkpoint_mae.pth");
  const auto foreign = load_decoder_tensors(kGolden / "checkpoint_mae.hf.safetensors");
  ASSERT_EQ(official.size(), 20u);
  ASSERT_EQ(foreign.size(), official.size());
  const auto expected = read_tensor_file(kGolden / "checkpoint_mae.expected.safetensors").tensors;
  for (const auto& [name, tensor] : official) {
    EXPECT_TRUE(at::equal(tensor, expected.at("model." + name))) << name;
    EXPECT_TRUE(at::equal(tensor, foreign.at(name))) << name;
  }
}

TEST(DecoderFile, IsEmptyForAnEncoderAlone) {
  EXPECT_TRUE(load_decoder_tensors(kGolden / "encoder_only.pth").empty());
}

TEST(DecoderFile, IsRefusedWithValuesThatAreNotFinite) {
  const test::TemporaryFolder folder;
  runtime::NamedTensors tensors = small_parameters(small_description().config);
  tensors["decoder_norm.bias"] = at::full({4}, std::nan(""));
  write_tensor_file(folder / "mae.safetensors", tensors, {});
  try {
    load_decoder_tensors(folder / "mae.safetensors");
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("decoder_norm.bias"), std::string::npos);
  }
}

TEST(AutoencoderPath, OfARunIsItsNewestStudent) {
  const test::TemporaryFolder folder;
  const fs::path run = folder / "run", step = run / "checkpoints/step-00000003";
  fs::create_directories(step);
  const fs::path student = step / "student.safetensors";
  save_encoder(student, small_description(), small_parameters(small_description().config));
  core::write_file_atomically(run / "model.safetensors", "x");
  EXPECT_EQ(resolve_autoencoder_path(run), student);
  EXPECT_EQ(resolve_autoencoder_path(step), student);
  EXPECT_EQ(resolve_autoencoder_path(student), student);
  fs::remove_all(run / "checkpoints");
  EXPECT_EQ(resolve_autoencoder_path(run), run / "model.safetensors");
  EXPECT_THROW(resolve_autoencoder_path(folder / "nowhere"), DataError);
}

}  // namespace
}  // namespace dbot::exchange
