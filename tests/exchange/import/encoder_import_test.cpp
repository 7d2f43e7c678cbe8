#include "dbot/exchange/import/encoder_import.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "dbot/core/error.h"
#include "dbot/exchange/names/tensor_names.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "tests/exchange/import/import_fixture.h"

namespace dbot::exchange {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(EncoderImport, FindsTheEncoderHoweverDeepItIsNested) {
  for (const std::string prefix :
       {"", "model.", "state_dict.", "teacher.", "module.", "net.", "encoder.", "backbone.",
        "model_ema.", "teacher.module.backbone.", "state_dict._orig_mod.", "a.b.c.d."}) {
    SCOPED_TRACE(prefix);
    runtime::NamedTensors tensors = below(prefix, official_);
    tensors["optimizer.state.0.exp_avg"] = at::ones({3});
    tensors[prefix + "decoder_embed.weight"] = at::ones({4, 16});
    const ImportedEncoder imported = import(tensors);
    expect_whole(imported);
    EXPECT_EQ(imported.report.key, prefix.substr(0, prefix.empty() ? 0 : prefix.size() - 1));
    EXPECT_EQ(imported.report.mapped.size(), official_.size());
    EXPECT_THAT(imported.report.ignored,
                testing::UnorderedElementsAre("optimizer.state.0.exp_avg",
                                              prefix + "decoder_embed.weight"));
    EXPECT_THAT(imported.report.filled, IsEmpty());
  }
}

TEST_F(EncoderImport, ReadsWhatTheKeyNamesOfSeveral) {
  runtime::NamedTensors tensors = below("student.module.backbone.", official_);
  runtime::NamedTensors other = official_;
  other["norm.bias"] = at::ones({16});
  tensors.merge(below("teacher.backbone.", other));
  ImportedEncoder imported = import(tensors);
  EXPECT_EQ(imported.report.key, "teacher.backbone");
  EXPECT_THAT(imported.report.other_keys, ElementsAre("student.module.backbone"));
  EXPECT_TRUE(at::equal(imported.encoder.parameters.at("norm.bias"), at::ones({16})));
  hints_.key = "student";
  expect_whole(import(tensors));
  hints_.key = "student.module.backbone";
  expect_whole(import(tensors));
  hints_.key = "stud";
  EXPECT_THAT(refusal(tensors),
              AllOf(HasSubstr("missing below stud"), HasSubstr("student, teacher")));
}

TEST_F(EncoderImport, TakesTheModelRatherThanItsAverage) {
  runtime::NamedTensors tensors = below("model.", official_);
  tensors.merge(below("model_ema.", official_));
  EXPECT_EQ(import(tensors).report.key, "model");
}

TEST_F(EncoderImport, ReadsBothGenerationsOfHuggingFace) {
  for (const NameStyle style : {NameStyle::hugging_face_classic, NameStyle::hugging_face_current}) {
    for (const char* prefix : {"", "vit.", "deit."}) {
      runtime::NamedTensors tensors = to_hugging_face(official_, style, prefix).tensors;
      tensors["pooler.dense.weight"] = at::ones({16, 16});
      const ImportedEncoder imported = import(tensors);
      expect_whole(imported);
      EXPECT_EQ(imported.report.names, style_name(style));
      EXPECT_THAT(imported.report.ignored, ElementsAre("pooler.dense.weight"));
    }
  }
}

TEST_F(EncoderImport, ReadsWhatTheFolderSays) {
  path_ = folder_ / "model.safetensors";
  hints_.heads.reset();
  nn::EncoderConfig wide = description_.config;
  wide.image_size = {8, 12};
  wide.layer_norm_eps = 1e-12;
  const auto tensors =
      to_hugging_face(small_parameters(wide), NameStyle::hugging_face_classic, "").tensors;
  std::ofstream(folder_ / "config.json")
      << R"({"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
             "image_size": [8, 12], "layer_norm_eps": 1e-12, "hidden_act": "gelu"})";
  std::ofstream(folder_ / "preprocessor_config.json")
      << R"({"image_mean": [0.25], "image_std": [0.5]})";
  const ImportedEncoder imported = import(tensors);
  EXPECT_EQ(imported.encoder.description.config, wide);
  EXPECT_THAT(imported.encoder.description.mean, ElementsAre(0.25));
  EXPECT_THAT(imported.encoder.description.std, ElementsAre(0.5));
  EXPECT_EQ(resolve_model_path(folder_.path()), path_);
  EXPECT_EQ(load_encoder(folder_.path()).description.config, wide);
  const auto with = [&](const std::string& config) {
    std::ofstream(folder_ / "config.json") << config;
    return refusal(tensors);
  };
  EXPECT_THAT(with(R"({"num_attention_heads": 4, "image_size": [8, 12], "hidden_size": 32})"),
              HasSubstr("hidden_size 32, the tensors have 16"));
  EXPECT_THAT(with(R"({"num_attention_heads": 4, "image_size": [8, 12], "hidden_act": "relu"})"),
              HasSubstr("hidden_act relu"));
  EXPECT_THAT(with(R"({"num_attention_heads": -4})"), HasSubstr("num_attention_heads is -4"));
  EXPECT_THAT(with("["), HasSubstr("config.json: it is not JSON"));
}

