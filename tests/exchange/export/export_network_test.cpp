#include "dbot/exchange/export/export_network.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/export/hugging_face_folder.h"
#include "dbot/exchange/export/load_snippets.h"
#include "dbot/exchange/onnx/onnx_encoder.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/nn/vit/masked_autoencoder.h"
#include "tests/core/temporary_folder.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no UsageError";
}

NetworkWeights with_decoder(const std::string& predictor) {
  NetworkWeights network = small_network();
  nn::MaskedAutoencoderConfig config{network.description.config, {8, 1, 2}, 16, predictor};
  nn::ParameterStore store(nn::masked_autoencoder_parameters(config));
  store.initialise(/*seed=*/3, /*stage=*/0);
  for (const auto& [name, tensor] : store.named()) {
    network.parameters[name] = tensor.detach().clone();
  }
  network.decoder = DecoderDescription{config.decoder, predictor, 0.5, true};
  return network;
}

TEST(ExportFormat, NamesAreParsedBack) {
  const std::string names = export_format_names(" ");
  EXPECT_EQ(names, "safetensors pth timm mae dbot huggingface huggingface-mae onnx torchvision");
  EXPECT_EQ(parse_export_format("huggingface-mae", "--format"), ExportFormat::huggingface_mae);
  EXPECT_EQ(export_format_name(ExportFormat::onnx), "onnx");
  EXPECT_THAT(refusal([] { parse_export_format("keras", "--format"); }),
              HasSubstr("--format is keras, expected one of safetensors, pth"));
}

TEST(ExportFormat, FilesEndAsTheirReadersExpect) {
  EXPECT_THAT(refusal([] { check_export_name(ExportFormat::onnx, "a.pth"); }),
              HasSubstr("a.pth: expected a name that ends in .onnx for onnx"));
  EXPECT_THAT(refusal([] { check_export_name(ExportFormat::timm, "a"); }),
              HasSubstr(".safetensors or .pth"));
  EXPECT_NO_THROW(check_export_name(ExportFormat::huggingface, "any.name"));
  EXPECT_NO_THROW(check_export_name(ExportFormat::pth, "a.pt"));
}

TEST(ExportNetwork, EveryFormatHasItsDecoder) {
  const NetworkWeights pixels = with_decoder("decoder_pred");
  const NetworkWeights features = with_decoder("decoder_predp");
  EXPECT_THAT(refusal([&] { check_export(pixels, ExportFormat::onnx); }),
              HasSubstr("onnx holds an encoder and no decoder"));
  EXPECT_THAT(refusal([&] { check_export(features, ExportFormat::mae); }),
              HasSubstr("a teacher's features; dbot has"));
  EXPECT_THAT(refusal([&] { check_export(features, ExportFormat::huggingface_mae); }),
              HasSubstr("becomes a ViTMAEModel"));
  EXPECT_THAT(refusal([&] { check_export(pixels, ExportFormat::dbot); }),
              HasSubstr("pixels; mae has"));
  EXPECT_NO_THROW(check_export(pixels, ExportFormat::huggingface_mae));
  EXPECT_NO_THROW(check_export(features, ExportFormat::safetensors));
}

TEST(ExportNetwork, OfficialNamesComeBackBitForBit) {
  const test::TemporaryFolder folder;
  const NetworkWeights network = small_network();
  const Exported exported =
      export_network(network, {folder / "w.safetensors", ExportFormat::safetensors});
  EXPECT_EQ(exported.tensors, static_cast<std::int64_t>(network.parameters.size()));
  EXPECT_EQ(exported.bytes, std::filesystem::file_size(folder / "w.safetensors"));
  const LoadedEncoder loaded = load_encoder(folder / "w.safetensors");
  EXPECT_EQ(loaded.description.mean, network.description.mean);
  for (const auto& [name, tensor] : network.parameters) {
    EXPECT_TRUE(at::equal(loaded.parameters.at(name), tensor)) << name;
  }
}

