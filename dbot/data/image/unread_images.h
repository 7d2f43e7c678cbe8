#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dbot::data {

/// Kinds of images that people have and dbot does not read, as their names say.
inline constexpr std::array<std::string_view, 5> kUnreadKinds{"HEIC", "AVIF", "GIF", "JPEG 2000",
                                                              "JPEG XL"};

/// How many files there are of each of `kUnreadKinds`.
struct UnreadImages {
  std::array<std::int64_t, kUnreadKinds.size()> of_kind{};

  /// Counts the file if its extension, in any case, is that of such a kind.
  void add(std::string_view file_name);
  UnreadImages& operator+=(const UnreadImages& other);
  std::int64_t total() const;
  /// "312 HEIC and 4 GIF images are passed over: …; convert them to JPEG or PNG, …", to continue
  /// the name of the data set. Empty if there is none.
  std::string told() const;
  bool operator==(const UnreadImages&) const = default;
};

}  // namespace dbot::data
