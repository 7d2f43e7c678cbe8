#include "dbot/core/settings/settings_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>

#include "dbot/core/settings/toml_document.h"

namespace dbot::core {
namespace {

struct TypeName {
  std::string operator()(std::int64_t*) const { return "integer"; }
  std::string operator()(double*) const { return "number"; }
  std::string operator()(bool*) const { return "true or false"; }
  std::string operator()(std::string*) const { return "text"; }
  std::string operator()(Size*) const { return "integer or [height, width]"; }
  std::string operator()(std::vector<std::int64_t>*) const { return "list of integers"; }
  std::string operator()(std::vector<double>*) const { return "list of numbers"; }
  std::string operator()(const Choice& choice) const { return one_of(choice.names); }
  std::string operator()(const ChoiceList& choices) const {
    return "list, each " + one_of(choices.names);
  }

 private:
  static std::string one_of(const std::vector<std::string>& names) {
    std::vector<std::string> quoted;
    for (const std::string& name : names) quoted.push_back(toml_text(name));
    return fmt::format("one of {}", fmt::join(quoted, ", "));
  }
};

std::string with_article(const std::string& type) {
  if (type.starts_with("integer")) return "an " + type;
  if (type.starts_with("one of") || type.starts_with("true")) return type;
  return "a " + type;
}

std::string number_text(double value) {
  return fmt::format("{}", value);
}

// Those close enough to be a slip of the fingers; the nearest ones only.
std::vector<std::string> misspelt(const std::vector<std::string>& known,
                                  const std::string& unknown) {
  constexpr std::size_t kLongest = 200;  // nobody misspells that much
  if (unknown.size() > kLongest) return {};
  std::size_t nearest = std::max<std::size_t>(2, unknown.size() / 4);
  std::vector<std::string> names;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(unknown, name);
    if (distance > nearest) continue;
    if (distance < nearest) names.clear();
    nearest = distance;
    names.push_back(name);
  }
  return names;
}

/// What other tools call a key, by its last part.
struct OtherWord {
  std::string_view theirs, ours;
};
constexpr std::array kOtherWords{
    OtherWord{"accum_iter", "accumulate"},
    OtherWord{"accumulation_steps", "accumulate"},
    OtherWord{"amp", "precision"},
    OtherWord{"batch", "batch_size"},
    OtherWord{"bs", "batch_size"},
    OtherWord{"clip_grad", "clip_norm"},
    OtherWord{"color_jitter", "colour_jitter"},
    OtherWord{"dim", "width"},
    OtherWord{"drop_path_rate", "drop_path"},
    OtherWord{"dtype", "precision"},
    OtherWord{"embed_dim", "width"},
    OtherWord{"grad_accum", "accumulate"},
    OtherWord{"grad_clip", "clip_norm"},
    OtherWord{"gradient_accumulation_steps", "accumulate"},
    OtherWord{"hflip", "flip"},
    OtherWord{"hidden_size", "width"},
    OtherWord{"image", "image_size"},
    OtherWord{"img_size", "image_size"},
    OtherWord{"input_size", "image_size"},
    OtherWord{"layers", "depth"},
    OtherWord{"learning_rate", "base_lr"},
    OtherWord{"lr", "base_lr"},
    OtherWord{"mask_ratio", "ratio"},
    OtherWord{"max_norm", "clip_norm"},
    OtherWord{"max_steps", "total_steps"},
    OtherWord{"num_epochs", "epochs"},
    OtherWord{"num_heads", "heads"},
    OtherWord{"num_layers", "depth"},
    OtherWord{"num_workers", "workers"},
    OtherWord{"patch", "patch_size"},
    OtherWord{"random_erasing", "erase"},
    OtherWord{"resolution", "image_size"},
    OtherWord{"save_every", "every_steps"},
    OtherWord{"save_every_n_epochs", "every_epochs"},
    OtherWord{"save_freq", "every_epochs"},
    OtherWord{"save_interval", "every_steps"},
    OtherWord{"save_steps", "every_steps"},
    OtherWord{"steps", "total_steps"},
    OtherWord{"warmup", "warmup_epochs"},
    OtherWord{"wd", "weight_decay"},
};

std::vector<std::string> tables_of(const std::vector<Field>& fields) {
  std::vector<std::string> tables;
  for (const Field& field : fields) {
    const std::string table(table_of(field.key));
    if (!table.empty() && std::find(tables.begin(), tables.end(), table) == tables.end()) {
      tables.push_back(table);
    }
  }
  return tables;
}

// Keys of the same name in other tables: "width" or "encoder.width" for "model.width".
std::vector<std::string> misplaced(const std::vector<Field>& fields, const std::string& unknown) {
  std::vector<std::string> keys;
  for (const Field& field : fields) {
    if (last_part_of(field.key) == last_part_of(unknown)) keys.push_back(field.key);
  }
  return keys;
}

}  // namespace

std::string_view table_of(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

std::string_view last_part_of(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

std::string describe_range(const Range& range) {
  std::vector<std::string> bounds;
  if (!std::isinf(range.low)) {
    bounds.push_back((range.low_open ? "more than " : "at least ") + number_text(range.low));
  }
  if (!std::isinf(range.high)) {
    bounds.push_back((range.high_open ? "less than " : "at most ") + number_text(range.high));
  }
  return fmt::format("{}", fmt::join(bounds, " and "));
}

std::string describe_type(const Field& field) {
  return std::visit(TypeName{}, field.target);
}

std::string describe_expectation(const Field& field) {
  std::string text = with_article(describe_type(field));
  const std::string range = describe_range(field.range);
  if (!range.empty()) text += (text.find("list") == std::string::npos ? " of " : ", each ") + range;
  if (!field.unit.empty()) text += fmt::format(" ({})", field.unit);
  return text;
}

std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() +
                               1);  // distances from a prefix of `from` to those of `to`
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> keys_meant_by(const std::vector<Field>& fields,
                                       const std::string& unknown) {
  std::string word(last_part_of(unknown));
  for (char& letter : word) {
    letter =
        letter == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  const auto* other = std::ranges::find(kOtherWords, word, &OtherWord::theirs);
  const std::string ours(other == kOtherWords.end() ? std::string_view(word) : other->ours);
  std::vector<std::string> same_table, all;
  for (const std::string& key : misplaced(fields, ours)) {
    all.push_back(key);
    if (table_of(key) == table_of(unknown)) same_table.push_back(key);
  }
  return same_table.empty() ? all : same_table;
}

std::string suggest_key(const std::vector<Field>& fields, const std::string& unknown) {
  std::vector<std::string> known, siblings;
  for (const Field& field : fields) {
    known.push_back(field.key);
    if (table_of(field.key) == table_of(unknown)) siblings.emplace_back(last_part_of(field.key));
  }
  std::vector<std::string> keys = keys_meant_by(fields, unknown);
  if (keys.empty()) keys = misspelt(known, unknown);
  if (!keys.empty()) return fmt::format("; did you mean {}?", fmt::join(keys, " or "));
  if (table_of(unknown).empty() || siblings.empty()) return suggest_table(fields, unknown);
  return fmt::format("; {} has {}", table_of(unknown), fmt::join(siblings, ", "));
}

std::string suggest_table(const std::vector<Field>& fields, const std::string& unknown) {
  const std::vector<std::string> known = tables_of(fields);
  const std::vector<std::string> names = misspelt(known, unknown);
  if (!names.empty()) return fmt::format("; did you mean {}?", fmt::join(names, " or "));
  return fmt::format("; the tables are {}", fmt::join(known, ", "));
}

}  // namespace dbot::core
