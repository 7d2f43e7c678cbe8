#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace dbot::test {

/// A tar archive made in memory.
class TarWriter {
 public:
  /// `announced`: the size in the header, −1: that of the content.
  void add(const std::string& name, const std::string& content, char type = '0',
           std::int64_t announced = -1) {
    add_with_prefix("", name, content, type, announced);
  }
  void add_with_prefix(const std::string& prefix, const std::string& name,
                       const std::string& content, char type = '0', std::int64_t announced = -1) {
    last_ = bytes_.size();
    bytes_.append(512, '\0');
    put(0, name.substr(0, 100));
    put(100, "0000644");
    put(124, octal(announced < 0 ? static_cast<std::uint64_t>(content.size())
                                 : static_cast<std::uint64_t>(announced),
                   11));
    put(136, "00000000000");
    bytes_[last_ + 156] = type;
    put(257, std::string("ustar\00000", 8));
    put(345, prefix);
    seal();
    bytes_ += content;
    bytes_.append((512 - content.size() % 512) % 512, '\0');
  }
  /// The last member's size as GNU tar writes large ones.
  void make_last_size_binary() {
    const std::string digits = bytes_.substr(last_ + 124, 11);
    const auto size = std::stoull(digits, nullptr, 8);
    put(124, std::string(12, '\0'));
    bytes_[last_ + 124] = '\x80';
    for (std::size_t i = 0; i < 8; ++i) {
      bytes_[last_ + 135 - i] = static_cast<char>(size >> 8 * i);
    }
    seal();
  }
  /// The last member's size as writers of old pad it: spaces before the digits.
  void pad_last_size_with_spaces() {
    for (std::size_t at = last_ + 124; at < last_ + 134 && bytes_[at] == '0'; ++at)
      bytes_[at] = ' ';
    seal();
  }
  std::string finish() const { return bytes_ + std::string(1024, '\0'); }

 private:
  static std::string octal(std::uint64_t value, int digits) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
    return text;
  }
  void put(std::size_t at, const std::string& text) {
    bytes_.replace(last_ + at, text.size(), text);
  }
  void seal() {
    put(148, "        ");
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(bytes_[last_ + i]);
    put(148, octal(sum, 6) + '\0');
  }

  std::string bytes_;
  std::size_t last_ = 0;
};

/// "LENGTH KEY=VALUE\n", the length counting itself.
inline std::string pax_record(const std::string& key, const std::string& value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return std::to_string(length) + ' ' + key + '=' + value + '\n';
}

}  // namespace dbot::test
