#pragma once

#include <stdexcept>
#include <string>

namespace dbot {

/// Base of everything dbot throws. The message names the operation in brackets, the offending
/// value, what was expected and the way out:
/// "[recipe] model.patch_size is 5, which does not divide image_size 32; choose 1, 2, 4, 8, 16 or
/// 32".
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Wrong arguments or a wrong recipe (the program exits with 2).
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Data that is missing, empty or broken (the program exits with 3).
class DataError : public Error {
 public:
  using Error::Error;
};

/// The work was stopped on request and can be resumed (the program exits with 75).
class Stopped : public Error {
 public:
  using Error::Error;
};

}  // namespace dbot
