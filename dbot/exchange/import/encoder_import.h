#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "dbot/exchange/import/encoder_file.h"

namespace dbot::exchange {

/// What reading an encoder from somebody else's file came to.
struct ImportReport {
  std::string container;  // "safetensors", "PyTorch zip", …
  std::string names;      // "official names", "Hugging Face ViT", …
  std::string key;        // the nest that was read, "" for the root
  std::vector<std::pair<std::string, std::string>> mapped;  // name in the file, ours
  std::vector<std::string> ignored;       // tensors of other parts: decoder, head, optimizer
  std::vector<std::string> unread;        // "NAME: reason"
  std::vector<std::string> filled;        // what was not in the file, and what stands in its place
  std::vector<std::string> assumed;       // what nothing says and computing needs, in words
  std::vector<std::string> not_followed;  // of the files beside it, in words
  std::vector<std::string> other_keys;    // further encoders in the file
};

struct ImportedEncoder {
  LoadedEncoder encoder;
  ImportReport report;
};

/// Reads the encoder of a weights file of any kind: safetensors or what torch.save writes, of one
/// file or in parts; official names (MAE, dBOT, timm, DINO, DeiT) or Hugging Face's; at the root or
/// nested. What the shapes do not say comes from the hints, then from `dbot.config` or from the
/// config.json beside the file, then from what is usual. Throws DataError naming the tensor for a
/// file that holds no such encoder, one of a network that dbot does not build, or values that are
/// not finite. Frozen teachers of other projects (docs/methods/teachers.md) are encoders like
/// others.
ImportedEncoder import_encoder(const std::filesystem::path& path, const EncoderHints& hints = {});

}  // namespace dbot::exchange
