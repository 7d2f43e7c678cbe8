#include "dbot/exchange/convolution/convolution_export.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/exchange/tensor_file.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kTorchvisionWidth = 64, kColours = 3;

[[noreturn]] void refuse_format(ExportFormat format, const char* reason) {
  throw UsageError({.operation = "export",
                    .subject = std::string(export_format_name(format)),
                    .fault = Fault::unsupported,
                    .reason = reason,
                    .way_out = "choose safetensors or pth"});
}

runtime::NamedTensors as_pytorch_has_them(const runtime::NamedTensors& parameters) {
  runtime::NamedTensors tensors;
  for (const auto& [name, tensor] : parameters) {
    const bool counter = name.ends_with(".num_batches_tracked");
    tensors.emplace(name, counter ? tensor.to(at::kLong).reshape({}) : tensor);
  }
  return tensors;
}

/// The lines that import what loads a file, and the expression that does.
struct PythonLoading {
  std::string imports, expression;
};

PythonLoading python_loading(const fs::path& out) {
  const std::string file =
      nlohmann::json(out.string()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (out.extension() == ".safetensors") {
    return {"from safetensors.torch import load_file\n", fmt::format("load_file({})", file)};
  }
  return {"", fmt::format("torch.load({}, weights_only=True)", file)};
}

/// A Python program that builds torchvision's network and loads the weights.
std::string torchvision_snippet(const fs::path& out, const nn::ConvolutionConfig& config) {
  const PythonLoading loading = python_loading(out);
  std::string text = fmt::format(
      "import torch\nimport torchvision\n{}\n"
      "model = torchvision.models.ResNet(torchvision.models.resnet.{}, [{}])\n",
      loading.imports, config.bottleneck ? "Bottleneck" : "BasicBlock",
      fmt::join(config.blocks, ", "));
  const bool small = config.stem == nn::Stem::cifar;
  if (small || config.channels != kColours) {
    text += fmt::format("model.conv1 = torch.nn.Conv2d({}, {}, {}, bias=False)\n", config.channels,
                        config.base_width, small ? "3, padding=1" : "7, stride=2, padding=3");
  }
  if (small) text += "model.maxpool = torch.nn.Identity()\n";
  return text + fmt::format(
                    "model.fc = torch.nn.Identity()  # features, not classes\n"
                    "model.load_state_dict({})\n"
                    "features = model.eval()(torch.zeros(1, {}, {}, {}))\n",
                    loading.expression, config.channels, config.image_size.height,
                    config.image_size.width);
}

std::string plain_snippet(const fs::path& out) {
  const PythonLoading loading = python_loading(out);
  return fmt::format("{}\nweights = {}  # tensors by torchvision's names\n",
                     loading.imports.empty() ? "import torch\n" : loading.imports,
                     loading.expression);
}

}  // namespace

void check_export(const LoadedConvolution& network, ExportFormat format) {
  if (format == ExportFormat::safetensors || format == ExportFormat::pth) return;
  if (format != ExportFormat::torchvision) {
    refuse_format(format, "is for vision transformers, and this is a convolutional network");
  }
  const nn::ConvolutionConfig& config = network.description.config;
  if (config.is_chain() || config.base_width != kTorchvisionWidth || config.blocks.size() != 4) {
    refuse_format(format, "has ResNets of four stages and 64 channels at first, and this is none");
  }
}

Exported export_convolution(const LoadedConvolution& network, const ExportOptions& options) {
  check_export(network, options.format);
  const std::string description = to_json(network.description);
  const runtime::NamedTensors tensors = options.format == ExportFormat::safetensors
                                            ? network.parameters
                                            : as_pytorch_has_them(network.parameters);
  Exported exported{
      .tensors = static_cast<std::int64_t>(tensors.size()), .bytes = 0, .snippet = {}};
  if (options.out.extension() == ".safetensors") {
    write_tensor_file(options.out, tensors, {{"format", "pt"}, {kEncoderConfigKey, description}});
    exported.bytes = fs::file_size(options.out);
  } else {
    exported.bytes =
        write_pth_file(options.out, tensors, /*root=*/"", {{kEncoderConfigKey, description}});
  }
  exported.snippet = options.format == ExportFormat::torchvision
                         ? torchvision_snippet(options.out, network.description.config)
                         : plain_snippet(options.out);
  return exported;
}

}  // namespace dbot::exchange
