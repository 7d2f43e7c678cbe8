#include "dbot/exchange/import/encoder_file.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/nn/position_table.h"
#include "tests/core/temporary_folder.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no DataError";
}

class EncoderFile : public ::testing::Test {
 protected:
  const EncoderDescription description_ = small_description();
  const runtime::NamedTensors parameters_ = small_parameters(description_.config);
  const test::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "encoder.safetensors";

  /// Writes the tensors without a description, loads them, returns the message of the failure.
  std::string failure(const runtime::NamedTensors& tensors, const EncoderHints& hints = {}) {
    write_tensor_file(path_, tensors, {});
    return message_of([&] { load_encoder(path_, hints); });
  }
};

TEST_F(EncoderFile, ComesBackBitForBit) {
  save_encoder(path_, description_, parameters_);
  const LoadedEncoder loaded = load_encoder(path_);
  EXPECT_EQ(loaded.description.config, description_.config);
  EXPECT_EQ(loaded.description.mean, description_.mean);
  EXPECT_EQ(loaded.description.std, description_.std);
  ASSERT_EQ(loaded.parameters.size(), parameters_.size());
  for (const auto& [name, tensor] : parameters_) {
    EXPECT_TRUE(at::equal(loaded.parameters.at(name), tensor)) << name;
  }
  EXPECT_EQ(read_tensor_file(path_).metadata.at("format"), "pt");
}

TEST_F(EncoderFile, TwoSavesAreEqualBytesAndHoldNoDecoder) {
  runtime::NamedTensors more = parameters_;
  more["decoder_embed.weight"] = at::ones({4, 16});
  more["mask_token"] = at::ones({1, 1, 4});
  save_encoder(path_, description_, parameters_);
  save_encoder(folder_ / "second", description_, more);
  EXPECT_EQ(core::read_text_file(path_), core::read_text_file(folder_ / "second"));
}

TEST_F(EncoderFile, IsUnderstoodFromShapesAlone) {
  runtime::NamedTensors tensors = parameters_;
  tensors["decoder_embed.weight"] = at::ones({4, 16});
  tensors["cls_token"] = tensors["cls_token"].to(at::kDouble);
  write_tensor_file(path_, tensors, {});
  EncoderHints hints;
  hints.heads = 4;
  const LoadedEncoder loaded = load_encoder(path_, hints);
  EXPECT_EQ(loaded.description.config, description_.config);
  EXPECT_TRUE(loaded.description.mean.empty());
  EXPECT_EQ(loaded.parameters.size(), parameters_.size());
  EXPECT_EQ(loaded.parameters.at("cls_token").scalar_type(), at::kFloat);
}

TEST_F(EncoderFile, TakesTheGridFromTheHintWhereItIsNoSquare) {
  nn::EncoderConfig wide = description_.config;
  wide.image_size = {8, 12};
  EncoderHints hints;
  hints.heads = 4;
  EXPECT_THAT(failure(small_parameters(wide), hints), HasSubstr("no square"));
  hints.image_size = core::Size{8, 12};
  EXPECT_EQ(load_encoder(path_, hints).description.config, wide);
  hints.image_size = core::Size{8, 8};
  EXPECT_THAT(message_of([&] { load_encoder(path_, hints); }), HasSubstr("pos_embed"));
}

TEST_F(EncoderFile, FillsAMissingPositionTable) {
  runtime::NamedTensors tensors = parameters_;
  tensors.erase("pos_embed");
  EncoderHints hints;
  hints.heads = 4;
  EXPECT_THAT(failure(tensors, hints), HasSubstr("image size is not in the file; name it"));
  hints.image_size = core::Size{8, 8};
  const LoadedEncoder loaded = load_encoder(path_, hints);
  const at::Tensor table = nn::sincos_table_2d(16, {2, 2}).to(at::kFloat).unsqueeze(0);
  EXPECT_TRUE(at::equal(loaded.parameters.at("pos_embed"), table));
}

TEST_F(EncoderFile, FindsRatiosThatAreNoExactFraction) {
  EncoderHints hints;
  hints.heads = 4;
  for (const std::int64_t hidden : {1, 7, 29, 33, 41, 47, 4000}) {
    runtime::NamedTensors tensors = parameters_;
    for (const std::string block : {"blocks.0.", "blocks.1."}) {
      tensors[block + "mlp.fc1.weight"] = at::zeros({hidden, 16});
      tensors[block + "mlp.fc1.bias"] = at::zeros({hidden});
      tensors[block + "mlp.fc2.weight"] = at::zeros({16, hidden});
    }
    write_tensor_file(path_, tensors, {});
    EXPECT_NO_THROW(load_encoder(path_, hints)) << hidden;
  }
}

