#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The typed binding between plain configuration structs and TOML or JSON.
//
// Design goals: a field is named once, with its type, unit, bounds and meaning; reading, checking,
// writing and the documentation follow from that one line. Every error names file, line, key, value
// and what was expected, with the nearest known key for a misspelt one.
// Non-goal: general serialisation. Fields are scalars, lists of numbers, choices, lists of choices
// and sizes.
namespace dbot::core {

/// Rows × columns in pixels; written in TOML as one integer (a square) or [height, width].
struct Size {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const Size&) const = default;
};

struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;  // the bound itself is excluded
  bool high_open = false;
};

/// An enumeration and its spelling: index in `names` = value of the enumeration.
struct Choice {
  std::function<int()> get;
  std::function<void(int)> set;
  std::vector<std::string> names;
};

/// Several values of an enumeration, spelt likewise.
struct ChoiceList {
  std::function<std::vector<int>()> get;
  std::function<void(const std::vector<int>&)> set;
  std::vector<std::string> names;
};

struct Field {
  std::string key;  // "model.width"
  std::variant<std::int64_t*, double*, bool*, std::string*, Size*, std::vector<std::int64_t>*,
               std::vector<double>*, Choice, ChoiceList>
      target;
  Range range;               // of numbers, or of each number in a list
  std::string unit;          // "pixels", "epochs", …; empty if it has none
  std::string meaning;       // one sentence
  bool optional = false;     // a document leaves it out where it has the first of its values
  std::string refused = {};  // why no document may have it here; empty: it may
};

/// The fields of one recipe, bound to the structs they live in (which must outlive this object).
class Settings {
 public:
  void add(std::string key, std::int64_t& value, Range range, std::string unit,
           std::string meaning);
  void add(std::string key, double& value, Range range, std::string unit, std::string meaning);
  void add(std::string key, bool& value, std::string meaning);
  void add(std::string key, std::string& value, std::string meaning);
  void add(std::string key, Size& value, Range range, std::string unit, std::string meaning);
  void add(std::string key, std::vector<std::int64_t>& value, Range range, std::string unit,
           std::string meaning);
  void add(std::string key, std::vector<double>& value, Range range, std::string unit,
           std::string meaning);
  /// Any enumeration with values 0…n−1 named by `names`.
  template <typename Enumeration>
  void add_choice(std::string key, Enumeration& value, std::vector<std::string> names,
                  std::string meaning) {
    add_choice_field(
        std::move(key),
        Choice{[&value] { return static_cast<int>(value); },
               [&value](int index) { value = static_cast<Enumeration>(index); }, std::move(names)},
        std::move(meaning));
  }

  /// A list of such values, of any length.
  template <typename Enumeration>
  void add_choices(std::string key, std::vector<Enumeration>& values,
                   std::vector<std::string> names, std::string meaning) {
    add_field({std::move(key),
               ChoiceList{[&values] {
                            std::vector<int> indices;
                            for (const Enumeration value : values) {
                              indices.push_back(static_cast<int>(value));
                            }
                            return indices;
                          },
                          [&values](const std::vector<int>& indices) {
                            values.clear();
                            for (const int index : indices) {
                              values.push_back(static_cast<Enumeration>(index));
                            }
                          },
                          std::move(names)},
               {},
               "",
               std::move(meaning)});
  }

  /// A choice that documents of `to_toml` leave out where it is the first of its names.
  void add_optional_choice(std::string key, Choice choice, std::string meaning);

  /// The field of this key is documented, but neither read nor written: a document that has it is
  /// refused, and `why` continues its key ("belongs to …"). For keys of a choice that was not made.
  void refuse(std::string_view key, std::string why);

  /// Fields added from now on stand behind the one of this key, in front of all for an empty key.
  /// So a part that has keys in tables of others puts each at its place.
  void place_behind(std::string_view key);

  const std::vector<Field>& fields() const { return fields_; }

  /// Reads a TOML document over the current values. Throws UsageError: "recipes/x.toml:7:
  /// model.widht is not a known key; did you mean model.width?".
  void read_toml(std::string_view text, std::string_view file_name);
  /// One `section.key=value` of the command line; the value in TOML, quotes of texts optional, and
  /// brackets of a list of choices.
  void read_assignment(std::string_view assignment);
  /// All fields as a TOML document, tables in the order they were added; reading it gives the same
  /// values bit for bit. With `commented`, the meaning, unit and bounds stand above each key.
  std::string to_toml(bool commented = false) const;
  /// All fields as one JSON object of tables.
  std::string to_json() const;
  /// A Markdown table of key, type, default (= current value), unit and meaning.
  std::string documentation() const;

 private:
  void add_choice_field(std::string key, Choice choice, std::string meaning);
  void add_field(Field field);
  /// Place of a field that is there.
  std::size_t find(std::string_view key) const;

  std::vector<Field> fields_;
  std::optional<std::size_t> place_;  // of the next field; empty: behind all
};

/// The key that `assignment` (section.key=value) sets; empty where it is no assignment.
std::string assigned_key(std::string_view assignment);

/// The keys whose values differ between two TOML documents ("optimizer.base_lr: 0.1 → 0.2").
std::vector<std::string> toml_differences(std::string_view before, std::string_view after);

}  // namespace dbot::core