TEST_F(EncoderImport, ReadsShardsAndFoldersOfTorchFiles) {
  runtime::NamedTensors first, second;
  for (const auto& [name, tensor] : official_) {
    (name.starts_with("blocks.1") ? second : first)[name] = tensor;
  }
  write_tensor_file(folder_ / "model-00001-of-00002.safetensors", first, {});
  write_tensor_file(folder_ / "model-00002-of-00002.safetensors", second, {});
  std::ofstream index(folder_ / "model.safetensors.index.json");
  index << R"({"weight_map": {)";
  for (const auto& [name, tensor] : official_) {
    if (name != official_.begin()->first) index << ", ";
    index << '"' << name << "\": \"model-0000" << (second.contains(name) ? 2 : 1)
          << "-of-00002.safetensors\"";
  }
  index << "}}" << std::flush;
  const auto path = resolve_model_path(folder_.path());
  EXPECT_EQ(path.filename(), "model.safetensors.index.json");
  expect_whole(import_encoder(path, hints_));
}

TEST_F(EncoderImport, FillsWhatComputesTheSame) {
  runtime::NamedTensors tensors = official_;
  tensors.erase("blocks.0.attn.qkv.bias");
  tensors.erase("blocks.1.attn.qkv.bias");
  ImportedEncoder imported = import(tensors);
  EXPECT_TRUE(at::equal(imported.encoder.parameters.at("blocks.1.attn.qkv.bias"), at::zeros({48})));
  EXPECT_THAT(imported.report.filled, Contains(HasSubstr("blocks.0.attn.qkv.bias: zeros")));

  tensors = official_;
  tensors["pos_embed"] = official_["pos_embed"].slice(1, 1);
  imported = import(tensors);
  EXPECT_TRUE(at::equal(imported.encoder.parameters.at("pos_embed"),
                        at::cat({at::zeros({1, 1, 16}), official_["pos_embed"].slice(1, 1)}, 1)));

  tensors = official_;
  tensors["fc_norm.weight"] = at::full({16}, 2.0);
  tensors["fc_norm.bias"] = tensors["norm.bias"];
  tensors.erase("norm.weight");
  tensors.erase("norm.bias");
  imported = import(tensors);
  EXPECT_TRUE(at::equal(imported.encoder.parameters.at("norm.weight"), at::full({16}, 2.0)));
  EXPECT_THAT(imported.report.filled, Contains(HasSubstr("norm.weight: fc_norm.weight")));
}

TEST_F(EncoderImport, RefusesNetworksThatItWouldNotComputeRightly) {
  for (const auto& [name, meaning] :
       {std::pair{"dist_token", "distillation"}, std::pair{"register_gate", "registers"},
        std::pair{"blocks.0.attn.whitening.weight", "ordinary block"}}) {
    runtime::NamedTensors tensors = below("model.", official_);
    tensors["model." + std::string(name)] = at::ones({16});
    EXPECT_THAT(refusal(tensors),
                AllOf(HasSubstr("model." + std::string(name)), HasSubstr(meaning)));
  }
  runtime::NamedTensors hugging_face =
      to_hugging_face(official_, NameStyle::hugging_face_classic, "").tensors;
  hugging_face["encoder.layer.0.layer_gate1.lambda1"] = at::ones({16});
  EXPECT_THAT(refusal(hugging_face), HasSubstr("encoder.layer.0.layer_gate1.lambda1"));
}

/// CLIP's visual tower: every field of the variant that it has.
nn::EncoderConfig clip_config() {
  nn::EncoderConfig config{{8, 8}, 3, 4, 16, 2, 4, 2.0, 1e-5};
  config.patch_bias = false;
  config.norm_before = true;
  config.projection = 6;
  config.gelu = nn::Gelu::quick;
  return config;
}

nn::EncoderConfig beit_config(nn::RelativePositions positions) {
  nn::EncoderConfig config{{8, 8}, 3, 4, 16, 2, 4, 2.0, 1e-6};
  config.position_table = false;
  config.relative_positions = positions;
  config.layer_scale = 0.1;
  config.key_bias = false;
  return config;
}