TEST_F(EncoderFile, NamesWhatIsMissingOrMisshapen) {
  EncoderHints hints;
  hints.heads = 4;
  struct Case {
    std::string expected;
    std::function<void(runtime::NamedTensors&)> damage;
  };
  const Case cases[] = {
      {"patch_embed.proj.weight is missing", [](auto& t) { t.clear(); }},
      {"norm.bias is missing", [](auto& t) { t.erase("norm.bias"); }},
      {"blocks.1.attn.qkv.bias is missing", [](auto& t) { t.erase("blocks.1.attn.qkv.bias"); }},
      {"cls_token is Float [16]", [](auto& t) { t["cls_token"] = at::zeros({16}); }},
      {"norm.weight is Long", [](auto& t) { t["norm.weight"] = t["norm.weight"].to(at::kLong); }},
      {"pos_embed is Float [1, 5, 8]",
       [](auto& t) {
         t["pos_embed"] = at::zeros({1, 5, 8});
       }},
      {"pos_embed has shape [16]", [](auto& t) { t["pos_embed"] = at::zeros({16}); }},
      {"no square",
       [](auto& t) {
         t["pos_embed"] = at::zeros({1, 3, 16});
       }},
      {"pos_embed has shape [1, 0, 16]",
       [](auto& t) {
         t["pos_embed"] = at::zeros({1, 0, 16});
       }},
      {"patch_embed.proj.weight has shape [16, 16]",
       [](auto& t) {
         t["patch_embed.proj.weight"] = at::zeros({16, 16});
       }},
      {"patch_embed.proj.weight is Float [16, 1, 4, 2]",
       [](auto& t) {
         t["patch_embed.proj.weight"] = at::zeros({16, 1, 4, 2});
       }},
      {"blocks.2 is missing", [](auto& t) { t["blocks.3.norm1.weight"] = at::zeros({16}); }},
      {"not the name of a block", [](auto& t) { t["blocks.x.norm1.weight"] = at::zeros({16}); }},
      {"blocks.2 is missing",
       [](auto& t) { t["blocks.9223372036854775807.norm1.weight"] = at::zeros({16}); }},
      {"not the name of a block",
       [](auto& t) { t["blocks.99999999999999999999.norm1.weight"] = at::zeros({16}); }},
  };
  for (const Case& damaged : cases) {
    runtime::NamedTensors tensors = parameters_;
    damaged.damage(tensors);
    EXPECT_THAT(failure(tensors, hints), HasSubstr(damaged.expected));
  }
  EXPECT_THAT(failure(parameters_), HasSubstr("the number of heads is not in the file"));
  hints.heads = 3;
  EXPECT_THAT(failure(parameters_, hints), HasSubstr("heads is 3"));
}

TEST_F(EncoderFile, RefusesADescriptionThatDoesNotFitTheTensors) {
  const auto with = [&](const std::string& text) {
    write_tensor_file(path_, parameters_, {{kEncoderConfigKey, text}});
    return message_of([&] { load_encoder(path_); });
  };
  EncoderDescription other = description_;
  other.config.depth = 3;
  EXPECT_THAT(with(to_json(other)), HasSubstr("3 blocks"));
  other = description_;
  other.config.width = 32;
  EXPECT_THAT(with(to_json(other)), HasSubstr("expected floating point"));
  EXPECT_THAT(with("{}"), HasSubstr("image_size is missing"));
  EXPECT_THAT(with("nonsense"), HasSubstr("not a JSON object"));
}

TEST_F(EncoderFile, SavesOnlyAWholeNetwork) {
  runtime::NamedTensors part = parameters_;
  part.erase("norm.bias");
  EXPECT_THROW(save_encoder(path_, description_, part), Error);
  part["norm.bias"] = at::zeros({3});
  EXPECT_THROW(save_encoder(path_, description_, part), Error);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(EncoderFile, MakesAFrozenNetworkOfAnyInputSize) {
  save_encoder(path_, description_, parameters_);
  const LoadedEncoder loaded = load_encoder(path_);
  const auto same = make_encoder(loaded);
  EXPECT_TRUE(at::equal(same->parameters()->at("pos_embed"), parameters_.at("pos_embed")));
  EXPECT_FALSE(same->parameters()->at("norm.weight").requires_grad());
  const auto larger = make_encoder(loaded, core::Size{8, 16});
  EXPECT_EQ(larger->config().image_size, (core::Size{8, 16}));
  EXPECT_TRUE(at::equal(larger->parameters()->at("pos_embed"),
                        nn::resize_position_table(parameters_.at("pos_embed"), {2, 2}, {2, 4})));
  EXPECT_EQ(larger->embed(at::zeros({1, 1, 8, 16})).sizes(), (at::IntArrayRef{1, 9, 16}));
  EXPECT_THROW(make_encoder(loaded, core::Size{9, 8}), UsageError);
}

}  // namespace
}  // namespace dbot::exchange