TEST(ExportNetwork, BothTablesAreResized) {
  const NetworkWeights before = with_decoder("decoder_pred");
  const NetworkWeights after = resized(before, {12, 16});
  EXPECT_EQ(after.description.config.image_size, (core::Size{12, 16}));
  EXPECT_EQ(after.parameters.at("pos_embed").sizes(), (std::vector<std::int64_t>{1, 13, 16}));
  EXPECT_EQ(after.parameters.at("decoder_pos_embed").sizes(),
            (std::vector<std::int64_t>{1, 13, 8}));
  EXPECT_THROW(resized(before, {10, 16}), UsageError);
}

TEST(HuggingFaceFolder, SplitsQueryKeyAndValueAndSaysTheSizes) {
  const test::TemporaryFolder folder;
  const NetworkWeights network = with_decoder("decoder_pred");
  const HuggingFaceFolder written = write_hugging_face_folder(folder / "hf", network, true);
  EXPECT_EQ(written.model_class, "ViTMAEForPreTraining");
  const auto tensors = read_tensor_file(folder / "hf/model.safetensors").tensors;
  const at::Tensor& fused = network.parameters.at("blocks.1.attn.qkv.weight");
  EXPECT_TRUE(at::equal(tensors.at("vit.encoder.layer.1.attention.attention.key.weight"),
                        fused.narrow(0, 16, 16)));
  EXPECT_TRUE(tensors.contains("decoder.decoder_pred.weight"));
  const auto config = nlohmann::json::parse(core::read_text_file(folder / "hf/config.json"));
  EXPECT_EQ(config["layer_norm_eps"], 1e-6);
  EXPECT_EQ(config["decoder_intermediate_size"], 16);
  EXPECT_EQ(config["mask_ratio"], 0.5);
  EXPECT_EQ(config["norm_pix_loss"], true);
}

TEST(HuggingFaceFolder, ViTMaeIsForSquareImages) {
  NetworkWeights network = resized(small_network(), {8, 16});
  EXPECT_THAT(refusal([&] { check_export(network, ExportFormat::huggingface_mae); }),
              HasSubstr("images of 8×16"));
}

/// What a node of that name takes.
std::vector<std::string> inputs_of(const formats::OnnxModel& model, const std::string& name) {
  const auto node = std::find_if(model.nodes.begin(), model.nodes.end(),
                                 [&](const auto& found) { return found.name == name; });
  return node == model.nodes.end() ? std::vector<std::string>{"no such node"} : node->inputs;
}

NetworkWeights beit_network() {
  EncoderDescription description = small_description();
  nn::EncoderConfig& config = description.config;
  config.position_table = false;
  config.relative_positions = nn::RelativePositions::shared;
  config.layer_scale = 0.1;
  config.key_bias = false;
  nn::ParameterStore store(nn::encoder_parameters(config));
  store.initialise(/*seed=*/5, /*stage=*/0);
  return {description, store.named(), {}};
}

TEST(ExportNetwork, OtherNetworksGoWhereTheyAreKnown) {
  const NetworkWeights beit = beit_network();
  EXPECT_THAT(refusal([&] { check_export(beit, ExportFormat::huggingface); }),
              HasSubstr("choose timm, onnx, dbot"));
  EXPECT_NO_THROW(check_export(beit, ExportFormat::timm));
  NetworkWeights clip = small_network();
  clip.description.config.gelu = nn::Gelu::quick;
  EXPECT_THAT(refusal([&] { check_export(clip, ExportFormat::timm); }),
              HasSubstr("choose onnx, dbot"));
  EXPECT_NO_THROW(check_export(clip, ExportFormat::onnx));
}

