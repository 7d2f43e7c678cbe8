#include "dbot/exchange/export/export_format.h"

#include <fmt/format.h>

#include <array>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

struct Row {
  ExportFormat format;
  std::string_view name;
  std::array<std::string_view, 2> endings;  // of the file's name; none: a folder
  bool decoder;
};

constexpr std::array kRows{
    Row{ExportFormat::safetensors, "safetensors", {".safetensors"}, true},
    Row{ExportFormat::pth, "pth", {".pth", ".pt"}, true},
    Row{ExportFormat::timm, "timm", {".safetensors", ".pth"}, false},
    Row{ExportFormat::mae, "mae", {".pth"}, true},
    Row{ExportFormat::dbot, "dbot", {".pth"}, true},
    Row{ExportFormat::huggingface, "huggingface", {}, false},
    Row{ExportFormat::huggingface_mae, "huggingface-mae", {}, true},
    Row{ExportFormat::onnx, "onnx", {".onnx"}, false},
    Row{ExportFormat::torchvision, "torchvision", {".pth", ".safetensors"}, false},
};

// The table is in the order of the enumeration.
const Row& row_of(ExportFormat format) {
  return kRows.at(static_cast<std::size_t>(format));
}

}  // namespace

std::string export_format_names(std::string_view separator) {
  std::string names;
  for (const Row& row : kRows) {
    if (!names.empty()) names += separator;
    names += row.name;
  }
  return names;
}

ExportFormat parse_export_format(std::string_view text, std::string_view option) {
  for (const Row& row : kRows) {
    if (row.name == text) return row.format;
  }
  throw UsageError(
      {.operation = "export",
       .subject = std::string(option),
       .reason = fmt::format("is {}, expected one of {}", text, export_format_names(", "))});
}

std::string_view export_format_name(ExportFormat format) {
  return row_of(format).name;
}

bool writes_folder(ExportFormat format) {
  return row_of(format).endings[0].empty();
}

bool takes_decoder(ExportFormat format) {
  return row_of(format).decoder;
}

void check_export_name(ExportFormat format, const std::filesystem::path& out) {
  const auto& [first, second] = row_of(format).endings;
  const std::string ending = out.extension().string();
  if (first.empty() || ending == first || (!second.empty() && ending == second)) return;
  throw UsageError(
      {.operation = "export",
       .subject = out.string(),
       .fault = Fault::mismatch,
       .reason = fmt::format(": expected a name that ends in {}{}{} for {}", first,
                             second.empty() ? "" : " or ", second, export_format_name(format))});
}

}  // namespace dbot::exchange
