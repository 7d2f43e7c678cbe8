#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/methods/masked_modeling/masked_modeling_config.h"
#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// The weights that students begin with in place of their own draw: those of a file, which is read
/// once and kept as long as a later stage begins with it, too, or the teacher's.
/// docs/methods/dbot.md §2.
class StudentStart {
 public:
  /// Reads the file if the student of this stage begins with it and it is not there yet. Throws as
  /// `load_start_weights`.
  void read(const MaskedModelingConfig& config, std::int64_t stage);

  /// Copies what the student of this stage begins with; the rest of it stays as it was drawn.
  /// `teacher` may be null.
  void give(const MaskedModelingConfig& config, std::int64_t stage, nn::ParameterStore& student,
            const nn::ParameterStore* teacher);

  /// Of the file that was read, in this run of the program or an earlier one.
  const std::vector<exchange::WeightsOrigin>& origins() const { return origins_; }
  void set_origins(std::vector<exchange::WeightsOrigin> origins) { origins_ = std::move(origins); }
  /// The file, and what was made of it so that it fits; empty where none was read.
  const std::string& told() const { return told_; }

  /// "start.…": what later stages begin with. Empty where none does.
  runtime::NamedTensors state() const;
  void load_state(const runtime::NamedTensors& state);

 private:
  runtime::NamedTensors weights_;  // of the encoder, on the CPU
  std::vector<exchange::WeightsOrigin> origins_;
  std::string told_;
};

}  // namespace dbot::methods
