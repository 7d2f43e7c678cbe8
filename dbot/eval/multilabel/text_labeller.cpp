#include "dbot/eval/multilabel/text_labeller.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/tensor_file.h"

namespace dbot::eval {
namespace {

[[noreturn]] void refuse_classifier(const std::filesystem::path& file, const std::string& reason) {
  throw DataError({.operation = "labels",
                   .subject = file.string(),
                   .fault = Fault::mismatch,
                   .reason = reason,
                   .way_out = "name the model.safetensors of a run of method.kind = "
                              "\"policy_multilabel\""});
}

nlohmann::json classifier_description(const exchange::TensorFile& stored,
                                      const std::filesystem::path& file) {
  const auto text = stored.metadata.find(exchange::kEncoderConfigKey);
  auto json = nlohmann::json::parse(text == stored.metadata.end() ? std::string() : text->second,
                                    nullptr, false);
  if (!json.is_object() || json.value("network", nlohmann::json()) != "label_classifier") {
    refuse_classifier(file, "holds no classifier of several labels");
  }
  return json;
}

/// A list of the description. Throws DataError where it is none.
template <typename Value>
std::vector<Value> list_in(const nlohmann::json& json, const char* key,
                           const std::filesystem::path& file) try {
  return json.at(key).get<std::vector<Value>>();
} catch (const nlohmann::json::exception&) {
  refuse_classifier(file, fmt::format("has no list {}, without which texts cannot be read", key));
}

methods::LabelNetwork network_in(const exchange::TensorFile& stored,
                                 const methods::LabelNetworkShape& shape,
                                 const std::filesystem::path& file) {
  const auto specs = methods::label_network_parameters(shape, "", nn::Role::fixed);
  std::vector<at::Tensor> parameters;
  parameters.reserve(specs.size());
  for (const nn::ParameterSpec& spec : specs) {
    const auto found = stored.tensors.find(spec.name);
    if (found == stored.tensors.end() || found->second.sizes() != at::IntArrayRef(spec.shape)) {
      refuse_classifier(file, fmt::format("has no {} of the size that it describes", spec.name));
    }
    parameters.push_back(found->second.to(at::kFloat));
  }
  return methods::LabelNetwork(std::move(parameters));
}

}  // namespace

TextLabeller::TextLabeller(std::vector<std::string> labels, std::vector<double> thresholds,
                           data::TfIdf words, methods::LabelNetwork network)
    : labels_(std::move(labels)),
      thresholds_(std::move(thresholds)),
      words_(std::move(words)),
      network_(std::move(network)) {}

TextLabeller TextLabeller::read(const std::filesystem::path& file) {
  const exchange::TensorFile stored = exchange::read_tensor_file(file);
  const nlohmann::json json = classifier_description(stored, file);
  auto labels = list_in<std::string>(json, "labels", file);
  auto thresholds = list_in<double>(json, "thresholds", file);
  data::TfIdf words(list_in<std::string>(json, "terms", file),
                    list_in<float>(json, "term_weights", file));
  const auto hidden = json.value("hidden", nlohmann::json());
  if (thresholds.size() != labels.size() || !hidden.is_number_integer()) {
    refuse_classifier(file, "describes no threshold for each label, or no hidden layer");
  }
  auto network = network_in(stored,
                            {.inputs = std::ssize(words.words()),
                             .labels = std::ssize(labels),
                             .hidden = hidden.get<std::int64_t>()},
                            file);
  return {std::move(labels), std::move(thresholds), std::move(words), std::move(network)};
}

at::Tensor TextLabeller::scores(const core::TextList& texts) const {
  const at::NoGradGuard no_graph;
  at::Tensor rows =
      at::zeros({static_cast<std::int64_t>(texts.size()), std::ssize(words_.words())}, at::kFloat);
  auto* row = rows.mutable_data_ptr<float>();
  for (std::size_t i = 0; i < texts.size(); ++i, row += words_.words().size()) {
    const data::SparseRow words = words_.row(texts[i]);
    for (std::size_t k = 0; k < words.places.size(); ++k) row[words.places[k]] = words.values[k];
  }
  return at::sigmoid(network_.forward(rows).logits);
}

}  // namespace dbot::eval
