#include "dbot/report/page/search_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dbot/report/page/page.h"

namespace dbot::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

SearchedImage image(const std::string& name, double similarity, bool copy = false) {
  return {.name = name,
          .label = "cat",
          .picture = plain_image({32, 32}, {90, 90, 90}),
          .similarity = similarity,
          .copy = copy};
}

SearchShown search() {
  return {.data = "/data/photos",
          .model = "runs/a",
          .features = "mean",
          .images = 12345,
          .asked = 1,
          .queries = {{.query = image("a.png", 0),
                       .nearest = {image("b.png", 0.9995, true), image("c.png", 0.5)}}}};
}

TEST(SearchPage, HoldsWhatWasFound) {
  const json page = json::parse(search_page_data(search()));
  EXPECT_EQ(page["sentence"],
            "What 12,345 images hold that is like a.png; 1 of those found is the same picture.");
  EXPECT_EQ(page["copies"], 1);
  const json& nearest = page["queries"][0]["nearest"];
  ASSERT_EQ(nearest.size(), 2U);
  EXPECT_EQ(nearest[0]["file"], "b.png");
  EXPECT_EQ(nearest[0]["copy"], true);
  EXPECT_EQ(nearest[1]["similarity"], 0.5);
  EXPECT_THAT(nearest[1]["picture"].get<std::string>(),
              testing::StartsWith("data:image/png;base64,"));
}

TEST(SearchPage, TakesNamesForNoMarkup) {
  SearchShown hostile = search();
  hostile.queries[0].nearest[0].name = "</script><b>.png";
  EXPECT_THAT(search_page_html(search_page_data(hostile)), Not(HasSubstr("</script><b>")));
}

TEST(SearchPage, HasAPlaceForPicturesThatCannotBeShown) {
  SearchShown lost = search();
  lost.queries[0].nearest[1].picture = {};
  const json page = json::parse(search_page_data(lost));
  EXPECT_TRUE(page["queries"][0]["nearest"][1]["picture"].is_null());
}

TEST(SearchSheet, SaysSimilarityNameAndClass) {
  const auto rows = search_sheet(search());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_THAT(rows[0].left.lines, testing::ElementsAre("query", "a.png", "cat"));
  EXPECT_THAT(rows[0].tiles[0].lines, testing::ElementsAre("0.9995 copy", "b.png", "cat"));
  EXPECT_TRUE(rows[0].tiles[0].marked);
  EXPECT_FALSE(rows[0].tiles[1].marked);
}

}  // namespace
}  // namespace dbot::report
