#pragma once

#include <string>

#include "dbot/exchange/export/network_weights.h"
#include "dbot/runtime/named_tensors.h"

// Classifiers as transformers has them. ViTForImageClassification looks at the cls token alone, so
// that one of the mean patch becomes a BeitForImageClassification: the same blocks without a bias
// of the keys, which adds the same to all logits of a query and changes no attention.
namespace dbot::exchange {

inline constexpr char kBeitClassifier[] = "BeitForImageClassification";

/// The class that computes a network with a head.
std::string hugging_face_classifier(const NetworkWeights& network);

/// Its tensors under the names of transformers 4, which both generations read.
runtime::NamedTensors hugging_face_classifier_tensors(const NetworkWeights& network);

}  // namespace dbot::exchange
