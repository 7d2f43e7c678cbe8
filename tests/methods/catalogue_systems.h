#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "dbot/methods/method.h"
#include "tests/support/fake_device/test_devices.h"

namespace dbot::test {

/// A system as the test is told of it.
struct System {
  std::string name;
  std::function<std::unique_ptr<methods::Method>(bool stored, const runtime::Device&)> make_on;
  std::vector<std::string> scalars;
  std::string header;  // stands in the description of its backbone
  std::vector<std::string> exhibits = {};
  double weight_decay = 0.05;       // 0 of systems that refuse another one
  std::string device_name = "cpu";  // of test_devices()
  runtime::Device device = {};

  std::unique_ptr<methods::Method> make(bool stored) const {
    return make_on(stored, device_named(device_name));
  }
};

void PrintTo(const System& system, std::ostream* out);  // NOLINT(readability-identifier-naming)

/// Small ones of every system in the catalogue on each of test_devices(), and one of the tests'
/// own.
std::vector<System> all_systems();

}  // namespace dbot::test
