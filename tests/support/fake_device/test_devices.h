#pragma once

#include <string>
#include <vector>

#include "dbot/runtime/device.h"

// The devices on which tests run that have such an axis: operations, methods, training, golden.
namespace dbot::test {

/// Of the environment's DBOT_TEST_DEVICES, or those `otherwise`; "kernels" is the fake one with a
/// GPU's kernels in use (host_kernels.h), "cuda" one for machines that have it. Throws Error for
/// other words. Installs the fake one where it is named: a program whose tests use it asks for its
/// parameters here, before any test runs.
std::vector<std::string> test_devices(const char* otherwise = "cpu,fake,kernels");

/// Of such a name. "fake" and "kernels" are one device: from here on it takes those kernels or not.
runtime::Device device_named(const std::string& name);

}  // namespace dbot::test
