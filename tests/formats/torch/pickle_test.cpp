#include "dbot/formats/torch/pickle.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dbot/core/error.h"
#include "dbot/formats/torch/torch_globals.h"
#include "tests/formats/writer/torch_writer.h"

namespace dbot::formats {
namespace {

using testing::HasSubstr;
using writer::global;
using writer::integer;
using writer::number;
using writer::pickle;
using writer::text;

PickleDocument read(const std::string& bytes) {
  return read_pickle(std::as_bytes(std::span(bytes)), is_checkpoint_global);
}

std::string refusal(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Pickle, ReadsNumbersOfEverySize) {
  const std::string bytes =
      pickle("(" + integer(-7) + "K\xff" + "M\xff\xff" + std::string("\x8a\0", 2) +
             std::string("\x8a\x01\x80", 3) + "\x8a\x09" + std::string(8, '\0') + "\x40" + "t");
  const PickleDocument document = read(bytes);
  const auto& items = document.root().items;
  ASSERT_EQ(items.size(), 6U);
  EXPECT_EQ(items[0]->integer, -7);
  EXPECT_EQ(items[1]->integer, 255);
  EXPECT_EQ(items[2]->integer, 65535);
  EXPECT_EQ(items[3]->integer, 0);
  EXPECT_EQ(items[4]->integer, -128);
  EXPECT_EQ(items[5]->kind, PickleKind::long_integer);
  EXPECT_EQ(long_integer_text(*items[5]), "1180591620717411303424");
}

TEST(Pickle, FramesOfProtocol4OnlyAnnounce) {
  const std::string content = integer(5) + ".";
  const auto framed = [&](std::size_t announced) {
    return "\x80\x04\x95" + number(announced, 8) + content;
  };
  EXPECT_EQ(read(framed(content.size())).root().integer, 5);
  EXPECT_THAT(refusal(framed(content.size() + 1)), HasSubstr("a frame of 7 bytes is announced"));
}

TEST(Pickle, WritesLongIntegersInDecimal) {
  const auto digits = [](const std::string& bytes) {
    const std::string whole = pickle("\x8a" + number(bytes.size(), 1) + bytes);
    return long_integer_text(read(whole).root());
  };
  EXPECT_EQ(digits(std::string(8, '\0') + "\xc0"), "-1180591620717411303424");
  EXPECT_EQ(digits(std::string(8, '\xff') + std::string(1, '\0')), "18446744073709551615");
  EXPECT_EQ(digits(std::string(8, '\xff') + "\xff"), "-1");
  EXPECT_EQ(digits(std::string(8, '\0') + "\xff"), "-18446744073709551616");
}

TEST(Pickle, ValuesAreSharedThroughTheMemo) {
  const std::string bytes("\x80\x02]q\0h\0h\0\x87.", 11);  // a list, three times in a tuple
  const PickleDocument document = read(bytes);
  ASSERT_EQ(document.root().items.size(), 3U);
  EXPECT_EQ(document.root().items[0], document.root().items[2]);
}

TEST(Pickle, OrderedDictionariesOfEveryAgeAreDictionaries) {
  const std::string ordered = global("collections", "OrderedDict");
  for (const std::string& content :
       std::vector<std::string>{ordered + ")R(" + text("a") + integer(1) + "u",
                                ordered + "](" + writer::tuple({text("a"), integer(1)}) + "e\x85R",
                                ordered + "]](" + text("a") + integer(1) + "ea\x85R"}) {
    const std::string bytes = pickle(content);
    const PickleDocument document = read(bytes);
    ASSERT_EQ(document.root().kind, PickleKind::dictionary);
    ASSERT_EQ(document.root().entries.size(), 2U);
    EXPECT_EQ(document.root().entries[0]->text, "a");
    EXPECT_EQ(document.root().entries[1]->integer, 1);
  }
}

TEST(Pickle, ObjectsKeepWhatTheyWouldBeMadeOf) {
  const std::string bytes = pickle(global("argparse", "Namespace") + ")\x81" +
                                   writer::dictionary({{"lr", integer(1)}}) + "b");
  const PickleDocument document = read(bytes);
  EXPECT_EQ(document.root().kind, PickleKind::object);
  EXPECT_EQ(document.root().text, "argparse.Namespace");
  ASSERT_NE(document.root().state, nullptr);
  EXPECT_EQ(document.root().state->entries.size(), 2U);
}

TEST(Pickle, RefusesEveryOtherNameInEveryOpcode) {
  const std::string argument = "(" + text("touch /tmp/owned") + "t";
  for (const auto& [module, name] :
       {std::pair{"os", "system"}, std::pair{"posix", "system"}, std::pair{"nt", "system"},
        std::pair{"builtins", "eval"}, std::pair{"builtins", "exec"},
        std::pair{"builtins", "getattr"}, std::pair{"__builtin__", "eval"},
        std::pair{"subprocess", "Popen"}, std::pair{"torch", "load"},
        std::pair{"torch.storage", "_load_from_bytes"},
        std::pair{"torch.nn.modules.linear", "Linear"}, std::pair{"numpy", "load"},
        std::pair{"torch._utils", "_rebuild"}, std::pair{"__torch__.anything", "Module"},
        std::pair{"collections", "OrderedDict.update"}, std::pair{"", ""}}) {
    const std::string named = fmt::format("{}.{}", module, name);
    const std::string stack_global = text(module) + text(name) + "\x93";
    const std::string instance = "(" + text("x") + "i" + module + "\n" + name + "\n";
    for (const std::string& content : std::vector<std::string>{
             global(module, name) + argument + "R", global(module, name) + argument + "\x81",
             global(module, name) + argument + "}\x92",
             "(" + global(module, name) + text("x") + "o", global(module, name) + "}b",
             global(module, name), stack_global + argument + "R", stack_global, instance}) {
      EXPECT_THAT(refusal(pickle(content)),
                  testing::AllOf(HasSubstr("\"" + named + "\""), HasSubstr("nothing was executed")))
          << testing::PrintToString(content);
    }
  }
}

TEST(Pickle, RefusesWhatProtocolsTwoToFiveDoNotHave) {
  EXPECT_THAT(refusal("\x80\x06N."), HasSubstr("protocol is 6"));
  EXPECT_THAT(refusal("\x80\x01N."), HasSubstr("protocol is 1"));
  EXPECT_THAT(refusal("I1\n."), HasSubstr("0x49 is no opcode"));
  EXPECT_THAT(refusal(pickle("\x82\x01")), HasSubstr("extension registry"));
  EXPECT_THAT(refusal(pickle("\x97")), HasSubstr("outside the file"));
  EXPECT_THAT(refusal(pickle("(iargparse\nNamespace\n")), HasSubstr("INST"));
  EXPECT_THAT(refusal(pickle("(" + global("argparse", "Namespace") + "o")), HasSubstr("OBJ"));
}

TEST(Pickle, RefusesSizesThatTheFileDoesNotHold) {
  const std::string huge = number(~std::uint64_t{0}, 8);
  for (const std::string& content : std::vector<std::string>{
           "X" + number(0xFFFFFFFF, 4), "T" + number(0x7FFFFFFF, 4), "B" + number(0xFFFFFFFF, 4),
           "\x8d" + huge, "\x8e" + huge, "\x96" + huge, "\x8c\xff", "C\xff", "U\xff"}) {
    EXPECT_THAT(refusal(pickle(content)), HasSubstr("it ends at byte"));
  }
  EXPECT_THAT(refusal(pickle("\x95" + huge)), HasSubstr("a frame of 18446744073709551615 bytes"));
  EXPECT_THAT(refusal(pickle("\x8b" + number(0xFFFFFFFF, 4))),
              HasSubstr("an integer of 4294967295"));
  EXPECT_THAT(refusal(pickle("\x8b" + number(0x7FFFFFFF, 4))),
              HasSubstr("an integer of 2147483647"));
}

TEST(Pickle, RefusesAStackThatDoesNotFit) {
  for (const std::string& content : {std::string(""),
                                     std::string("R"),
                                     std::string("a"),
                                     std::string("t"),
                                     std::string("0"),
                                     std::string("1"),
                                     std::string("2"),
                                     std::string("u"),
                                     std::string("\x85"),
                                     std::string("Q"),
                                     std::string("\x93"),
                                     std::string("h\x07"),
                                     std::string("j\xff\xff\xff\xff"),
                                     std::string("q\x01"),
                                     std::string("NN"),
                                     std::string("(N"),
                                     std::string("(0"),
                                     std::string("N(\x85"),
                                     std::string("N}R"),
                                     std::string("NN\x86"
                                                 "a"),
                                     std::string("Nb"),
                                     std::string("]NNs"),
                                     std::string("}(Nu"),
                                     std::string("NQ"),
                                     std::string("NN\x93"),
                                     global("torch", "Size") + "NR",
                                     global("torch", "Size") + "N\x85R",
                                     global("collections", "OrderedDict") + "]Na\x85R",
                                     global("collections", "OrderedDict") + "N\x85R"}) {
    EXPECT_NE(refusal(pickle(content)), "accepted") << testing::PrintToString(content);
  }
}

TEST(Pickle, ReadsAsManyPartsAsALargeCheckpointHas) {
  std::string parts = "N";
  for (int i = 0; i < 2'500'000; ++i) parts += "20";  // copied and dropped again
  EXPECT_EQ(refusal(pickle(parts)), "accepted");
}

TEST(Pickle, RefusesBombs) {
  EXPECT_THAT(refusal(pickle(std::string(1'100'000, 'N'))), HasSubstr("more than 1000000 values"));
  std::string remembered = "N";
  for (std::uint32_t i = 0; i < 1'100'000; ++i) remembered += "r" + number(i, 4);
  EXPECT_THAT(refusal(pickle(remembered)), HasSubstr("remembers more than"));
  EXPECT_THAT(refusal(pickle("N" + std::string(8'100'000, '2'))), HasSubstr("was given up"));
  // One long tuple whose items would be copied by every call.
  std::string calls = global("pathlib", "PosixPath") + std::string("q\0", 2) + "(" +
                      std::string(20'000, ')') + "tq\x01";
  for (int i = 0; i < 1000; ++i) calls += std::string("h\0h\x01R0", 6);
  EXPECT_THAT(refusal(pickle(calls)), HasSubstr("was given up"));
}

TEST(Pickle, EveryBeginningIsRefused) {
  const std::string whole = writer::state_dict({});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)), "accepted") << size;
  }
  EXPECT_EQ(refusal(whole), "accepted");
}

}  // namespace
}  // namespace dbot::formats
