#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Python's pickle, read as data. A pickle is a program for a small machine that may call any
// function it names; this reader has the machine's stack and memo and no way to call anything: what
// a pickle would have called is kept as a value that says so. Names are checked against a list all
// the same, so that a file that wants more than data is refused rather than half understood.
// Source: the protocols 2 to 5 as documented in CPython's pickletools.
namespace dbot::formats {

enum class PickleKind {
  none,
  boolean,
  integer,
  long_integer,  // beyond 64 bits
  real,
  text,
  bytes,
  list,
  tuple,
  set,
  dictionary,
  global,      // a class or function by name
  object,      // what calling one would have made
  persistent,  // what lies outside the pickle: torch's storages
};

/// One value; everything it refers to is owned by the same document. Values may be shared, and a
/// hostile pickle may make them contain themselves: walk with a limit.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  std::int64_t integer = 0;  // boolean, integer
  double real = 0;
  /// text and bytes; "module.name" of a global or of an object's class; of a long_integer the
  /// bytes of its two's complement, lowest first. Points into the pickle or the document.
  std::string_view text;
  /// Elements; arguments of an object; parts of a persistent identifier.
  std::vector<const PickleValue*> items;
  /// Of a dictionary, or set on an object: key, value, key, value, …
  std::vector<const PickleValue*> entries;
  /// What an object's class would have been given to restore it; null if nothing.
  const PickleValue* state = nullptr;
};

class PickleDocument {
 public:
  const PickleValue& root() const { return *root_; }
  const std::deque<PickleValue>& values() const { return values_; }
  /// Bytes of the pickle, to its STOP.
  std::size_t size() const { return size_; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  std::deque<std::string> texts_;
  const PickleValue* root_ = nullptr;
  std::size_t size_ = 0;
};

/// Whether a pickle may name this class or function.
using GlobalRule = bool (*)(std::string_view module, std::string_view name);

/// Reads one pickle at the beginning of `bytes`, which must outlive the document. Memory is
/// proportional to the pickle's length and bounded. Throws DataError (without a path) for a name
/// that `allowed` refuses, for other protocols, and for anything malformed.
PickleDocument read_pickle(std::span<const std::byte> bytes, GlobalRule allowed);

/// The decimal digits of a long_integer.
std::string long_integer_text(const PickleValue& value);

}  // namespace dbot::formats
