#include "tests/support/fake_device/test_devices.h"

#include <cstdlib>
#include <sstream>

#include "dbot/core/error.h"
#include "tests/support/fake_device/fake_device.h"

namespace dbot::test {

std::vector<std::string> test_devices(const char* otherwise) {
  const char* chosen = std::getenv("DBOT_TEST_DEVICES");
  std::istringstream words(chosen != nullptr && *chosen != '\0' ? chosen : otherwise);
  std::vector<std::string> devices;
  for (std::string word; std::getline(words, word, ',');) {
    if (word != "cpu" && word != "fake" && word != "cuda") {
      throw Error("[tests] DBOT_TEST_DEVICES has \"" + word + "\", expected cpu, fake or cuda");
    }
    // Tests are listed before any of them runs, and so before the first backward pass.
    if (word == "fake") fake::install();
    devices.push_back(word);
  }
  return devices;
}

runtime::Device device_named(const std::string& name) {
  if (name != "fake") return runtime::resolve_device(name);
  fake::install();
  return fake::device();
}

}  // namespace dbot::test
