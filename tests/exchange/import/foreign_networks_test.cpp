// What is refused rather than computed wrongly, and what may be left.
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "dbot/exchange/import/weight_checks.h"
#include "dbot/exchange/names/tensor_names.h"
#include "tests/exchange/import/import_fixture.h"

namespace dbot::exchange {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class ForeignNetworks : public EncoderImport {};

TEST_F(ForeignNetworks, AreRefusedByTheTensorThatShowsTheirKind) {
  for (const auto& [name, kind] :
       {std::pair{"rope.freqs", "rotary"}, std::pair{"blocks.0.attn.rope.freqs", "rotary"},
        std::pair{"rope_embed.dtype_scale", "rotary"}, std::pair{"register_gate", "register"},
        std::pair{"blocks.0.attn.proj.bias_mask", "mask of the key's bias"},
        std::pair{"blocks.1.mlp.gate_proj.weight", "gated MLP"},
        std::pair{"blocks.0.attn.ln.weight", "sub-LN"},
        std::pair{"blocks.0.attn.rel_pos.mlp.fc1.weight", "relative positions"},
        std::pair{"shared_rel_pos.relative_position_bias_table", "relative positions"},
        std::pair{"patch_embed.conv1.weight", "convolutional stem"},
        std::pair{"patch_embed.norm.weight", "norm in the patch embedding"},
        std::pair{"pos_embed_temporal", "positions"},
        std::pair{"blocks.0.attn.qkv.lora_A.weight", "LoRA"},
        std::pair{"something.new", "no part of"}}) {
    for (const std::string prefix : {"", "teacher.backbone."}) {
      runtime::NamedTensors tensors = below(prefix, official_);
      tensors[prefix + name] = at::ones({16});
      EXPECT_THAT(refusal(tensors), AllOf(HasSubstr(prefix + name), HasSubstr(kind)));
    }
  }
}

TEST_F(ForeignNetworks, OfHuggingFaceAreRefusedToo) {
  for (const auto& [name, kind] : {std::pair{"embeddings.register_tokens", "register"},
                                   std::pair{"encoder.layer.0.mlp.weights_in.weight", "gated MLP"},
                                   std::pair{"embeddings.time.weight", "no part of"}}) {
    runtime::NamedTensors tensors =
        to_hugging_face(official_, NameStyle::hugging_face_classic, "").tensors;
    tensors[name] = at::ones({16});
    EXPECT_THAT(refusal(tensors), AllOf(HasSubstr(name), HasSubstr(kind)));
  }
}

TEST_F(ForeignNetworks, RotaryPositionsAreNamedBeforeWhatElseIsForeign) {
  path_ = folder_ / "model.safetensors";
  runtime::NamedTensors tensors =
      to_hugging_face(official_, NameStyle::hugging_face_classic, "").tensors;
  tensors["embeddings.register_tokens"] = at::ones({1, 4, 16});
  tensors["encoder.layer.0.mlp.gate_proj.weight"] = at::ones({16, 16});
  std::ofstream(folder_ / "config.json") << R"({"model_type": "other", "rope_theta": 100.0})";
  EXPECT_THAT(refusal(tensors), AllOf(HasSubstr("config.json tells of rotary positions"),
                                      testing::Not(HasSubstr("variant without"))));
  tensors["rope_embeddings.freqs"] = at::ones({16});
  EXPECT_THAT(refusal(tensors), AllOf(HasSubstr("rope_embeddings.freqs"), HasSubstr("rotary")));
  std::filesystem::remove(folder_ / "config.json");
  EXPECT_THAT(refusal(tensors), AllOf(HasSubstr("rope_embeddings.freqs"), HasSubstr("rotary")));
}

TEST_F(ForeignNetworks, WithoutTheUsualPatchesAreNamedAllTheSame) {
  EXPECT_THAT(refusal({{"embeddings.register_tokens", at::ones({1, 4, 16})},
                       {"layer.0.norm1.weight", at::ones({16})}}),
              AllOf(HasSubstr("embeddings.register_tokens"), HasSubstr("register tokens")));
}

TEST_F(ForeignNetworks, AreToldByShapesAndByConfigToo) {
  runtime::NamedTensors tensors = official_;
  for (const std::string block : {"blocks.0.", "blocks.1."}) {
    tensors[block + "mlp.fc2.weight"] = at::ones({16, 16});
  }
  // Twice as many rows as columns behind: gate and value in one matrix.
  EXPECT_EQ(import(tensors).encoder.description.config.mlp, nn::Mlp::gated);
  path_ = folder_ / "model.safetensors";
  const auto with = [&](const runtime::NamedTensors& file, const std::string& config) {
    std::ofstream(folder_ / "config.json") << config;
    return refusal(file);
  };
  EXPECT_THAT(with(official_, R"({"architecture": "vit_base_patch16_rope_224"})"),
              HasSubstr("rotary"));
  EXPECT_THAT(with(official_, R"({"rope_theta": 100.0})"), HasSubstr("rotary"));
  tensors = official_;
  tensors.erase("pos_embed");
  EXPECT_THAT(with(tensors, R"({"image_size": 8})"), HasSubstr("no positions in the file"));
}

TEST_F(ForeignNetworks, ATensorWithoutAPlaceIsNotPassedOver) {
  runtime::NamedTensors tensors = official_;
  tensors["blocks.1.gamma_1"] = at::ones({16});  // and none in block 0
  EXPECT_THAT(refusal(tensors), AllOf(HasSubstr("blocks.1.gamma_1"), HasSubstr("no place")));
}

TEST_F(ForeignNetworks, HeadsDecodersAndOtherNetworksAreLeft) {
  runtime::NamedTensors tensors = official_;
  std::vector<std::string> left;
  for (const char* name :
       {"head.weight", "head_dist.bias", "heads.0.weight", "classifier.weight", "fc.weight",
        "decoder_blocks.0.norm1.weight", "decoder.0.weight", "mask_token", "pooler.dense.weight",
        "projector.0.weight", "predictor.0.weight", "dino_head.last_layer.weight",
        "ibot_head.mlp.0.weight", "lm_head.weight", "queue", "text_encoder.layer.weight",
        "optimizer.state.0.exp_avg", "logit_scale", "blocks.0.attn.relative_position_index"}) {
    tensors[name] = at::ones({2});
    left.emplace_back(name);
  }
  const ImportedEncoder imported = import(tensors);
  expect_whole(imported);
  EXPECT_THAT(imported.report.ignored, testing::UnorderedElementsAreArray(left));
}

TEST_F(ForeignNetworks, WeightsThatAreNotFiniteAreRefusedByName) {
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    runtime::NamedTensors tensors = official_;
    tensors["blocks.1.mlp.fc1.weight"] = tensors["blocks.1.mlp.fc1.weight"].clone();
    tensors["blocks.1.mlp.fc1.weight"].view(-1)[7] = bad;
    EXPECT_THAT(refusal(tensors),
                AllOf(HasSubstr("blocks.1.mlp.fc1.weight"), HasSubstr("not finite")));
    for (auto& [name, tensor] : tensors) tensor = tensor.to(at::kHalf);
    EXPECT_THAT(refusal(tensors), HasSubstr("not finite"));
    // Of a fused tensor the part in the file.
    const auto foreign = [&] {
      runtime::NamedTensors result =
          to_hugging_face(official_, NameStyle::hugging_face_classic, "").tensors;
      at::Tensor& key = result["encoder.layer.1.attention.attention.key.weight"];
      key = key.clone();
      key[3][3] = bad;
      return result;
    }();
    EXPECT_THAT(refusal(foreign), HasSubstr("encoder.layer.1.attention.attention.key.weight"));
    // What is not used may be anything.
    tensors = official_;
    tensors["head.weight"] = at::full({2, 16}, bad);
    expect_whole(import(tensors));
  }
  // Too large for the type that is computed with.
  runtime::NamedTensors wide = official_;
  wide["norm.bias"] = at::full({16}, 1e300, at::TensorOptions(at::kDouble));
  EXPECT_THAT(refusal(wide), HasSubstr("norm.bias"));
  // Finite values whose sum is not.
  wide["norm.bias"] = at::full({16}, 3e38);
  EXPECT_EQ(refusal(wide), "accepted");
}

TEST_F(ForeignNetworks, AFileOfOursIsCheckedToo) {
  runtime::NamedTensors tensors = official_;
  tensors["norm.weight"] = at::full({16}, std::nan(""));
  save_encoder(path_, description_, tensors);
  try {
    import_encoder(path_);
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("norm.weight"));
  }
  const ValueProblems problems = look_at_values(WeightsSource::open(path_));
  EXPECT_THAT(problems.not_finite, ElementsAre("norm.weight"));
}

}  // namespace
}  // namespace dbot::exchange
