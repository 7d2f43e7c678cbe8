#include "tests/support/fake_device/test_devices.h"

#include <cstdlib>
#include <sstream>

#include "dbot/core/error.h"
#include "tests/support/fake_device/fake_device.h"
#include "tests/support/fake_device/host_kernels.h"

namespace dbot::test {
namespace {

/// The fake device with a GPU's kernels in use.
constexpr const char* kKernels = "kernels";

bool is_fake(const std::string& name) {
  return name == "fake" || name == kKernels;
}

}  // namespace

std::vector<std::string> test_devices(const char* otherwise) {
  const char* chosen = std::getenv("DBOT_TEST_DEVICES");
  std::istringstream words(chosen != nullptr && *chosen != '\0' ? chosen : otherwise);
  std::vector<std::string> devices;
  for (std::string word; std::getline(words, word, ',');) {
    if (word != "cpu" && !is_fake(word) && word != "cuda") {
      throw Error("[tests] DBOT_TEST_DEVICES has \"" + word +
                  "\", expected cpu, fake, kernels or cuda");
    }
    // Tests are listed before any of them runs, and so before the first backward pass.
    if (is_fake(word)) fake::install();
    devices.push_back(word);
  }
  return devices;
}

runtime::Device device_named(const std::string& name) {
  if (!is_fake(name)) return runtime::resolve_device(name);
  fake::install();
  fake::use_host_kernels(name == kKernels);
  return fake::device();
}

}  // namespace dbot::test
