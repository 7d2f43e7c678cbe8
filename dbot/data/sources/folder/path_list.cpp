#include "dbot/data/sources/folder/path_list.h"

namespace dbot::data {

void PathList::add(std::string_view path) {
  add({}, path);
}

void PathList::add(std::string_view folder, std::string_view name) {
  if (!folder.empty()) text_.append(folder).push_back('/');
  text_.append(name);
  ends_.push_back(text_.size());
}

void PathList::shrink_to_fit() {
  text_.shrink_to_fit();
  ends_.shrink_to_fit();
}

PathList PathList::filtered(const std::function<bool(std::string_view)>& kept) const {
  PathList some;
  for (std::size_t i = 0; i < size(); ++i) {
    if (kept((*this)[i])) some.add((*this)[i]);
  }
  return some;
}

}  // namespace dbot::data
