#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/report/metrics/metrics_record.h"

namespace dbot::report {

/// Reads metrics.jsonl while another process writes it: each call gives what came since the last.
class MetricsFollower {
 public:
  explicit MetricsFollower(std::filesystem::path path) : path_(std::move(path)) {}

  struct News {
    bool begun_anew = false;  // the file was cut or replaced: forget all earlier records
    std::vector<MetricsRecord> records;
  };
  /// A line that is not finished yet is left for the next call. Nothing where there is no file.
  News poll();

 private:
  bool was_changed(const std::string& head) const;

  std::filesystem::path path_;
  std::uint64_t offset_ = 0;  // behind the last whole line
  std::string last_;          // the bytes before `offset_`, to see that they are still there
};

}  // namespace dbot::report
