#include "dbot/eval/frozen/embedding.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "dbot/core/csv_field.h"
#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/runtime/finite.h"

namespace dbot::eval {
namespace {

/// Features that other tools would choke on, or take for numbers, are not written.
void require_finite(const at::Tensor& rows, const Features& features,
                    const data::Dataset& dataset) {
  if (runtime::all_finite(rows)) return;
  const auto first =
      rows.flatten(1).isfinite().all(1).logical_not().nonzero().min().item<std::int64_t>();
  throw DataError({.operation = "embed",
                   .subject = dataset.name(features.indices.at(static_cast<std::size_t>(first))),
                   .fault = Fault::corrupt,
                   .reason = "gives features that are not finite; nothing was written",
                   .way_out = "look at that image, or take weights from before the training "
                              "diverged"});
}

bool has_labels(const Features& features) {
  return features.labels.ge(0).any().item<bool>();
}

std::string label_text(std::int64_t label, const std::vector<std::string>& classes) {
  if (label < 0) return {};
  const auto index = static_cast<std::size_t>(label);
  return index < classes.size() ? core::csv_field(classes[index]) : std::to_string(label);
}

}  // namespace

std::string escaped_line(std::string_view name) {
  std::string line;
  for (const char c : name) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\\') {
      line += "\\\\";
    } else {
      line += c;
    }
  }
  return line;
}

std::filesystem::path names_path(const std::filesystem::path& path) {
  return path.string() + ".names.txt";
}

void write_embedding(const std::filesystem::path& path, const Features& features,
                     const data::Dataset& dataset, std::map<std::string, std::string> metadata) {
  for (const auto& [kind, rows] : features.kinds) require_finite(rows, features, dataset);
  runtime::NamedTensors tensors = features.kinds;
  metadata["format"] = "pt";
  if (has_labels(features)) {
    tensors["labels"] = features.labels;
    metadata["classes"] = nlohmann::json(dataset.classes())
                              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  std::string names;
  for (const std::int64_t index : features.indices) {
    names += escaped_line(dataset.name(index)) + '\n';
  }
  // The names first: a new feature file never stands beside the names of an older one.
  core::write_file_atomically(names_path(path), names);
  exchange::write_tensor_file(path, tensors, metadata);
}

void write_embedding_csv(const std::filesystem::path& path, const Features& features,
                         const std::string& kind, const data::Dataset& dataset) {
  const at::Tensor values = features.of(kind).flatten(1).contiguous();
  require_finite(values, features, dataset);
  const at::Tensor labels = features.labels.contiguous();
  const std::int64_t width = values.size(1);
  std::string text = "name,label";
  for (std::int64_t column = 0; column < width; ++column) text += fmt::format(",f{}", column);
  text += '\n';
  const auto* value = values.const_data_ptr<float>();
  const auto* label = labels.const_data_ptr<std::int64_t>();
  for (std::size_t row = 0; row < features.indices.size(); ++row) {
    text += core::csv_field(dataset.name(features.indices[row])) + ',' +
            label_text(label[row], dataset.classes());
    for (std::int64_t column = 0; column < width; ++column) {
      fmt::format_to(std::back_inserter(text), ",{}", *value++);
    }
    text += '\n';
  }
  core::write_file_atomically(path, text);
}

}  // namespace dbot::eval
