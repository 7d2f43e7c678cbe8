#pragma once

#include <stdlib.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dbot::cli_test {

/// Environment variables for the programs started meanwhile; afterwards they are what they were.
class Environment {
 public:
  struct Variable {
    std::string name, value;
  };
  explicit Environment(std::initializer_list<Variable> values) {
    for (const auto& [name, value] : values) {
      const char* former = getenv(name.c_str());
      former_.emplace_back(name, former ? std::optional<std::string>(former) : std::nullopt);
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : former_) {
      if (value) {
        setenv(name.c_str(), value->c_str(), 1);
      } else {
        unsetenv(name.c_str());
      }
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> former_;
};

}  // namespace dbot::cli_test