TEST(ExportNetwork, AnEncoderWithTheGeluByTanhGoesWhereItCanBeSaid) {
  const test::TemporaryFolder folder;
  NetworkWeights network = small_network();
  network.description.config.gelu = nn::Gelu::tanh;
  const Exported timm = export_network(network, {folder / "w.safetensors", ExportFormat::timm});
  EXPECT_THAT(timm.snippet, HasSubstr("act_layer=partial(torch.nn.GELU, approximate=\"tanh\"),"));
  EXPECT_EQ(load_encoder(folder / "w.safetensors").description.config.gelu, nn::Gelu::tanh);
  for (const ExportFormat format : {ExportFormat::huggingface, ExportFormat::huggingface_mae}) {
    export_network(network, {folder / "hf", format});
    const auto config = nlohmann::json::parse(core::read_text_file(folder / "hf/config.json"));
    EXPECT_EQ(config["hidden_act"], "gelu_pytorch_tanh");
  }
  EXPECT_THAT(refusal([&] { check_export(network, ExportFormat::mae); }),
              HasSubstr("choose timm, huggingface, onnx"));
  NetworkWeights whole = with_decoder("decoder_pred");
  whole.description.config.gelu = nn::Gelu::tanh;
  EXPECT_THAT(refusal([&] { check_export(whole, ExportFormat::huggingface_mae); }),
              HasSubstr("leave the decoder out"));
  NetworkWeights beit = beit_network();
  EXPECT_NO_THROW(check_export(beit, ExportFormat::timm));
  beit.description.config.gelu = nn::Gelu::tanh;
  EXPECT_THAT(refusal([&] { check_export(beit, ExportFormat::timm); }),
              HasSubstr("choose onnx, dbot"));
}

TEST(OnnxEncoder, TheGeluByTanhIsWrittenOut) {
  NetworkWeights network = small_network();
  const auto tanhs = [&] {
    const auto model = onnx_encoder(encoder_of(network), OnnxPixels::normalised);
    return std::ranges::count(model.nodes, "Tanh", &formats::OnnxNode::type);
  };
  EXPECT_EQ(tanhs(), 0);
  network.description.config.gelu = nn::Gelu::tanh;
  EXPECT_EQ(tanhs(), 2);  // one a block
}

TEST(OnnxEncoder, RelativePositionsAreForOneImageSize) {
  const auto model = onnx_encoder(encoder_of(beit_network()), OnnxPixels::normalised);
  EXPECT_THAT(
      model.inputs[0].shape,
      ElementsAre(formats::OnnxExtent("batch"), formats::OnnxExtent(std::int64_t{1}),
                  formats::OnnxExtent(std::int64_t{8}), formats::OnnxExtent(std::int64_t{8})));
  EXPECT_THAT(
      inputs_of(model, "blocks.1.attn.biased_logits"),
      ElementsAre("blocks.1.attn.logits", "rel_pos_bias.relative_position_bias_table.bias"));
  EXPECT_THAT(inputs_of(model, "blocks.0.gamma_2.scaled"),
              ElementsAre("blocks.0.mlp.fc2", "blocks.0.gamma_2"));
  EXPECT_THAT(inputs_of(model, "pos_embed.resized"), ElementsAre("no such node"));
}

TEST(OnnxEncoder, HasOneGraphForAllSizes) {
  const NetworkWeights network = small_network();
  const auto model = onnx_encoder(encoder_of(network), OnnxPixels::normalised);
  ASSERT_EQ(model.inputs.size(), 1U);
  EXPECT_THAT(model.inputs[0].shape,
              ElementsAre(formats::OnnxExtent("batch"), formats::OnnxExtent(std::int64_t{1}),
                          formats::OnnxExtent("height"), formats::OnnxExtent("width")));
  EXPECT_EQ(model.outputs.size(), 3U);
  EXPECT_THAT(inputs_of(model, "pos_embed.resized"),
              ElementsAre("pos_embed.patches", "", "", "pos_embed.sizes"));
  EXPECT_THAT(inputs_of(model, "blocks.1.attn.qkv.product"),
              ElementsAre("blocks.1.norm1", "blocks.1.attn.qkv.weight.T"));
  EXPECT_EQ(model.metadata.at("mean"), "[0.1]");
}

TEST(OnnxEncoder, NamesAreUniqueAndKnownBeforeTheyAreUsed) {
  const auto model = onnx_encoder(encoder_of(small_network()), OnnxPixels::bytes);
  std::set<std::string> known{""};
  for (const auto& constant : model.constants) {
    EXPECT_TRUE(known.insert(constant.name).second) << constant.name;
  }
  for (const auto& input : model.inputs) known.insert(input.name);
  for (const auto& node : model.nodes) {
    for (const std::string& input : node.inputs) EXPECT_TRUE(known.contains(input)) << input;
    for (const std::string& output : node.outputs) {
      EXPECT_TRUE(known.insert(output).second) << output;
    }
  }
  for (const auto& output : model.outputs) EXPECT_TRUE(known.contains(output.name));
}

