#include "dbot/exchange/export/export_network.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/export/hugging_face_folder.h"
#include "dbot/exchange/export/load_snippets.h"
#include "dbot/exchange/network_kind.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/formats/onnx/onnx_write.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> header(const NetworkWeights& network) {
  return {{"format", "pt"}, {kEncoderConfigKey, to_json(network.description)}};
}

Exported finished(const NetworkWeights& network, std::uint64_t bytes, std::string snippet) {
  return {static_cast<std::int64_t>(network.parameters.size()), bytes, std::move(snippet)};
}

Exported write_weights(const NetworkWeights& network, const fs::path& out, const char* root,
                       const core::OnWritten& written) {
  if (out.extension() == ".safetensors") {
    write_tensor_file(out, network.parameters, header(network), /*replace=*/true, written);
    return finished(network, fs::file_size(out), {});
  }
  const std::map<std::string, std::string> own{{kEncoderConfigKey, to_json(network.description)}};
  return finished(network, write_pth_file(out, network.parameters, root, own, written), {});
}

Exported write_graph(const NetworkWeights& network, const ExportOptions& options,
                     const core::OnWritten& written) {
  const formats::OnnxModel model = onnx_encoder(classifier_of(network), options.pixels);
  const auto files = formats::write_onnx(
      options.out, model, options.external_data ? 0 : formats::kLargestOnnxFile, written);
  return finished(network, files.bytes,
                  onnx_snippet(options.out, network.description, options.pixels));
}

Exported write_timm(const NetworkWeights& network, const fs::path& out,
                    const core::OnWritten& written) {
  Exported exported = write_weights(network, out, "", written);
  exported.snippet = timm_snippet(out, network.description);
  return exported;
}

Exported write_official(const NetworkWeights& network, const ExportOptions& options,
                        const core::OnWritten& written) {
  const bool plain = options.format == ExportFormat::safetensors ||  //
                     options.format == ExportFormat::pth;
  const char* root = plain ? "" : "model";
  Exported exported = write_weights(network, options.out, root, written);
  exported.snippet = weights_snippet(options.out, root);
  return exported;
}

Exported write_format(const NetworkWeights& network, const ExportOptions& options,
                      const core::OnWritten& written) {
  switch (options.format) {
    case ExportFormat::onnx:
      return write_graph(network, options, written);
    case ExportFormat::timm:
      return write_timm(network, options.out, written);
    case ExportFormat::huggingface:
    case ExportFormat::huggingface_mae: {
      const bool masked = options.format == ExportFormat::huggingface_mae;
      const HuggingFaceFolder folder =
          write_hugging_face_folder(options.out, network, masked, written);
      return {folder.tensors, folder.bytes,
              hugging_face_snippet(options.out, network.description, folder.model_class)};
    }
    case ExportFormat::safetensors:
    case ExportFormat::pth:
    case ExportFormat::mae:
    case ExportFormat::dbot:
    case ExportFormat::torchvision:  // convolution_export.h writes it
      break;
  }
  return write_official(network, options, written);
}

/// Adds up what is written, tells of it, and looks for a stop.
class WatchedWriting {
 public:
  WatchedWriting(const NetworkWeights& network, fs::path out, const core::StopRequest& stop,
                 const core::TellProgress& progress)
      : out_(std::move(out)), stop_(stop), progress_(progress) {
    for (const auto& [name, tensor] : network.parameters) {
      pass_.total += static_cast<std::int64_t>(tensor.nbytes());
    }
    throw_if_stopped();
  }

  void add(std::uint64_t bytes) {
    throw_if_stopped();
    // Formats add some bytes of their own; the last word is for the file that has its name.
    pass_.done += static_cast<std::int64_t>(bytes);
    if (pass_.done < pass_.total) tell();
  }

  void finish() {
    pass_.done = pass_.total;
    tell();
  }

 private:
  void throw_if_stopped() const {
    if (!stop_.requested()) return;
    throw Stopped({.operation = "export",
                   .subject = out_.string(),
                   .reason = ": stopped on request; nothing was written"});
  }
  void tell() const {
    if (progress_) progress_(pass_);
  }

  fs::path out_;
  const core::StopRequest& stop_;
  const core::TellProgress& progress_;
  core::PassProgress pass_{.counted = core::Counted::bytes, .doing = "writing"};
};

[[noreturn]] void refuse_decoder(ExportFormat format, const char* why) {
  throw UsageError({.operation = "export",
                    .subject = std::string(export_format_name(format)),
                    .fault = Fault::unsupported,
                    .reason = why,
                    .way_out = "leave the decoder out"});
}

