#include "dbot/run/pretrain/bad_file_list.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "dbot/core/files/files.h"

namespace dbot::run {

void add_to_bad_file_list(const std::filesystem::path& list,
                          const std::vector<std::string>& bad_samples) {
  std::string text;
  if (std::filesystem::exists(list)) text = core::read_text_file(list);
  std::set<std::string> known;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) known.insert(line);

  bool changed = false;
  for (std::string sample : bad_samples) {
    std::replace(sample.begin(), sample.end(), '\n', ' ');
    if (!known.insert(sample).second) continue;
    text += sample + '\n';
    changed = true;
  }
  if (changed) core::write_file_atomically(list, text);
}

}  // namespace dbot::run
