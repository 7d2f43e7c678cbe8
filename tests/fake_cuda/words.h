#pragma once

#include <cstdlib>

namespace dbot::fake_cuda {

/// The value of an environment variable.
inline const char* word(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

inline int number(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

}  // namespace dbot::fake_cuda
