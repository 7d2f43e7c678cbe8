#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/sample.h"

namespace dbot::data {

/// A finite, ordered set of samples, of no kind in particular: it knows names and bytes. What makes
/// tensors of them is a BatchPart. Thread-safe for reading.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::int64_t size() const = 0;
  /// Fills `sample` with its name and its parts. What they borrow lives as long as this object.
  /// Throws DataError naming the sample if it is missing, empty or cannot be read.
  virtual void read(std::int64_t index, Sample& sample) const = 0;
  /// −1 if unlabelled.
  virtual std::int64_t label(std::int64_t index) const = 0;
  /// Path or "file[index]", for messages and result files.
  virtual std::string name(std::int64_t index) const = 0;
  /// What the sample is called within its data set, wherever that lies: a relative path, a number.
  virtual std::string key(std::int64_t index) const { return name(index); }
  /// Bytes of the encoded sample where they are known without reading it, else −1.
  virtual std::int64_t stored_bytes(std::int64_t /*index*/) const { return -1; }
  /// Names of the classes, empty if unlabelled.
  virtual const std::vector<std::string>& classes() const = 0;
};

}  // namespace dbot::data
