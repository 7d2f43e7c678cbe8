// Frozen teachers of other projects compute what timm and transformers compute with them.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <span>

#include "dbot/exchange/onnx/onnx_encoder.h"
#include "dbot/objectives/teacher.h"
#include "tests/exchange/import/import_fixture.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

const fs::path kTeachers = "tests/exchange/fixtures/teachers";
constexpr double kLimit = 1e-4;

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// One of the small networks, and what is known of it.
struct Stored {
  ImportedEncoder imported;
  runtime::NamedTensors expected;

  explicit Stored(const std::string& name) {
    const fs::path folder = kTeachers / name;
    expected = read_tensor_file(folder / "expected.safetensors").tensors;
    EncoderHints hints;
    const auto heads = expected.at("heads").item<std::int64_t>();
    if (heads > 0) hints.heads = heads;
    const bool open_clip = fs::exists(folder / "open_clip_model.safetensors");
    imported = import_encoder(
        folder / (open_clip ? "open_clip_model.safetensors" : "model.safetensors"), hints);
  }

  const nn::EncoderConfig& config() const { return imported.encoder.description.config; }
};

void expect_features(const LoadedEncoder& encoder, const runtime::NamedTensors& expected) {
  const c10::NoGradGuard no_graph;
  for (int number = 0; number < 2; ++number) {
    const auto images = expected.find("images." + std::to_string(number));
    if (images == expected.end()) continue;
    SCOPED_TRACE(images->first);
    const at::Tensor& pixels = images->second;
    const auto network = make_encoder(encoder, core::Size{pixels.size(2), pixels.size(3)});
    const auto found = network->features({{"images", pixels}}, at::kFloat);
    for (const char* kind : {"cls", "mean"}) {
      const auto wanted = expected.find(kind + ("." + std::to_string(number)));
      ASSERT_EQ(found.contains(kind), wanted != expected.end()) << kind;
      if (wanted == expected.end()) continue;
      EXPECT_LT(difference(found.at(kind), wanted->second), kLimit) << kind;
    }
    const std::int64_t last[] = {encoder.description.config.depth};
    const auto tokens = network->tokens({{"images", pixels}}, at::kFloat, last);
    EXPECT_TRUE(at::equal(tokens.front().mean, found.at("mean")));
    if (found.contains("cls")) {
      EXPECT_TRUE(at::equal(tokens.front().cls, found.at("cls")));
    }
  }
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kTeachers)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Teachers, FeaturesAreThoseOfTheirLibraries) {
  const auto names = all_names();
  EXPECT_GE(names.size(), 16U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const Stored stored(name);
    expect_features(stored.imported.encoder, stored.expected);
  }
}

TEST(Teachers, AreTheSameAfterAFileOfOurs) {
  const test::TemporaryFolder folder;
  for (const std::string& name : all_names()) {
    SCOPED_TRACE(name);
    const Stored stored(name);
    const LoadedEncoder& encoder = stored.imported.encoder;
    const fs::path path = folder / (name + ".safetensors");
    save_encoder(path, encoder.description, encoder.parameters);
    const ImportedEncoder again = import_encoder(path);
    EXPECT_EQ(again.encoder.description.config, stored.config());
    expect_features(again.encoder, stored.expected);
    EXPECT_EQ(onnx_encoder(again.encoder, OnnxPixels::normalised).outputs.size(),
              stored.expected.contains("cls.0") ? 3U : 2U);
  }
}

