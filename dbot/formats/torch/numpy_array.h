#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "dbot/formats/torch/pickle.h"
#include "dbot/formats/torch/weights_file.h"

// Arrays of numpy inside a pickle, as numpy writes them for protocols 2 to 5. Nothing is called:
// type, extents and bytes are taken from where the pickle has them. Source: numpy's
// multiarraymodule (array_reduce, array_setstate) and numeric._frombuffer.
namespace dbot::formats {

/// Whether a value is what numpy writes for an array.
bool is_array(const PickleValue& value);

/// Reads arrays, and keeps the bytes of those that a pickle of protocol 2 holds as a text.
class ArrayReader {
 public:
  /// The array, or why it cannot be read. Throws DataError (without a path) if it is malformed.
  std::variant<StoredTensor, std::string> read(const PickleValue& value);

  /// What the arrays point into beside the pickle.
  std::deque<std::string> take_texts() { return std::move(texts_); }

 private:
  std::string_view bytes_of(const PickleValue& value);

  std::deque<std::string> texts_;
  std::unordered_map<const PickleValue*, std::string_view> decoded_;  // each once
};

}  // namespace dbot::formats
