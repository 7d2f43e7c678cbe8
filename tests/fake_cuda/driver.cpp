// libcuda.so.1 as far as runtime::cuda::ask_driver calls it. Results are CUresults.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tests/fake_cuda/words.h"

namespace {

constexpr int kSuccess = 0, kInvalidValue = 1;

std::vector<int> capabilities() {
  std::vector<int> all;
  const char* rest = dbot::fake_cuda::word("FAKE_CUDA_GPUS", "90");
  while (*rest != '\0') {
    char* end = nullptr;
    all.push_back(static_cast<int>(std::strtol(rest, &end, 10)));
    rest = *end == ',' ? end + 1 : end;
  }
  return all;
}

}  // namespace

extern "C" {

int cuInit(unsigned) {
  return dbot::fake_cuda::number("FAKE_CUDA_INIT", kSuccess);
}

int cuDriverGetVersion(int* version) {
  *version = dbot::fake_cuda::number("FAKE_CUDA_VERSION", 13000);
  return kSuccess;
}

int cuDeviceGetCount(int* count) {
  *count = static_cast<int>(capabilities().size());
  return kSuccess;
}

int cuDeviceGet(int* device, int index) {
  *device = index;
  return kSuccess;
}

int cuDeviceGetName(char* name, int bytes, int device) {
  const std::string text = "Fake GPU " + std::to_string(device);
  std::strncpy(name, text.c_str(), static_cast<std::size_t>(bytes));
  return kSuccess;
}

int cuDeviceGetAttribute(int* value, int attribute, int device) {
  const int capability = capabilities().at(static_cast<std::size_t>(device));
  if (attribute != 75 && attribute != 76) return kInvalidValue;
  *value = attribute == 75 ? capability / 10 : capability % 10;
  return kSuccess;
}

int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  *bytes = std::size_t{80} << 30;
  return kSuccess;
}

int cuGetErrorString(int result, const char** text) {
  *text = result == 803 ? "system has unsupported display driver / cuda driver combination" : "?";
  return kSuccess;
}
}
