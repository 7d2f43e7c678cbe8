// The opcodes of lists, tuples, dictionaries and sets, and of what a pickle would have called.
#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/formats/safetensors/safetensors_json.h"
#include "dbot/formats/torch/pickle_reader.h"

namespace dbot::formats {
namespace {

bool is_sequence(const PickleValue& value) {
  return value.kind == PickleKind::list || value.kind == PickleKind::tuple ||
         value.kind == PickleKind::set;
}

/// Classes whose values are what they contain; everything else stays an object.
PickleKind container_of(std::string_view name) {
  if (name == "collections.OrderedDict" || name == "builtins.dict" || name == "__builtin__.dict") {
    return PickleKind::dictionary;
  }
  if (name == "builtins.list" || name == "__builtin__.list") return PickleKind::list;
  if (name == "builtins.tuple" || name == "__builtin__.tuple" || name == "torch.Size") {
    return PickleKind::tuple;
  }
  for (const std::string_view set :
       {"builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset"}) {
    if (name == set) return PickleKind::set;
  }
  return PickleKind::object;
}

}  // namespace

bool PickleReader::read_container(unsigned opcode) {
  switch (opcode) {
    case ']':
      push(make(PickleKind::list));
      return true;
    case '}':
      push(make(PickleKind::dictionary));
      return true;
    case ')':
      push(make(PickleKind::tuple));
      return true;
    case 0x8f:
      push(make(PickleKind::set));
      return true;
    case 0x85:
    case 0x86:
    case 0x87:
      push_tuple(opcode - 0x84);
      return true;
    case 't':
    case 'l':
    case 0x91: {
      auto items = pop_to_mark();
      PickleValue& value = make(opcode == 't'   ? PickleKind::tuple
                                : opcode == 'l' ? PickleKind::list
                                                : PickleKind::set);
      value.items = std::move(items);
      push(value);
      return true;
    }
    case 'd': {
      const auto entries = pop_to_mark();
      push(make(PickleKind::dictionary));
      set_entries(entries);
      return true;
    }
    case 'a':
      append({&pop()});
      return true;
    case 'e':
    case 0x90:
      append(pop_to_mark());
      return true;
    case 's': {
      const PickleValue& value = pop();
      set_entries({&pop(), &value});
      return true;
    }
    case 'u':
      set_entries(pop_to_mark());
      return true;
    default:
      return false;
  }
}

void PickleReader::push_tuple(std::size_t count) {
  PickleValue& tuple = make(PickleKind::tuple);
  tuple.items.resize(count);
  for (std::size_t i = count; i-- > 0;) tuple.items[i] = &pop();
  push(tuple);
}

void PickleReader::append(const std::vector<const PickleValue*>& items) {
  PickleValue& target = top();
  if (target.kind != PickleKind::list && target.kind != PickleKind::set &&
      target.kind != PickleKind::object) {
    fail("it appends to a value that is no list");
  }
  target.items.insert(target.items.end(), items.begin(), items.end());
}

void PickleReader::set_entries(const std::vector<const PickleValue*>& entries) {
  PickleValue& target = top();
  if (target.kind != PickleKind::dictionary && target.kind != PickleKind::object) {
    fail("it sets an entry of a value that is no dictionary");
  }
  if (entries.size() % 2 != 0) fail("it sets a dictionary's key without a value");
  target.entries.insert(target.entries.end(), entries.begin(), entries.end());
}

bool PickleReader::read_object(unsigned opcode) {
  switch (opcode) {
    case 'c': {
      const std::string_view module = input_.line();
      push_global(module, input_.line());
      return true;
    }
    case 0x93:
      stack_global();
      return true;
    case 'R':
      call();
      return true;
    case 0x81:
      new_object(false);
      return true;
    case 0x92:
      new_object(true);
      return true;
    case 'b':
      restore();
      return true;
    case 'Q':
      persistent();
      return true;
    case 'i': {  // INST: named as in GLOBAL, made of what lies above the mark
      const std::string_view module = input_.line();
      push_global(module, input_.line());
      fail("it makes an object in the way of protocol 0 (INST), expected protocols 2 to 5");
    }
    case 'o':
      fail("it makes an object in the way of protocol 1 (OBJ), expected protocols 2 to 5");
    case 0x82:
    case 0x83:
    case 0x84:
      fail("it names a class by a number of Python's extension registry, which is not in the file");
    case 0x97:
    case 0x98:
      fail("it takes a buffer from outside the file");
    default:
      return false;
  }
}

void PickleReader::push_global(std::string_view module, std::string_view name) {
  if (!allowed_(module, name)) {
    throw DataError(
        {.fault = Fault::unsupported,
         .reason = fmt::format(
             "it asks for {}, which no checkpoint's data need: refused, and nothing was executed",
             printable(fmt::format("{}.{}", module, name))),
         .way_out = "if the file is trusted, save its state_dict() alone and read that"});
  }
  PickleValue& value = make(PickleKind::global);
  value.text = document_.texts_.emplace_back(fmt::format("{}.{}", module, name));
  push(value);
}

void PickleReader::stack_global() {
  const PickleValue& name = pop();
  const PickleValue& module = pop();
  if (name.kind != PickleKind::text || module.kind != PickleKind::text) {
    fail("it names a class by something that is no text");
  }
  push_global(module.text, name.text);
}

PickleValue& PickleReader::result_of(const PickleValue& callable, const PickleValue& arguments) {
  if (callable.kind != PickleKind::global) fail("it calls a value that is no class or function");
  if (arguments.kind != PickleKind::tuple) fail("it calls with arguments that are no tuple");
  PickleValue& result = make(container_of(callable.text));
  if (result.kind == PickleKind::object) {
    spend(arguments.items.size());
    result.text = callable.text;
    result.items = arguments.items;
    return result;
  }
  if (arguments.items.empty()) return result;
  const PickleValue& content = *arguments.items.front();
  if (result.kind == PickleKind::dictionary) {
    take_pairs(result, content);
  } else if (is_sequence(content)) {
    spend(content.items.size());
    result.items = content.items;
  } else {
    fail(fmt::format("{} is made of something that is no list", callable.text));
  }
  return result;
}

void PickleReader::take_pairs(PickleValue& dictionary, const PickleValue& pairs) {
  spend(pairs.entries.size() + pairs.items.size());
  if (pairs.kind == PickleKind::dictionary) {
    dictionary.entries = pairs.entries;
    return;
  }
  if (!is_sequence(pairs)) fail("a dictionary is made of something that is no list of pairs");
  for (const PickleValue* pair : pairs.items) {
    if (!is_sequence(*pair) || pair->items.size() != 2) {
      fail("a dictionary is made of a list of something else than pairs");
    }
    dictionary.entries.insert(dictionary.entries.end(), pair->items.begin(), pair->items.end());
  }
}

void PickleReader::call() {
  const PickleValue& arguments = pop();
  const PickleValue& callable = pop();
  push(result_of(callable, arguments));
}

void PickleReader::new_object(bool with_keywords) {
  const PickleValue* keywords = with_keywords ? &pop() : nullptr;
  const PickleValue& arguments = pop();
  PickleValue& object = result_of(pop(), arguments);
  if (keywords != nullptr && object.kind == PickleKind::object) {
    if (keywords->kind != PickleKind::dictionary) fail("keyword arguments are no dictionary");
    spend(keywords->entries.size());
    object.entries = keywords->entries;
  }
  push(object);
}

void PickleReader::restore() {
  const PickleValue& state = pop();
  PickleValue& target = top();
  // An OrderedDict's state are attributes such as torch's _metadata.
  if (target.kind != PickleKind::object && target.kind != PickleKind::dictionary) {
    fail("it restores the state of a value that is no object");
  }
  target.state = &state;
}

void PickleReader::persistent() {
  const PickleValue& identifier = pop();
  PickleValue& value = make(PickleKind::persistent);
  if (identifier.kind != PickleKind::tuple) fail("a persistent identifier is no tuple");
  spend(identifier.items.size());
  value.items = identifier.items;
  push(value);
}

}  // namespace dbot::formats