TEST(Teachers, AreDescribedByWhatTheyHave) {
  const nn::EncoderConfig dino = Stored("dinov3-meta").config();
  EXPECT_EQ(dino.registers, 2);
  EXPECT_EQ(dino.rotary.coordinates, nn::RotaryCoordinates::centred);
  EXPECT_EQ(dino.mlp, nn::Mlp::gated);
  EXPECT_EQ(dino.layer_norm_eps, 1e-5);
  EXPECT_EQ(dino.heads, 2);
  EXPECT_EQ(dino.image_size, (core::Size{224, 224}));
  EXPECT_FALSE(dino.position_table);
  const nn::EncoderConfig eva = Stored("eva02-timm").config();
  EXPECT_EQ(eva.rotary.reference, (core::Size{16, 16}));
  EXPECT_EQ(eva.rotary.pairs, nn::RotaryPairs::neighbours);
  EXPECT_TRUE(eva.mlp_norm && eva.attention_norm && !eva.key_bias && !eva.pooled_norm);
  EXPECT_TRUE(Stored("eva02-tiny-timm").config().pooled_norm);
  const nn::EncoderConfig siglip = Stored("siglip-hf").config();
  EXPECT_TRUE(siglip.attention_pool && !siglip.class_token);
  EXPECT_EQ(siglip.gelu, nn::Gelu::tanh);
  EXPECT_EQ(Stored("dinov2-meta").config().position_resize, nn::PositionResize::offset);
  EXPECT_EQ(Stored("dinov2-hf").config().position_resize, nn::PositionResize::bicubic);
  EXPECT_EQ(Stored("registers-hf").config().position_resize, nn::PositionResize::antialiased);
  EXPECT_TRUE(Stored("qk-norm-timm").config().head_norm);
  EXPECT_FALSE(Stored("qk-norm-timm").config().can_be_trained());
}

TEST(Teachers, WhatIsAssumedIsSaid) {
  EXPECT_THAT(
      Stored("eva02-tiny-timm").imported.report.assumed,
      AllOf(Contains(HasSubstr("rotary positions: EVA-02's")), Contains(HasSubstr("gated MLP"))));
  EXPECT_THAT(Stored("dinov3-meta").imported.report.assumed,
              testing::ElementsAre(HasSubstr("image size")));
  EXPECT_THAT(Stored("dinov3-hf").imported.report.assumed, testing::IsEmpty());
}

/// Class token and patches, without what stands between them.
TEST(Teachers, GiveStudentsTheClassTokenAndThePatches) {
  const c10::NoGradGuard no_graph;
  for (const std::string name : {"registers-hf", "dinov3-gated-hf", "siglip-timm"}) {
    SCOPED_TRACE(name);
    const Stored stored(name);
    const auto network = make_encoder(stored.imported.encoder, core::Size{32, 32});
    const at::Tensor& images = stored.expected.at("images.0");
    const objectives::Teacher teacher(network->config(), network->parameters(),
                                      {.final_norm = true});
    const at::Tensor all = teacher.features(images, at::kFloat, objectives::Normalisation::none);
    ASSERT_EQ(all.size(1), 17);
    EXPECT_LT(difference(all.slice(1, 1).mean(1), stored.expected.at("mean.0")), kLimit);
    if (network->config().class_token) {
      EXPECT_LT(difference(all.select(1, 0), stored.expected.at("cls.0")), kLimit);
    }
    const at::Tensor rows = at::arange(1, 17, 3, at::kLong).unsqueeze(0).expand({2, -1});
    const at::Tensor some =
        teacher.features(images, at::kFloat, objectives::Normalisation::none, rows);
    EXPECT_LT(difference(some, all.index_select(1, rows[0])), 1e-6);
  }
}

/// Behind the last block, its norm and the mean of two blocks: patches alone.
TEST(Teachers, GiveNoRegistersWhateverIsAskedOfThem) {
  using objectives::TeacherOutput;
  const c10::NoGradGuard no_graph;
  for (const std::string name :
       {"registers-hf", "dinov3-gated-hf", "siglip-timm", "eva02-timm", "open-clip"}) {
    SCOPED_TRACE(name);
    const Stored stored(name);
    const at::Tensor& images = stored.expected.at("images.0");
    const auto network =
        make_encoder(stored.imported.encoder, core::Size{images.size(2), images.size(3)});
    const std::int64_t prefix = network->config().prefix_tokens();
    const auto weights = network->block_weights();
    const std::span blocks(weights);
    const at::Tensor before =
        network->blocks(network->embed(images), blocks.first(blocks.size() - 1), at::kFloat);
    const at::Tensor after = network->blocks(before, blocks.last(1), at::kFloat);
    for (const auto& [output, tokens] :
         {std::pair{TeacherOutput::last_block, after},
          std::pair{TeacherOutput::ln_post, network->norm(after)},
          std::pair{TeacherOutput::mean_of_last, (before + after) / 2}}) {
      const objectives::Teacher teacher(network->config(), network->parameters(),
                                        {.mean_of_blocks = 2, .output = output});
      const at::Tensor all = teacher.features(images, at::kFloat, objectives::Normalisation::none);
      ASSERT_EQ(all.size(1), 1 + network->config().patches());
      EXPECT_LT(difference(all.slice(1, 1), tokens.slice(1, prefix)), kLimit);
      const at::Tensor rows =
          at::arange(1, all.size(1), 3, at::kLong).unsqueeze(0).expand({images.size(0), -1});
      const at::Tensor some =
          teacher.features(images, at::kFloat, objectives::Normalisation::none, rows);
      EXPECT_LT(difference(some, all.index_select(1, rows[0])), 1e-5);
    }
  }
}

