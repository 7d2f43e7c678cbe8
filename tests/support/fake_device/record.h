#pragma once

#include <cstddef>
#include <string>

#include "tests/support/fake_device/fake_device.h"

// What the watch of the test is told.
namespace dbot::test::fake {

/// No transfer is told inside an operator: what LibTorch copies there is no doing of the project.
class Inside {
 public:
  Inside();
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

void tell_transfer(Transfer::Kind kind, std::size_t bytes);
void tell_operator(const std::string& name_and_shapes);
bool is_watched();

/// The innermost functions of the project on the stack, tests aside: "nn::a <- train::b". Of those
/// that are exported from the program alone.
std::string callers_of_here();

}  // namespace dbot::test::fake
