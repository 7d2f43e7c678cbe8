#include "dbot/exchange/import/weights_origin.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/core/files/sha256.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/exchange/json_file.h"
#include "dbot/exchange/kinds/folder_description.h"
#include "dbot/exchange/kinds/json_fields.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestLicence = 200;

/// "apache-2.0" of a line "license: apache-2.0  # note", with or without quotes.
std::string value_of_line(std::string_view line) {
  line.remove_prefix(line.find(':') + 1);
  line = line.substr(0, line.find(" #"));
  constexpr std::string_view kAround = " \t\r\"'";
  const auto begin = line.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  return std::string(line.substr(begin, line.find_last_not_of(kAround) + 1 - begin));
}

/// Of the YAML between two lines of dashes at the beginning of a model's card.
std::string licence_of_card(const fs::path& path) {
  constexpr int kLongestHead = 1000;  // lines
  std::ifstream file(path);
  std::string line, licence;
  if (!std::getline(file, line) || !line.starts_with("---")) return {};
  for (int i = 0; i < kLongestHead && std::getline(file, line) && !line.starts_with("---"); ++i) {
    if (line.starts_with("license:")) licence = value_of_line(line);
    // "other" says nothing; its name stands beside it.
    if (line.starts_with("license_name:")) return value_of_line(line);
  }
  return licence;
}

std::string licence_of_config(const fs::path& path) {
  try {
    const nlohmann::json object = read_json_file(path);
    const JsonFields root(object, path);
    if (root.has("license")) return root.text("license").value_or("");
    return root.inside("pretrained_cfg").text("license").value_or("");
  } catch (const DataError&) {
    return {};  // whoever computes with the weights reads the file and says what is wrong
  }
}

std::string licence_of(const WeightsSource& source) {
  for (const char* key : {"license", "licence", "modelspec.license"}) {
    const auto found = source.metadata().find(key);
    if (found != source.metadata().end()) return found->second;
  }
  if (!is_published_name(source.path().filename().string())) return {};
  std::error_code ignored;
  const fs::path folder = source.path().parent_path();
  if (const fs::path file = folder / "config.json"; fs::is_regular_file(file, ignored)) {
    if (const std::string licence = licence_of_config(file); !licence.empty()) return licence;
  }
  return licence_of_card(folder / "README.md");
}

}  // namespace

std::vector<WeightsOrigin> read_origins(const fs::path& file) {
  const auto source = WeightsSource::open(file);
  const std::string licence = licence_of(source).substr(0, kLongestLicence);
  std::vector<WeightsOrigin> origins;
  for (const fs::path& part : source.paths()) {
    origins.push_back({core::sha256_of_file(part), licence});
  }
  return origins;
}

std::vector<WeightsOrigin> origins_of(const fs::path& file, const EncoderDescription& description) {
  return description.origins.empty() ? read_origins(file) : description.origins;
}

void add_origins(std::vector<WeightsOrigin>& all, const std::vector<WeightsOrigin>& more) {
  for (const WeightsOrigin& origin : more) {
    if (std::ranges::find(all, origin) == all.end()) all.push_back(origin);
  }
}

}  // namespace dbot::exchange
