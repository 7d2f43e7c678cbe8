// Walks a document: its tensors by name, and the rest as JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/formats/safetensors/safetensors_json.h"
#include "dbot/formats/torch/numpy_array.h"
#include "dbot/formats/torch/torch_content.h"

namespace dbot::formats {
namespace {

using Json = nlohmann::ordered_json;

// Shared values are walked once for each place they stand in: without a limit a small file could
// keep us busy for ever.
constexpr std::size_t kMostPlaces = 1'000'000;
constexpr int kDeepest = 100;
constexpr std::size_t kMostTensors = 100'000;
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kMostText = 64 << 20;  // characters of the JSON

/// Counts the places that were visited, and the text that they gave.
class Walk {
 public:
  void enter(int depth) {
    if (depth > kDeepest) {
      throw DataError({.fault = Fault::too_large,
                       .reason = fmt::format("its values nest more than {} deep", kDeepest)});
    }
    if (++places_ > kMostPlaces) {
      throw DataError(
          {.fault = Fault::too_large,
           .reason = fmt::format("its values are used in more than {} places", kMostPlaces)});
    }
  }

  std::string text(std::string_view text) {
    text_ += text.size();
    if (text_ > kMostText) {
      throw DataError(
          {.fault = Fault::too_large,
           .reason = fmt::format("its values hold more than {} MiB of text", kMostText >> 20)});
    }
    return std::string(text);
  }

 private:
  std::size_t places_ = 0, text_ = 0;
};

bool is_number(const PickleValue& key) {
  return key.kind == PickleKind::integer || key.kind == PickleKind::boolean;
}

/// A key that is no text or number is no name.
std::string_view key_text(const PickleValue& key) {
  return key.kind == PickleKind::text ? key.text : "?";
}

class TensorWalk {
 public:
  explicit TensorWalk(const TorchContent& content) : content_(content) {}

  void visit(const PickleValue& value, const std::string& name, int depth) {
    walk_.enter(depth);
    if (is_tensor(value) || is_array(value)) return take(value, name);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      visit(*value.items[i], below(name, std::to_string(i)), depth + 1);
    }
    for (std::size_t i = 0; i + 1 < value.entries.size(); i += 2) {
      const PickleValue& key = *value.entries[i];
      visit(*value.entries[i + 1],
            is_number(key) ? below(name, std::to_string(key.integer)) : below(name, key_text(key)),
            depth + 1);
    }
    if (value.kind == PickleKind::object && value.state != nullptr) {
      visit(*value.state, name, depth + 1);
    }
  }

  TorchTensors take_result() {
    result_.texts = arrays_.take_texts();
    return std::move(result_);
  }

 private:
  /// One character more than a name may have says that it was cut.
  static std::string below(const std::string& name, std::string_view key) {
    std::string longer = name.empty() ? "" : name + ".";
    longer += key.substr(0, kLongestName + 1);
    if (longer.size() > kLongestName) longer.resize(kLongestName + 1);
    return longer;
  }

  void take(const PickleValue& value, const std::string& name) {
    try {
      if (name.size() > kLongestName) {
        throw DataError(
            {.fault = Fault::too_large,
             .reason = fmt::format("the name has more than {} characters", kLongestName)});
      }
      if (names_.size() == kMostTensors) {
        throw DataError({.fault = Fault::too_large,
                         .reason = fmt::format("there are more than {}", kMostTensors)});
      }
      if (!names_.insert(name).second) {
        throw DataError({.fault = Fault::corrupt, .reason = "it is there twice"});
      }
      auto tensor = is_array(value) ? arrays_.read(value) : read_tensor(value, content_);
      if (auto* reason = std::get_if<std::string>(&tensor)) {
        result_.unread.push_back({name, std::move(*reason)});
        return;
      }
      result_.tensors.push_back(std::move(std::get<StoredTensor>(tensor)));
      result_.tensors.back().name = name;
    } catch (const DataError& error) {
      throw data_error_about("", "tensor " + printable(name), error);
    }
  }

  const TorchContent& content_;
  Walk walk_;
  ArrayReader arrays_;
  TorchTensors result_;
  std::unordered_set<std::string> names_;
};

class JsonWalk {
 public:
  Json visit(const PickleValue& value, int depth) {
    walk_.enter(depth);
    switch (value.kind) {
      case PickleKind::none:
        return nullptr;
      case PickleKind::boolean:
        return value.integer != 0;
      case PickleKind::integer:
        return value.integer;
      case PickleKind::long_integer:
        return long_integer_text(value);
      case PickleKind::real:
        return value.real;
      case PickleKind::text:
      case PickleKind::global:
        return walk_.text(value.text);
      case PickleKind::bytes:
        return fmt::format("{} bytes", value.text.size());
      case PickleKind::persistent:
        return "storage";
      case PickleKind::dictionary:
        return entries(value, depth);
      case PickleKind::object:
        return object(value, depth);
      case PickleKind::list:
      case PickleKind::tuple:
      case PickleKind::set:
        break;
    }
    return items(value, depth);
  }

 private:
  Json items(const PickleValue& value, int depth) {
    Json list = Json::array();
    for (const PickleValue* item : value.items) {
      if (!is_tensor(*item) && !is_array(*item)) list.push_back(visit(*item, depth + 1));
    }
    return list;
  }

  Json entries(const PickleValue& value, int depth) {
    // The library keeps the order by searching; nobody reads a longer one.
    constexpr std::size_t kMostEntries = 2000;
    if (value.entries.size() / 2 > kMostEntries) {
      return fmt::format("{} entries", value.entries.size() / 2);
    }
    Json result = Json::object();
    for (std::size_t i = 0; i + 1 < value.entries.size(); i += 2) {
      const PickleValue& entry = *value.entries[i + 1];
      if (is_tensor(entry) || is_array(entry)) continue;
      const PickleValue& key = *value.entries[i];
      const std::string name =
          is_number(key) ? std::to_string(key.integer) : walk_.text(key_text(key));
      result[name] = visit(entry, depth + 1);
    }
    return result;
  }

  /// Its attributes where it has any, else what it was to be made of.
  Json object(const PickleValue& value, int depth) {
    if (value.state != nullptr) return visit(*value.state, depth + 1);
    if (!value.entries.empty()) return entries(value, depth);
    return {{"class", walk_.text(value.text)}, {"arguments", items(value, depth)}};
  }

  Walk walk_;
};

}  // namespace

TorchTensors collect_tensors(const TorchContent& content) {
  TensorWalk walk(content);
  walk.visit(content.document.root(), "", 0);
  return walk.take_result();
}

std::map<std::string, std::string> own_attributes(const PickleDocument& document) {
  std::map<std::string, std::string> attributes;
  const auto take = [&attributes](const PickleValue& value) {
    if (value.kind != PickleKind::dictionary || value.state == nullptr) return;
    const auto& entries = value.state->entries;
    for (std::size_t i = 0; i + 1 < entries.size(); i += 2) {
      const bool texts =
          entries[i]->kind == PickleKind::text && entries[i + 1]->kind == PickleKind::text;
      if (texts && entries[i]->text.starts_with("dbot.")) {
        attributes.emplace(entries[i]->text, entries[i + 1]->text);
      }
    }
  };
  const PickleValue& root = document.root();
  take(root);
  for (std::size_t i = 0; i + 1 < root.entries.size(); i += 2) take(*root.entries[i + 1]);
  return attributes;
}

std::string document_json(const PickleDocument& document) {
  const PickleValue& root = document.root();
  const Json json = is_tensor(root) ? Json::object() : JsonWalk().visit(root, 0);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dbot::formats