TEST_F(EncoderImport, ReadsClipTowersUnderAllTheirNames) {
  description_.config = clip_config();
  official_ = drawn(description_.config);
  const auto open_ai = from_official(official_, NameStyle::clip).tensors;
  ImportedEncoder imported = import(below("visual.", open_ai));
  expect_whole(imported);
  EXPECT_EQ(imported.report.names, "OpenAI CLIP");
  EXPECT_EQ(imported.encoder.description.mean.size(), 3U);

  path_ = folder_ / "model.safetensors";
  std::ofstream(folder_ / "config.json")
      << R"({"vision_config": {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}})";
  runtime::NamedTensors hugging_face;
  for (const auto& [name, tensor] :
       from_official(official_, NameStyle::hugging_face_clip).tensors) {
    const bool outside = name == "visual_projection.weight";
    hugging_face[outside ? name : "vision_model." + name] = tensor;
  }
  hugging_face["text_model.final_layer_norm.weight"] = at::ones({4});
  imported = import(hugging_face);
  expect_whole(imported);
  EXPECT_THAT(imported.report.ignored, ElementsAre("text_model.final_layer_norm.weight"));

  std::ofstream(folder_ / "config.json") << R"({"architecture": "vit_base_clip_quickgelu_224"})";
  expect_whole(import(official_));
  std::ofstream(folder_ / "config.json") << R"({"architecture": "vit_base_clip_224"})";
  EXPECT_EQ(import(official_).encoder.description.config.gelu, nn::Gelu::exact);
  // A classifier in place of the projection.
  runtime::NamedTensors classifier = official_;
  classifier["head.bias"] = at::ones({6});
  EXPECT_EQ(import(classifier).encoder.description.config.projection, 0);
}

TEST_F(EncoderImport, ReadsAClipArchive) {
  hints_.heads = 2;
  const ImportedEncoder imported = import_encoder("tests/formats/fixtures/clip.pt", hints_);
  EXPECT_EQ(imported.report.container, "TorchScript");
  EXPECT_EQ(imported.report.key, "visual");
  const nn::EncoderConfig& config = imported.encoder.description.config;
  EXPECT_EQ(config.depth, 2);
  EXPECT_EQ(config.projection, 6);
  EXPECT_EQ(config.gelu, nn::Gelu::quick);
  EXPECT_FALSE(config.patch_bias);
  runtime::NamedTensors visual;
  for (const auto& [name, tensor] :
       read_tensor_file("tests/formats/fixtures/clip.expected.safetensors").tensors) {
    if (name.starts_with("visual.")) visual[name.substr(7)] = tensor;
  }
  for (const auto& [name, tensor] : to_official(visual, NameStyle::clip).tensors) {
    EXPECT_TRUE(at::equal(imported.encoder.parameters.at(name), tensor.to(at::kFloat))) << name;
  }
}

TEST_F(EncoderImport, ReadsBeitStyleEncoders) {
  for (const auto positions : {nn::RelativePositions::shared, nn::RelativePositions::each_block}) {
    description_.config = beit_config(positions);
    official_ = drawn(description_.config);
    runtime::NamedTensors tensors = official_;
    tensors["rel_pos_bias.relative_position_index"] = at::zeros({5, 5}).to(at::kLong);
    tensors["mask_token"] = at::ones({1, 1, 16});
    tensors["lm_head.weight"] = at::ones({6, 16});
    hints_.heads.reset();  // the table has a column for each
    expect_whole(import(tensors));
    description_.config.layer_norm_eps = 1e-7;
    description_.mean = description_.std = {0.25, 0.5, 0.75};
    save_encoder(path_, description_, official_);
    expect_whole(import_encoder(path_));
  }
}

TEST_F(EncoderImport, ReadsLayerScaleUnderTimmsName) {
  description_.config.layer_scale = 0.1;
  official_ = drawn(description_.config);
  // timm resizes with a filter.
  description_.config.position_resize = nn::PositionResize::antialiased;
  runtime::NamedTensors tensors;
  for (const auto& [name, tensor] : official_) {
    const auto place = name.find("gamma_");
    const bool scale = place != std::string::npos;
    tensors[scale ? name.substr(0, place) + "ls" + name.substr(place + 6) + ".gamma" : name] =
        tensor;
  }
  expect_whole(import(tensors));
}

TEST_F(EncoderImport, NamesTheTensorsThatDoNotFit) {
  runtime::NamedTensors tensors = official_;
  tensors["blocks.1.mlp.fc2.weight"] = at::ones({16, 31});
  EXPECT_THAT(
      refusal(tensors),
      HasSubstr("blocks.1.mlp.fc2.weight is Float [16, 31], expected floating point [16, 32]"));
  EXPECT_THAT(refusal({{"a.b", at::ones({1})}, {"c", at::ones({1})}}),
              AllOf(HasSubstr("patch_embed.proj.weight is missing"), HasSubstr("it holds a, c")));
}

}  // namespace
}  // namespace dbot::exchange
