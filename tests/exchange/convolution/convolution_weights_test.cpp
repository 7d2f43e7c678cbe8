// Convolutional networks out of other tools' files, and into them.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/exchange/convolution/backbone_file.h"
#include "dbot/exchange/convolution/convolution_export.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/nn/convolution/convolution_network.h"
#include "tests/core/temporary_folder.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

nn::ConvolutionConfig narrow_network() {
  nn::ConvolutionConfig config;
  config.image_size = {32, 32};
  config.stem = nn::Stem::cifar;
  config.base_width = 4;
  config.blocks = {1, 2};
  return config;
}

runtime::NamedTensors drawn_tensors(const nn::ConvolutionConfig& config) {
  nn::ParameterStore store(nn::convolution_tensors(config));
  store.initialise(/*seed=*/7, /*stage=*/0);
  runtime::NamedTensors tensors;
  for (const auto& [name, tensor] : store.named()) tensors[name] = tensor.detach().clone();
  tensors["bn1.running_mean"].add_(0.5);
  return tensors;
}

/// As PyTorch saves them: passes counted in int64, a head.
runtime::NamedTensors torch_state(const std::string& prefix) {
  runtime::NamedTensors state;
  for (const auto& [name, tensor] : drawn_tensors(narrow_network())) {
    const bool counter = name.ends_with("num_batches_tracked");
    state[prefix + name] = counter ? at::full({}, 3, at::TensorOptions().dtype(at::kLong)) : tensor;
  }
  state[prefix + "fc.weight"] = at::ones({5, 8});
  state[prefix + "fc.bias"] = at::ones({5});
  return state;
}

class ConvolutionWeights : public testing::Test {
 protected:
  void write(const runtime::NamedTensors& tensors) { write_tensor_file(path_, tensors, {}); }

  void expect_drawn(const ImportedConvolution& imported) {
    EXPECT_EQ(imported.network.description.config, narrow_network());
    for (const auto& [name, tensor] : drawn_tensors(narrow_network())) {
      const at::Tensor& found = imported.network.parameters.at(name);
      if (name.ends_with("num_batches_tracked")) {
        EXPECT_EQ(found.item<float>(), 3) << name;
      } else {
        EXPECT_TRUE(at::equal(found, tensor)) << name;
      }
    }
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "w.safetensors";
};

TEST_F(ConvolutionWeights, OfTorchvisionAreTaken) {
  write(torch_state(""));
  EXPECT_TRUE(holds_convolution(path_));
  const ImportedConvolution imported = import_convolution(path_);
  expect_drawn(imported);
  EXPECT_THAT(imported.report.ignored, ElementsAre("fc.bias", "fc.weight"));
}

TEST_F(ConvolutionWeights, OfMocoAreThoseOfTheQuery) {
  runtime::NamedTensors state = torch_state("module.encoder_q.");
  state.merge(torch_state("module.encoder_k."));
  state["module.queue"] = at::ones({8, 4});
  write(state);
  const ImportedConvolution imported = import_convolution(path_);
  expect_drawn(imported);
  EXPECT_EQ(imported.report.key, "encoder_q");
  EXPECT_THAT(imported.report.other_keys, ElementsAre("encoder_k"));
  EncoderHints hints;
  hints.key = "encoder_k";
  EXPECT_EQ(import_convolution(path_, hints).report.key, "encoder_k");
}

TEST_F(ConvolutionWeights, OfUnMixHaveNumbersForNames) {
  runtime::NamedTensors state;
  for (const auto& [name, tensor] : torch_state("")) {
    std::string numbered = name;
    for (const auto& [plain, number] : {std::pair{"conv1.", "0."},
                                        {"bn1.", "1."},
                                        {"layer1.", "3."},
                                        {"layer2.", "4."},
                                        {"fc.", "9."}}) {
      if (name.starts_with(plain)) numbered = number + name.substr(std::string(plain).size());
    }
    state["encoder_q.net." + numbered] = tensor;
  }
  write(state);
  expect_drawn(import_convolution(path_));
}

TEST_F(ConvolutionWeights, WithLayersOfAnotherKindAreRefused) {
  for (const char* name : {"conv2.weight", "layer1.0.se.fc1.weight", "layer1.0.conv1.bias"}) {
    runtime::NamedTensors state = torch_state("");
    state[name] = at::ones({4});
    write(state);
    EXPECT_THAT([&] { import_convolution(path_); }, ThrowsMessage<DataError>(HasSubstr(name)));
  }
  runtime::NamedTensors missing = torch_state("");
  missing.erase("layer2.1.bn2.running_var");
  write(missing);
  EXPECT_THAT([&] { import_convolution(path_); },
              ThrowsMessage<DataError>(HasSubstr("layer2.1.bn2.running_var")));
  runtime::NamedTensors wide = torch_state("");
  wide["layer2.0.conv1.weight"] = at::ones({8, 2, 3, 3});
  write(wide);
  EXPECT_THAT([&] { import_convolution(path_); },
              ThrowsMessage<DataError>(HasSubstr("layer2.0.conv1.weight")));
}

TEST_F(ConvolutionWeights, OfAVisionTransformerAreNone) {
  const NetworkWeights encoder = small_network();
  save_encoder(path_, encoder.description, encoder.parameters);
  EXPECT_FALSE(holds_convolution(path_));
  const LoadedBackbone loaded = load_backbone(path_);
  EXPECT_EQ(loaded.width, 16);
  EXPECT_THAT(loaded.network->feature_names(), Contains("cls"));
}

TEST_F(ConvolutionWeights, GiveABackboneThatKnowsItsPixels) {
  const ConvolutionDescription description{
      .config = narrow_network(), .mean = {0.1, 0.2, 0.3}, .std = {0.5, 0.6, 0.7}};
  save_backbone(path_, to_json(description), drawn_tensors(description.config));
  const LoadedBackbone loaded = load_backbone(path_, core::Size{16, 20});
  EXPECT_EQ(loaded.width, 8);
  EXPECT_EQ(loaded.std, description.std);
  EXPECT_EQ(loaded.assumed, "");
  EXPECT_EQ(loaded.network->input().images.size, (core::Size{16, 20}));
  const at::Tensor images = at::arange(2 * 3 * 16 * 20).to(at::kFloat).view({2, 3, 16, 20}) / 1000;
  EXPECT_EQ(loaded.network->features({{"images", images}}, at::kFloat).at("mean").size(1), 8);
  write(torch_state(""));
  EXPECT_EQ(load_backbone(path_).assumed, "ImageNet's");
}

TEST_F(ConvolutionWeights, DescriptionsReadBack) {
  ConvolutionDescription description{
      .config = nn::chain_config({4, 8}), .mean = {0.1, 0.2, 0.3}, .std = {0.5, 0.6, 1.0 / 3}};
  description.config.strides = {2, 1};
  for (const nn::ConvolutionConfig& config : {description.config, nn::resnet50_config()}) {
    description.config = config;
    const std::string json = to_json(description);
    EXPECT_TRUE(describes_convolution(json));
    const ConvolutionDescription read = convolution_from_json(json, "test");
    EXPECT_EQ(read.config, config);
    EXPECT_EQ(read.std, description.std);
  }
  EXPECT_FALSE(describes_convolution(to_json(small_description())));
  EXPECT_THROW(convolution_from_json(R"({"network":"chain","image_size":[8,8],"channels":3,
                                         "widths":[],"strides":[]})",
                                     "test"),
               DataError);
  EXPECT_THROW(convolution_from_json(R"({"network":"resnet","image_size":[8,8],"channels":3,
                                         "base_width":4,"blocks":[0]})",
                                     "test"),
               DataError);
}

