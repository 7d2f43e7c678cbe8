#include "dbot/runtime/cuda.h"

namespace dbot::runtime::cuda {

bool available() {
  return false;
}

int device_count() {
  return 0;
}

std::string why_not() {
  return "cuda is not in this build of dbot";
}

}  // namespace dbot::runtime::cuda
