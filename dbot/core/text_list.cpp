#include "dbot/core/text_list.h"

namespace dbot::core {

void TextList::add(std::string_view text) {
  add_path({}, text);
}

void TextList::add_path(std::string_view folder, std::string_view name) {
  if (!folder.empty()) bytes_.append(folder).push_back('/');
  bytes_.append(name);
  ends_.push_back(bytes_.size());
}

void TextList::shrink_to_fit() {
  bytes_.shrink_to_fit();
  ends_.shrink_to_fit();
}

TextList TextList::filtered(const std::function<bool(std::string_view)>& kept) const {
  TextList some;
  for (std::size_t i = 0; i < size(); ++i) {
    if (kept((*this)[i])) some.add((*this)[i]);
  }
  return some;
}

}  // namespace dbot::core
