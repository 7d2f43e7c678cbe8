// dbot data vocabulary: a vocabulary of word pieces, trained from captions.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/files/files.h"
#include "dbot/data/text/text_dataset.h"
#include "dbot/data/text/vocabulary_training.h"
#include "dbot/data/text/word_piece.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"

namespace dbot::app {
namespace {

struct DataVocabularyArguments {
  std::string data, out, captions;
  std::int64_t size = 0;
  bool force = false, json = false;
};

/// How many tokens the texts have: what the length of a recipe's texts is chosen by.
struct TokenLengths {
  double mean = 0;
  std::int64_t most = 0;
};

TokenLengths measure(const data::TextDataset& texts, const data::WordPiece& tokenizer) {
  TokenLengths lengths;
  std::int64_t all = 0;
  for (std::int64_t i = 0; i < texts.size(); ++i) {
    const auto tokens = std::ssize(tokenizer.ids(texts.text(i)));
    all += tokens;
    lengths.most = std::max<std::int64_t>(lengths.most, tokens);
  }
  lengths.mean = static_cast<double>(all) / static_cast<double>(texts.size());
  return lengths;
}

void make_vocabulary(const DataVocabularyArguments& arguments) {
  check_output_files("data vocabulary", {arguments.out}, arguments.force);
  const auto texts = data::open_texts(arguments.data, arguments.captions, {console_log()});
  data::WordCounts words;
  for (std::int64_t i = 0; i < texts->size(); ++i) words.add(texts->text(i));
  const auto trained = data::train_vocabulary(words, arguments.size);
  const data::WordPiece tokenizer(trained.vocabulary);
  const auto lengths = measure(*texts, tokenizer);
  const auto tokens = trained.vocabulary.size();
  core::write_file_atomically(arguments.out, trained.vocabulary.text());
  if (words.too_long() > 0) {
    complain(fmt::format("{} words of more than {} characters are left out", words.too_long(),
                         data::kLongestWord));
  }
  if (tokens < arguments.size) {
    complain(fmt::format("{} tokens, not {}: no pair of pieces occurs twice any more", tokens,
                         arguments.size));
  }
  if (arguments.json) {
    const nlohmann::ordered_json json{{"out", arguments.out},
                                      {"tokens", tokens},
                                      {"texts", words.texts()},
                                      {"words", words.words()},
                                      {"different_words", words.counts().size()},
                                      {"too_long_words", words.too_long()},
                                      {"characters", trained.characters},
                                      {"joined", trained.joined},
                                      {"mean_text_tokens", lengths.mean},
                                      {"most_text_tokens", lengths.most}};
    return print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  const auto row = [](const char* name, std::int64_t count) {
    return std::vector<std::string>{name, report::grouped(count)};
  };
  print(report::text_table({{"what", "count"},
                            row("texts", words.texts()),
                            row("words", words.words()),
                            row("different words", std::ssize(words.counts())),
                            row("characters", trained.characters),
                            row("tokens", tokens),
                            {"tokens of a text", fmt::format("{:.1f} on average, {} at most",
                                                             lengths.mean, lengths.most)}}));
  print_line(arguments.out);
}

}  // namespace

void add_data_vocabulary(CommandLine& line, CLI::App& data) {
  CLI::App* command =
      data.add_subcommand("vocabulary", "Train a vocabulary of word pieces from captions");
  auto a = std::make_shared<DataVocabularyArguments>();
  const auto add = [command](const char* name, auto& value, const char* type, const char* text) {
    return command->add_option(name, value, text)->type_name(type);
  };
  add("DATA", a->data, "PATH", "File of texts or captions, or a data set whose images have some")
      ->required()
      ->check(not_empty());
  add("--size", a->size, "N", "Tokens of the vocabulary, at most")->required();
  add("--out", a->out, "FILE", "Vocabulary to write, one token a line")
      ->required()
      ->check(not_empty());
  add("--captions", a->captions, "beside|FILE",
      "Captions of the data set's images: those that lie with them, or a file")
      ->check(not_empty());
  command->add_flag("--force", a->force, "Replace a file that is there");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { make_vocabulary(*a); }; });
}

}  // namespace dbot::app
