#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbot/exchange/names/tensor_names.h"

namespace dbot::exchange {

/// A tensor of a file, by both its names.
struct PlacedTensor {
  std::string full;   // in the file
  std::string plain;  // below the encoder's place, without wrappers and chunks (plain_names.h)
};

/// Where an encoder is among the tensors of a file.
struct EncoderPlace {
  std::string prefix;               // "", "model.", "teacher.module.backbone."
  std::optional<NameStyle> style;   // empty: official names
  std::vector<PlacedTensor> below;  // of the prefix and of no further encoder below it
};

/// The encoders of a file, the one that is most likely meant first: a model before its moving
/// average, a teacher before its student. They are told by the tensors that every vision
/// transformer has; how deep they are nested does not matter. `key` chooses: the name of a nest
/// ("teacher", "state_dict", "model.backbone"), with or without its wrappers. `names` stand in
/// their order.
std::vector<EncoderPlace> find_encoders(const std::vector<std::string>& names,
                                        const std::optional<std::string>& key);

}  // namespace dbot::exchange
