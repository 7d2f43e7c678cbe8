#pragma once

#include <array>
#include <span>
#include <string_view>

// What stands in a reference run, for those who write and read it.
namespace dbot::report {

inline constexpr const char* kReferenceFormat = "dbot reference run";
inline constexpr int kReferenceVersion = 1;

/// Of run.json: texts, and numbers and texts in tables.
inline constexpr std::array kReferenceNames{"recipe", "dbot", "libtorch"};

struct FactKeys {
  const char* table;
  std::span<const char* const> keys;
};

inline std::span<const FactKeys> reference_facts() {
  static constexpr std::array kMachine{"processor", "instruction_set", "cores", "memory_bytes"};
  static constexpr std::array kCompute{"device", "precision", "threads", "workers"};
  static constexpr std::array kData{"kind", "images", "labelled", "classes"};
  static constexpr std::array kTables{FactKeys{"machine", kMachine}, FactKeys{"compute", kCompute},
                                      FactKeys{"data", kData}};
  return kTables;
}

/// The course of training and of held-out samples; rates and times are the machine's.
inline bool is_reference_curve(std::string_view name) {
  return name == "loss" || name == "gradient_norm" || name.starts_with("validation.");
}

}  // namespace dbot::report