TEST_F(ConvolutionWeights, GoToTorchvision) {
  nn::ConvolutionConfig config = nn::resnet18_config();
  config.stem = nn::Stem::cifar;
  const LoadedConvolution network{
      .description = {.config = config}, .parameters = drawn_tensors(config), .own = true};
  const std::filesystem::path out = folder_ / "r.safetensors";
  const Exported exported =
      export_convolution(network, {.out = out, .format = ExportFormat::torchvision});
  EXPECT_THAT(exported.snippet, HasSubstr("BasicBlock, [2, 2, 2, 2]"));
  EXPECT_THAT(exported.snippet, HasSubstr("model.maxpool = torch.nn.Identity()"));
  const TensorFile file = read_tensor_file(out);
  EXPECT_EQ(file.tensors.at("bn1.num_batches_tracked").scalar_type(), at::kLong);
  EXPECT_EQ(file.tensors.at("bn1.num_batches_tracked").dim(), 0);
  const ImportedConvolution back = import_convolution(out);
  EXPECT_TRUE(back.network.own);
  EXPECT_TRUE(at::equal(back.network.parameters.at("layer4.1.conv2.weight"),
                        network.parameters.at("layer4.1.conv2.weight")));
}

TEST_F(ConvolutionWeights, GoNowhereThatHasNoPlaceForThem) {
  const LoadedConvolution network{.description = {.config = narrow_network()},
                                  .parameters = drawn_tensors(narrow_network()),
                                  .own = true};
  for (const ExportFormat format :
       {ExportFormat::timm, ExportFormat::onnx, ExportFormat::torchvision}) {
    EXPECT_THROW(check_export(network, format), UsageError);
  }
  EXPECT_NO_THROW(check_export(network, ExportFormat::pth));
  EXPECT_THROW(check_export(small_network(), ExportFormat::torchvision), UsageError);
}

}  // namespace
}  // namespace dbot::exchange
