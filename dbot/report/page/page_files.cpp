#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "dbot/core/error.h"
#include "dbot/core/settings/toml_document.h"
#include "dbot/report/page/page_parts.h"
#include "dbot/report/text/shown_text.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "dbot/train/checkpoint/manifest.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_text = std::size_t{1} << 20;
constexpr std::size_t most_values = 64;  // of a list in run.json
constexpr std::size_t most_bad_files = 100;
constexpr std::size_t most_checkpoints = 500;
constexpr std::size_t most_later_evaluations = 200;
constexpr int deepest_facts = 3;

// Scalars, short lists of them, and objects of these.
PageJson sanitised(const PageJson& value, int depth) {
  if (value.is_string()) return shown_text(value.get_ref<const std::string&>());
  if (value.is_array() && depth < deepest_facts) {
    PageJson list = PageJson::array();
    for (const PageJson& element : value) {
      if (list.size() < most_values) list.push_back(sanitised(element, depth + 1));
    }
    return list;
  }
  if (value.is_object() && depth < deepest_facts) {
    PageJson object = PageJson::object();
    for (const auto& [key, element] : value.items()) {
      if (object.size() < most_values) object[shown_text(key)] = sanitised(element, depth + 1);
    }
    return object;
  }
  return value.is_primitive() ? value : PageJson();
}

PageJson checkpoint_json(const fs::path& folder) {
  PageJson part{{"name", shown_text(folder.filename().string())},
                {"step", train::step_of_folder(folder).value_or(0)},
                {"bytes", nullptr},
                {"stage_end", false},
                {"problem", nullptr}};
  try {
    const train::Manifest manifest = train::read_manifest(folder);
    train::check_sizes(folder, manifest);
    std::uint64_t bytes = 0;
    for (const auto& [name, entry] : manifest.files) bytes += entry.bytes;
    part["bytes"] = bytes;
    const auto state =
        PageJson::parse(read_bounded(folder / "state.json", most_text), nullptr, false);
    if (state.is_object()) part["stage_end"] = state.value("stage_end", PageJson(false)) == true;
  } catch (const std::exception& error) {
    part["problem"] = shown_text(error.what());
  }
  return part;
}

}  // namespace

std::string read_bounded(const fs::path& path, std::size_t most_bytes) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return {};
  std::ifstream file(path, std::ios::binary);
  std::string text(std::min<std::size_t>(most_bytes, fs::file_size(path, error)), '\0');
  if (error) return {};
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return text;
}

PageJson later_evaluations_part(const fs::path& run, LeftOut& left_out) {
  std::vector<int> numbers;
  std::error_code error;
  for (fs::directory_iterator entry(run / "evaluations", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    int number = 0;
    const auto [last, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (fault == std::errc{} && last == name.data() + name.size()) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  if (numbers.size() > most_later_evaluations) {
    left_out.push_back(fmt::format("evaluations: more than {}", most_later_evaluations));
    numbers.erase(numbers.begin(), numbers.end() - most_later_evaluations);
  }
  PageJson list = PageJson::array();
  for (const int number : numbers) {
    const fs::path file = run / "evaluations" / std::to_string(number) / "results.json";
    PageJson one = PageJson::parse(read_bounded(file, most_text), nullptr, false);
    if (!one.is_object() || !one.contains("results") || !one["results"].is_array()) continue;
    one = sanitised(one, 0);
    one["number"] = number;
    list.push_back(std::move(one));
  }
  return list;
}

PageJson facts_part(const fs::path& run, LeftOut& left_out) {
  const fs::path path = run / "run.json";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return PageJson::object();
  const auto part = PageJson::parse(read_bounded(path, most_text), nullptr, false);
  if (!part.is_object()) {
    left_out.push_back("run.json: not a JSON object");
    return PageJson::object();
  }
  return sanitised(part, 0);
}

PageJson recipe_part(const fs::path& run, LeftOut& left_out) {
  const std::string text = read_bounded(run / "recipe.toml", most_text);
  PageJson recipe{{"text", shown_text(text)}, {"entries", PageJson::object()}};
  if (text.empty()) {
    left_out.push_back("recipe.toml: missing or empty");
    return recipe;
  }
  try {
    for (const core::TomlEntry& entry : core::parse_toml(text, "recipe.toml")) {
      if (std::holds_alternative<core::TomlTable>(entry.value.value)) continue;
      recipe["entries"][shown_text(entry.key)] = shown_text(core::toml_text(entry.value));
    }
  } catch (const Error& error) {
    left_out.push_back(error.what());
  }
  return recipe;
}

PageJson checkpoints_part(const fs::path& run) {
  PageJson list = PageJson::array();
  std::error_code error;
  const fs::path folder = run / "checkpoints";
  if (!fs::is_directory(folder, error)) return list;
  try {
    auto found = train::list_checkpoints(folder);
    if (found.size() > most_checkpoints) {
      found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(most_checkpoints));
    }
    for (const fs::path& checkpoint : found) list.push_back(checkpoint_json(checkpoint));
  } catch (const std::exception&) {
    // A folder that cannot be listed shows no checkpoints; training itself reports it.
  }
  return list;
}

PageJson bad_files_part(const fs::path& run) {
  PageJson part{{"count", 0}, {"first", PageJson::array()}};
  std::istringstream lines(read_bounded(run / "bad_files.txt", most_text));
  std::int64_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    ++count;
    if (part["first"].size() < most_bad_files) part["first"].push_back(shown_text(line));
  }
  part["count"] = count;
  return part;
}

}  // namespace dbot::report
