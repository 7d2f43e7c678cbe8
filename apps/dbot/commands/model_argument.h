#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dbot/eval/frozen/features.h"
#include "dbot/nn/backbone.h"

// What --model, --image-size, --threads and --precision have in common in all commands that look
// through a network.
namespace dbot::app {

struct ModelArguments {
  std::string model;
  std::optional<std::int64_t> image_size;
  std::int64_t threads = 0;
  std::string precision = "auto";
};

struct Model {
  std::unique_ptr<nn::Backbone> encoder;
  std::int64_t width = 0;  // of its features
  eval::ExtractionSettings extraction;
  std::string file;  // where the weights came from
};

/// Declares --model, which the result is, --image-size, --precision and --threads.
CLI::Option* add_model(CLI::App& command, ModelArguments& arguments, const char* model_text);

/// Threads and precision; call before the first tensor operation.
eval::ExtractionSettings compute_settings(const ModelArguments& arguments);
/// Throws UsageError or DataError when the weights cannot be used.
Model load_model(const ModelArguments& arguments);
/// `image_size` as a square, checked.
std::optional<core::Size> square_size(const ModelArguments& arguments);

}  // namespace dbot::app