class TeacherRefusals : public testing::Test {
 protected:
  static runtime::NamedTensors tensors_of(const std::string& name) {
    return read_tensor_file(kTeachers / name / "model.safetensors").tensors;
  }
  std::string refusal(const runtime::NamedTensors& tensors, const std::string& config = {}) {
    const fs::path path = folder_ / "model.safetensors";
    if (!config.empty()) std::ofstream(folder_ / "config.json") << config;
    write_tensor_file(path, tensors, {});
    try {
      EncoderHints hints;
      hints.heads = 2;
      import_encoder(path, hints);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }
  test::TemporaryFolder folder_;
};

TEST_F(TeacherRefusals, OfPartsThatAreStillUnknown) {
  for (const char* name : {"rope.freqs", "blocks.0.attn.gate.weight", "cls_norm.weight",
                           "blocks.1.mlp.experts.0.weight"}) {
    runtime::NamedTensors tensors = tensors_of("dinov3-meta");
    tensors[name] = at::ones({4});
    EXPECT_THAT(refusal(tensors), HasSubstr(name));
  }
}

TEST_F(TeacherRefusals, OfRotationsOfAnotherForm) {
  runtime::NamedTensors tensors = tensors_of("eva02-official");
  EXPECT_EQ(refusal(tensors), "accepted");
  tensors["rope.freqs_cos"] = tensors["rope.freqs_cos"].flip(0).contiguous();
  EXPECT_THAT(refusal(tensors), HasSubstr("rope.freqs_cos [16, 16]"));
  tensors = tensors_of("dinov3-meta");
  tensors["rope_embed.periods"] = at::ones({5});
  EXPECT_THAT(refusal(tensors), HasSubstr("rope_embed.periods is [5], expected [4]"));
  for (const char* config :
       {R"({"architecture": "vit_base_patch16_rope_224"})",
        R"({"architecture": "eva02_enormous_patch14_clip_224"})",
        R"({"architecture": "eva02_base_patch14_224", "model_args": {"rope_grid_offset": 1.0}})",
        R"({"architecture": "eva02_base_patch14_224", "model_args": {"rope_type": "mixed"}})"}) {
    EXPECT_THAT(refusal(tensors_of("eva02-timm"), config), HasSubstr("rotary")) << config;
  }
}

TEST_F(TeacherRefusals, OfPartsThatDoNotFit) {
  runtime::NamedTensors tensors = tensors_of("eva02-timm");
  tensors["blocks.1.attn.k_proj.weight"] = at::ones({16, 32});
  EXPECT_THAT(refusal(tensors), HasSubstr("blocks.1.attn.k_proj.weight is Float [16, 32]"));
  tensors = tensors_of("eva02-timm");
  tensors.erase("blocks.1.attn.v_proj.bias");
  EXPECT_THAT(refusal(tensors), HasSubstr("blocks.1.attn"));
  tensors = tensors_of("dinov3-meta");
  tensors.erase("cls_token");
  EXPECT_THAT(refusal(tensors), HasSubstr("cls_token is missing"));
  tensors = tensors_of("qk-norm-timm");
  tensors.erase("blocks.0.attn.q_norm.bias");
  EXPECT_THAT(refusal(tensors), HasSubstr("blocks.0.attn.q_norm.bias is missing"));
  tensors = tensors_of("dinov3-meta");
  tensors["blocks.0.attn.qkv.bias_mask"] = at::ones({96}) * std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal(tensors), HasSubstr("bias_mask holds values that are not finite"));
  EXPECT_THAT(refusal(tensors_of("dinov3-gated-hf"),
                      R"({"model_type": "dinov3_vit", "hidden_act": "gelu", "image_size": 32})"),
              HasSubstr("hidden_act gelu for a gated MLP"));
}

}  // namespace
}  // namespace dbot::exchange
