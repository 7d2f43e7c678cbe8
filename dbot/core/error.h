#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace dbot {

/// What is wrong, for code that decides by it. Messages are for people alone.
enum class Fault {
  other,
  missing,      // nothing is there
  empty,        // something is there, and nothing in it
  truncated,    // it ends before it should
  corrupt,      // its content contradicts itself or its format
  unsupported,  // sound, but of a kind that is not read
  too_large,
  channels,    // an image has other channels than are wanted
  unreadable,  // the system refuses to read or to write
  unlabelled,  // labels are needed and there are none
  mismatch,    // it does not fit something else
  occupied,    // something else is in the way
};

/// What an error says. `reason` continues `subject` with a verb ("is empty, expected …"), or begins
/// with a colon.
struct ErrorFields {
  std::string operation = {};  // "data", shown in brackets
  std::string subject = {};    // a path, a name, a recipe key and its value; may be empty
  Fault fault = Fault::other;
  std::string reason = {};   // what is wrong with it, and what was expected
  std::string way_out = {};  // what to do, in words of the library and of recipes; may be empty
};

/// "[operation] subject reason; way out".
std::string to_text(const ErrorFields& fields);

/// Base of everything dbot throws. The message names the operation in brackets, the offending
/// value, what was expected and the way out:
/// "[recipe] model.patch_size is 5, which does not divide image_size 32; choose 1, 2, 4, 8, 16 or
/// 32". It names recipe keys, never options of the command line, which adds ways out of its own.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
  explicit Error(ErrorFields fields)
      : std::runtime_error(to_text(fields)), fields_(std::move(fields)) {}

  /// Empty where the error was made of a message alone.
  const ErrorFields& fields() const { return fields_; }
  Fault fault() const { return fields_.fault; }

 private:
  ErrorFields fields_;
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