/// A decoder that `other` has a place for.
[[noreturn]] void refuse_predictor(ExportFormat format, const char* predicts, ExportFormat other) {
  throw UsageError(
      {.operation = "export",
       .subject = std::string(export_format_name(format)),
       .fault = Fault::mismatch,
       .reason = fmt::format("has no place for a decoder that predicts {}", predicts),
       .way_out = fmt::format("{} has, or leave the decoder out", export_format_name(other))});
}

void check_kind(NetworkKind kind, ExportFormat format, bool classifier) {
  const bool plain = kind == NetworkKind::plain;
  const bool knows_beit =
      format == ExportFormat::timm || (format == ExportFormat::huggingface && classifier);
  const bool beit = kind == NetworkKind::beit && knows_beit;
  switch (format) {
    case ExportFormat::safetensors:
    case ExportFormat::pth:
    case ExportFormat::dbot:
    case ExportFormat::onnx:
      return;
    case ExportFormat::torchvision:
      throw UsageError({.operation = "export",
                        .subject = std::string(export_format_name(format)),
                        .fault = Fault::unsupported,
                        .reason = "is for ResNets, and this is a vision transformer",
                        .way_out = "choose timm"});
    case ExportFormat::timm:
    case ExportFormat::mae:
    case ExportFormat::huggingface:
    case ExportFormat::huggingface_mae:
      break;
  }
  if (plain || beit) return;
  throw UsageError(
      {.operation = "export",
       .subject = std::string(export_format_name(format)),
       .reason = "is for plain vision transformers, and this one has parts that those lack "
                 "(relative positions, gains, a bias left out, CLIP's layers)",
       .way_out = kind == NetworkKind::beit ? "choose timm, onnx, dbot, pth or safetensors"
                                            : "choose onnx, dbot, pth or safetensors"});
}

/// Official MAE code and timm's BEiT have the exact GELU, and transformers' ViTMAE has one for
/// encoder and decoder, which is exact here.
void check_gelu(const NetworkWeights& network, ExportFormat format) {
  const nn::EncoderConfig& config = network.description.config;
  if (config.gelu != nn::Gelu::tanh) return;
  const bool beit = format == ExportFormat::timm && kind_of(config) == NetworkKind::beit;
  const bool both = format == ExportFormat::huggingface_mae && network.decoder.has_value();
  if (format != ExportFormat::mae && !beit && !both) return;
  throw UsageError({.operation = "export",
                    .subject = std::string(export_format_name(format)),
                    .fault = both ? Fault::unsupported : Fault::other,
                    .reason = "is for networks with the exact GELU, and this encoder has the one "
                              "by tanh",
                    .way_out = both   ? "leave the decoder out, or choose safetensors"
                               : beit ? "choose onnx, dbot, pth or safetensors"
                                      : "choose timm, huggingface, onnx, dbot, pth or "
                                        "safetensors"});
}

void check_decoder(const DecoderDescription& decoder, ExportFormat format) {
  const bool pixels = decoder.predictor_name == "decoder_pred";
  if (!takes_decoder(format)) refuse_decoder(format, "holds an encoder and no decoder");
  if (!pixels && format == ExportFormat::mae) {
    refuse_predictor(format, "a teacher's features", ExportFormat::dbot);
  }
  if (!pixels && format == ExportFormat::huggingface_mae) {
    refuse_decoder(format,
                   "has no place for a decoder that predicts a teacher's features; its encoder "
                   "becomes a ViTMAEModel");
  }
  if (decoder.embeddings > 1 && format == ExportFormat::huggingface_mae) {
    refuse_decoder(format,
                   "has no place for a decoder of two images; its encoder becomes a "
                   "ViTMAEModel");
  }
  if (pixels && format == ExportFormat::dbot) {
    refuse_predictor(format, "pixels", ExportFormat::mae);
  }
}

}  // namespace

void check_export(const NetworkWeights& network, ExportFormat format) {
  const bool classifier = network.description.head.has_value();
  check_kind(kind_of(network.description.config), format, classifier);
  check_gelu(network, format);
  if (classifier && format == ExportFormat::huggingface_mae) {
    throw UsageError({.operation = "export",
                      .subject = std::string(export_format_name(format)),
                      .fault = Fault::unsupported,
                      .reason = "has no place for a classifier's head",
                      .way_out = "choose the format huggingface"});
  }
  if (network.decoder) check_decoder(*network.decoder, format);
  if (format == ExportFormat::huggingface_mae) check_vit_mae(network.description.config);
}

Exported export_network(const NetworkWeights& network, const ExportOptions& options,
                        const core::StopRequest& stop, const core::TellProgress& progress) {
  check_export(network, options.format);
  WatchedWriting watched(network, options.out, stop, progress);
  Exported exported =
      write_format(network, options, [&](std::uint64_t bytes) { watched.add(bytes); });
  watched.finish();
  return exported;
}

}  // namespace dbot::exchange
