// Classifiers out and in: their head goes along, under the names of each tool.
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/export/export_network.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/nn/vit/classifier.h"
#include "tests/core/temporary_folder.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

NetworkWeights small_classifier(nn::Pooling pooling, bool symmetric = false) {
  NetworkWeights network{small_description(), {}, {}};
  network.description.head = HeadDescription{pooling, {"cat", "dog", "a \"bee\""}};
  nn::EncoderConfig& encoder = network.description.config;
  if (symmetric) {
    encoder.position_table = false;
    encoder.key_bias = false;
    encoder.layer_scale = 0.1;
    encoder.relative_positions = nn::RelativePositions::each_block;
  }
  nn::ParameterStore store(nn::classifier_parameters(
      {.encoder = encoder, .classes = 3, .pooling = pooling, .head_start = {.deviation = 0.5}}));
  store.initialise(/*seed=*/4, /*stage=*/0);
  for (const auto& [name, tensor] : store.named()) {
    network.parameters[name] = tensor.detach().clone();
  }
  return network;
}

class ClassifierExport : public testing::Test {
 protected:
  Exported written(const NetworkWeights& network, ExportFormat format, const std::string& name) {
    return export_network(network, {.out = folder_ / name, .format = format});
  }

  test::TemporaryFolder folder_;
};

TEST_F(ClassifierExport, ComesBackWithItsHead) {
  for (const auto pooling : {nn::Pooling::mean, nn::Pooling::cls}) {
    const NetworkWeights network = small_classifier(pooling);
    written(network, ExportFormat::safetensors, "w.safetensors");
    const LoadedEncoder loaded = load_encoder(folder_ / "w.safetensors");
    EXPECT_EQ(loaded.description.head, network.description.head);
    EXPECT_TRUE(loaded.parameters.contains("norm.weight")) << "an encoder has a final norm";
    const NetworkWeights again = network_of(loaded);
    ASSERT_EQ(again.parameters.size(), network.parameters.size());
    for (const auto& [name, tensor] : network.parameters) {
      EXPECT_TRUE(at::equal(again.parameters.at(name), tensor)) << name;
    }
  }
}

TEST_F(ClassifierExport, AHeadThatDoesNotFitIsRefused) {
  NetworkWeights network = small_classifier(nn::Pooling::mean);
  network.parameters["head.bias"] = at::full({2}, 1.0);
  written(network, ExportFormat::safetensors, "w.safetensors");
  EXPECT_THROW(load_encoder(folder_ / "w.safetensors"), DataError);
  network.parameters.erase("head.bias");
  written(network, ExportFormat::safetensors, "w.safetensors");
  EXPECT_THROW(load_encoder(folder_ / "w.safetensors"), DataError);
}

TEST_F(ClassifierExport, TimmIsToldOfPoolingAndClasses) {
  const Exported mean = written(small_classifier(nn::Pooling::mean), ExportFormat::timm, "m.pth");
  EXPECT_THAT(mean.snippet, AllOf(HasSubstr("num_classes=3"), HasSubstr("global_pool=\"avg\""),
                                  HasSubstr("logits = model(images)")));
  const Exported cls = written(small_classifier(nn::Pooling::cls), ExportFormat::timm, "c.pth");
  EXPECT_THAT(cls.snippet, HasSubstr("global_pool=\"token\""));
}

TEST_F(ClassifierExport, TheMeanPatchIsABeitForTransformers) {
  const NetworkWeights network = small_classifier(nn::Pooling::mean);
  const Exported exported = written(network, ExportFormat::huggingface, "hf");
  EXPECT_THAT(exported.snippet, HasSubstr("import BeitForImageClassification"));
  const auto config = nlohmann::json::parse(core::read_text_file(folder_ / "hf/config.json"));
  EXPECT_EQ(config["model_type"], "beit");
  EXPECT_EQ(config["use_mean_pooling"], true);
  EXPECT_EQ(config["use_absolute_position_embeddings"], true);
  EXPECT_EQ(config["use_relative_position_bias"], false);
  EXPECT_EQ(config["id2label"]["2"], "a \"bee\"");
  EXPECT_EQ(config["label2id"]["dog"], 1);
  const auto tensors = read_tensor_file(folder_ / "hf/model.safetensors").tensors;
  EXPECT_TRUE(at::equal(tensors.at("beit.pooler.layernorm.weight"),
                        network.parameters.at("fc_norm.weight")));
  EXPECT_TRUE(at::equal(tensors.at("classifier.weight"), network.parameters.at("head.weight")));
  const at::Tensor& fused = network.parameters.at("blocks.1.attn.qkv.weight");
  EXPECT_TRUE(at::equal(tensors.at("beit.encoder.layer.1.attention.attention.key.weight"),
                        fused.narrow(0, 16, 16)));
  EXPECT_THAT(tensors, Not(Contains(Key("beit.encoder.layer.1.attention.attention.key.bias"))));
}

TEST_F(ClassifierExport, TheSymmetricVariantIsABeitToo) {
  written(small_classifier(nn::Pooling::mean, /*symmetric=*/true), ExportFormat::huggingface, "hf");
  const auto config = nlohmann::json::parse(core::read_text_file(folder_ / "hf/config.json"));
  EXPECT_EQ(config["use_absolute_position_embeddings"], false);
  EXPECT_EQ(config["use_relative_position_bias"], true);
  EXPECT_EQ(config["layer_scale_init_value"], 0.1);
  const auto tensors = read_tensor_file(folder_ / "hf/model.safetensors").tensors;
  EXPECT_THAT(tensors, AllOf(Contains(Key("beit.encoder.layer.0.lambda_1")),
                             Contains(Key("beit.encoder.layer.0.attention.attention.query.bias")),
                             Contains(Key("beit.encoder.layer.0.attention.attention."
                                          "relative_position_bias.relative_position_bias_table"))));
}

TEST_F(ClassifierExport, TheClsTokenIsAViT) {
  const Exported exported =
      written(small_classifier(nn::Pooling::cls), ExportFormat::huggingface, "hf");
  EXPECT_THAT(exported.snippet, HasSubstr("import ViTForImageClassification"));
  const auto tensors = read_tensor_file(folder_ / "hf/model.safetensors").tensors;
  EXPECT_THAT(tensors,
              AllOf(Contains(Key("vit.layernorm.weight")), Contains(Key("classifier.bias"))));
}

TEST_F(ClassifierExport, OnnxGivesLogits) {
  for (const auto pooling : {nn::Pooling::mean, nn::Pooling::cls}) {
    const auto model =
        onnx_encoder(classifier_of(small_classifier(pooling)), OnnxPixels::normalised);
    ASSERT_EQ(model.outputs.size(), 2u);
    EXPECT_EQ(model.outputs[0].name, "logits");
    EXPECT_EQ(model.outputs[1].name, "features");
  }
  EXPECT_EQ(onnx_encoder(encoder_of(small_classifier(nn::Pooling::mean)), OnnxPixels::normalised)
                .outputs.size(),
            3u);
}

TEST_F(ClassifierExport, MaskedAutoencodersHaveNoHead) {
  EXPECT_THROW(check_export(small_classifier(nn::Pooling::cls), ExportFormat::huggingface_mae),
               UsageError);
}

}  // namespace
}  // namespace dbot::exchange