TEST(OnnxEncoder, MatricesAreTurnedWhenTheyAreWritten) {
  const NetworkWeights network = small_network();
  const auto model = onnx_encoder(encoder_of(network), OnnxPixels::normalised);
  const auto found = std::find_if(
      model.constants.begin(), model.constants.end(),
      [](const auto& constant) { return constant.name == "blocks.0.mlp.fc1.weight.T"; });
  ASSERT_NE(found, model.constants.end());
  EXPECT_EQ(found->shape, (std::vector<std::int64_t>{16, 32}));
  std::vector<float> values(16 * 32);
  found->write([&](std::span<const std::byte> bytes) {
    ASSERT_EQ(bytes.size(), values.size() * sizeof(float));
    std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(values)).begin());
  });
  const at::Tensor& matrix = network.parameters.at("blocks.0.mlp.fc1.weight");
  EXPECT_EQ(values[1], matrix[1][0].item<float>());
  EXPECT_EQ(values[32], matrix[0][1].item<float>());
}

TEST(OnnxEncoder, NormalisingNeedsToKnowHow) {
  NetworkWeights network = small_network();
  network.description.mean.clear();
  network.description.std.clear();
  EXPECT_THAT(refusal([&] { onnx_encoder(encoder_of(network), OnnxPixels::unit); }),
              HasSubstr("does not say its pixel normalisation"));
  EXPECT_NO_THROW(onnx_encoder(encoder_of(network), OnnxPixels::normalised));
}

TEST(LoadSnippets, PathsAreLiteralsOfPython) {
  EXPECT_THAT(weights_snippet("it's \"new\".safetensors", ""),
              HasSubstr(R"(load_file("it's \"new\".safetensors"))"));
  EXPECT_THAT(weights_snippet("a\\b.pth", "model"),
              HasSubstr(R"(torch.load("a\\b.pth", weights_only=True)["model"])"));
}

TEST(LoadSnippets, OpenAnImageAsTheNetworkSeesIt) {
  EncoderDescription description = small_description();
  description.config.channels = 3;
  description.mean = {0.5, 0.25, 0.125};
  description.std = {0.2, 0.3, 0.4};
  const std::string rgb = timm_snippet("w.pth", description);
  EXPECT_THAT(rgb, HasSubstr("Image.open(\"image.jpg\")).convert(\"RGB\")"));
  EXPECT_THAT(rgb,
              HasSubstr("- torch.tensor((0.5, 0.25, 0.125))) / torch.tensor((0.2, 0.3, 0.4))"));
  EXPECT_THAT(hugging_face_snippet("hf", description, "ViTModel"), HasSubstr("Image.open("));
  EXPECT_THAT(onnx_snippet("v.onnx", description, OnnxPixels::normalised),
              HasSubstr(" / 255 - (0.5, 0.25, 0.125)) / (0.2, 0.3, 0.4)).transpose("));
  const std::string bytes = onnx_snippet("v.onnx", description, OnnxPixels::bytes);
  EXPECT_THAT(bytes, HasSubstr("astype(\"uint8\")"));
  EXPECT_THAT(bytes, Not(HasSubstr("/ 255")));
}

TEST(LoadSnippets, OfOtherChannelsAreRunWithAnImageMadeUp) {
  EncoderDescription description = small_description();
  description.config.channels = 1;
  description.mean = description.std = {0.5};
  EXPECT_THAT(timm_snippet("w.pth", description), HasSubstr("convert(\"L\")"));
  description.config.channels = 6;
  description.mean = description.std = std::vector<double>(6, 0.5);
  for (const std::string& snippet : {timm_snippet("w.pth", description),
                                     onnx_snippet("v.onnx", description, OnnxPixels::unit)}) {
    EXPECT_THAT(snippet, Not(HasSubstr("Image")));
    EXPECT_THAT(snippet, HasSubstr("zeros("));
  }
}

}  // namespace
}  // namespace dbot::exchange
