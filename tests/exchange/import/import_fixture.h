#pragma once

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "tests/core/temporary_folder.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {

/// A new network of that shape.
inline runtime::NamedTensors drawn(const nn::EncoderConfig& config) {
  nn::ParameterStore store(nn::encoder_parameters(config));
  store.initialise(/*seed=*/6, /*stage=*/0);
  runtime::NamedTensors parameters;
  for (const auto& [name, tensor] : store.named()) parameters[name] = tensor.detach().clone();
  return parameters;
}

/// A small encoder in a file, under whatever names a test gives it.
class EncoderImport : public testing::Test {
 protected:
  EncoderImport() { hints_.heads = 4; }

  /// All names behind a prefix.
  static runtime::NamedTensors below(const std::string& prefix,
                                     const runtime::NamedTensors& tensors) {
    runtime::NamedTensors result;
    for (const auto& [name, tensor] : tensors) result[prefix + name] = tensor;
    return result;
  }

  ImportedEncoder import(const runtime::NamedTensors& tensors) {
    write_tensor_file(path_, tensors, {});
    return import_encoder(path_, hints_);
  }

  std::string refusal(const runtime::NamedTensors& tensors) {
    try {
      import(tensors);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }

  void expect_whole(const ImportedEncoder& imported) const {
    EXPECT_EQ(imported.encoder.description.config, description_.config);
    for (const auto& [name, tensor] : official_) {
      ASSERT_TRUE(imported.encoder.parameters.contains(name)) << name;
      EXPECT_TRUE(at::equal(imported.encoder.parameters.at(name), tensor)) << name;
    }
  }

  EncoderDescription description_ = small_description();
  runtime::NamedTensors official_ = small_parameters(description_.config);
  EncoderHints hints_;
  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "weights.bin";
};

}  // namespace dbot::exchange
