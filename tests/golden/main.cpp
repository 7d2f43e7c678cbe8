// Compares the program with the numbers of the reference implementations, file by file. Output, one
// line a file: STEM CASE error limit ok|FAIL|not built. What failed is explained on stderr. On the
// devices of DBOT_TEST_DEVICES, "cpu" by default; on others the cases that can be there, named
// CASE@DEVICE.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/simd/kernel_level.h"
#include "tests/golden/support/registry.h"
#include "tests/support/fake_device/test_devices.h"

namespace {

using namespace dbot::golden;
namespace fs = std::filesystem;

/// All .safetensors and .json files below `folder`, sorted; a .json beside a .safetensors of the
/// same stem belongs to that file's case.
std::vector<fs::path> reference_files(const fs::path& folder) {
  std::vector<fs::path> files;
  const auto options = fs::directory_options::follow_directory_symlink;
  for (const auto& entry : fs::recursive_directory_iterator(folder, options)) {
    const fs::path& path = entry.path();
    const bool table = path.extension() == ".json";
    if (table && fs::exists(fs::path(path).replace_extension(".safetensors"))) continue;
    if (table || path.extension() == ".safetensors") files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

void print_line(const fs::path& path, const std::string& name, const char* verdict,
                const Comparison* comparison = nullptr) {
  if (comparison != nullptr) {
    std::printf("%s %s %.2e %.2e %s\n", path.stem().c_str(), name.c_str(), comparison->error(),
                comparison->limit(), verdict);
  } else {
    std::printf("%s %s - - %s\n", path.stem().c_str(), name.c_str(), verdict);
  }
  std::fflush(stdout);
}

bool report(const fs::path& path, const std::string& name, Comparison& comparison) {
  comparison.finish();
  const bool ok = comparison.ok();
  print_line(path, name, ok ? "ok" : "FAIL", &comparison);
  for (const auto& [tensor, why] : comparison.dismissed()) {
    std::fprintf(stderr, "%s: %s is not compared: %s\n", path.c_str(), tensor.c_str(), why.c_str());
  }
  for (const std::string& failure : comparison.failures()) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), failure.c_str());
  }
  return ok;
}

bool check_table(const fs::path& path) {
  const auto* entry = find_table(path.filename().string());
  if (entry == nullptr) throw dbot::Error("no table of a known name");
  const std::string name(entry->name);
  const nlohmann::json table = nlohmann::json::parse(std::ifstream(path));
  if (entry->run == nullptr) {
    print_line(path, name, "not built");
    return true;
  }
  Comparison comparison;
  entry->run(table, comparison);
  return report(path, name, comparison);
}

bool check_tensors(const fs::path& path, const std::string& name, const std::string& device) {
  const auto* entry = find_case(name);
  if (entry == nullptr) throw dbot::Error("no known case");
  const bool here = device == "cpu";
  if (!here && !entry->anywhere) return true;
  if (entry->run == nullptr) {
    print_line(path, name, "not built");
    return true;
  }
  Fixture fixture = read_fixture(path);
  fixture.compute_on(dbot::test::device_named(device));
  Comparison comparison(fixture);
  entry->run(fixture, comparison);
  return report(path, here ? name : name + "@" + device, comparison);
}

bool check_file(const fs::path& path, const std::string& device) {
  const bool table = path.extension() == ".json";
  if (table && device != "cpu") return true;
  std::string name = table ? path.stem().string() : "-";
  try {
    if (table) return check_table(path);
    const std::string found = case_of(path);
    if (!found.empty()) name = found;
    return check_tensors(path, name, device);
  } catch (const std::exception& error) {
    print_line(path, name, "FAIL");
    std::fprintf(stderr, "%s: %s\n", path.c_str(), error.what());
    return false;
  }
}

}  // namespace

int main() {
  const char* chosen = std::getenv("DBOT_GOLDEN_DIR");
  const fs::path folder = chosen != nullptr && *chosen != '\0' ? chosen : "tests/golden";
  const char* kernels = std::getenv("DBOT_GOLDEN_KERNELS");
  try {
    if (kernels != nullptr && *kernels != '\0')
      dbot::simd::use_kernel_level(std::string_view(kernels));
    const std::vector<fs::path> files = reference_files(folder);
    if (files.empty()) throw dbot::Error("there is no .safetensors or .json file");
    bool ok = true;
    for (const std::string& device : dbot::test::test_devices("cpu")) {
      for (const fs::path& path : files) ok = check_file(path, device) && ok;
    }
    return ok ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", folder.c_str(), error.what());
    return 1;
  }
}
