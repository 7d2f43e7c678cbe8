#include "dbot/data/text/tables/reuters.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "dbot/core/files/files.h"
#include "dbot/data/data_error.h"
#include "dbot/data/text/tables/sgml.h"

namespace dbot::data {
namespace {

struct NamedDocument {
  NewsDocument document;
  std::string name;
};

/// The topics of documents, each once.
std::set<std::string> topics_of(const std::vector<NamedDocument>& documents) {
  std::set<std::string> topics;
  for (const auto& [document, name] : documents) {
    topics.insert(document.topics.begin(), document.topics.end());
  }
  return topics;
}

/// Those with one of the labels.
LabelledTexts with_labels(const std::vector<NamedDocument>& documents,
                          const std::map<std::string, std::int32_t>& places) {
  LabelledTexts texts;
  for (const auto& [document, name] : documents) {
    std::set<std::int32_t> labels;
    for (const std::string& topic : document.topics) {
      if (const auto place = places.find(topic); place != places.end()) {
        labels.insert(place->second);
      }
    }
    if (!labels.empty()) texts.add(document.text, name, {labels.begin(), labels.end()});
  }
  return texts;
}

}  // namespace

std::vector<std::filesystem::path> news_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".sgm") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

LabelledTextParts read_reuters(const std::filesystem::path& folder) {
  std::vector<NamedDocument> train, test;
  for (const auto& file : news_files(folder)) {
    for (NewsDocument& document : parse_news(core::read_text_file(file), file.string())) {
      if (document.has_topics != "YES") continue;
      std::string name = fmt::format("{}[{}]", file.string(), document.id);
      if (document.split == "TRAIN")
        train.push_back({std::move(document), std::move(name)});
      else if (document.split == "TEST")
        test.push_back({std::move(document), std::move(name)});
    }
  }
  const std::set<std::string> of_train = topics_of(train), of_test = topics_of(test);
  LabelledTextParts parts{.kind = "reuters", .labels = {}, .train = {}, .test = {}};
  std::ranges::set_intersection(of_train, of_test, std::back_inserter(parts.labels));
  if (parts.labels.empty()) {
    throw data_error(folder.string(), Fault::unlabelled,
                     "has no topic that documents to train on and to test on share");
  }
  std::map<std::string, std::int32_t> places;
  for (const std::string& label : parts.labels) {
    places.emplace(label, static_cast<std::int32_t>(places.size()));
  }
  parts.train = with_labels(train, places);
  parts.test = with_labels(test, places);
  return parts;
}

}  // namespace dbot::data
