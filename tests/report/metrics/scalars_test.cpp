// A method's further figures on their way to files and page, under names of any kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "dbot/core/files/files.h"
#include "dbot/formats/event_file.h"
#include "dbot/report/metrics/events.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/report/metrics/scalar_name.h"
#include "dbot/report/page/page.h"
#include "dbot/report/page/page_data.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/fake_method.h"

namespace dbot::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string kUnknown = "\xEF\xBF\xBD";  // U+FFFD

/// Two steps of a method with such figures.
class ScalarsTest : public testing::Test {
 protected:
  void train(std::vector<std::pair<std::string, double>> scalars) {
    MetricsFile metrics(run_ / "metrics.jsonl");
    Events events(run_.path(), core::silent_log(), [] { return 1.7e9; });
    const train::Plan plan{.steps_per_epoch = 2, .stage_begin = {0, 2}, .warmup_steps = {0}};
    for (train::TrainObserver* observer : std::vector<train::TrainObserver*>{&metrics, &events}) {
      observer->on_begin(plan, {}, method_);
      for (std::int64_t step = 1; step <= 2; ++step) {
        train::StepRecord record;
        record.state.step = step;
        record.loss = 0.5;
        record.scalars = scalars;
        observer->on_step(record, method_);
      }
    }
  }
  std::string event_file() const {
    return core::read_text_file(run_ / "events.out.tfevents.1700000000.dbot");
  }

  test::TemporaryFolder run_;
  FakeMethod method_;
};

/// The field `tag` of an event's value as it stands in the file.
std::string tag(const std::string& name) {
  return "\x0a" + std::string(1, static_cast<char>(name.size())) + name + "\x15";
}

TEST_F(ScalarsTest, ReachMetricsEventsAndThePage) {
  train({{"spread", 0.25}, {"teacher/entropy", 3}});
  const auto records = read_metrics(run_ / "metrics.jsonl");
  EXPECT_EQ(records.at(2).numbers.at("scalars.spread"), 0.25);
  EXPECT_EQ(records.at(2).numbers.at("scalars.teacher/entropy"), 3);
  EXPECT_THAT(event_file(), HasSubstr(tag("scalars/spread")));
  const json page = json::parse(PageData(run_.path()).json());
  EXPECT_EQ(page["curves"]["scalars.spread"]["points"], json::parse("[[1,0.25],[2,0.25]]"));
  EXPECT_THAT(page["left_out"].dump(), Not(HasSubstr("figures")));
}

TEST_F(ScalarsTest, ARunWithoutThemHasTheFilesItAlwaysHad) {
  train({});
  EXPECT_THAT(core::read_text_file(run_ / "metrics.jsonl"), Not(HasSubstr("scalars")));
  EXPECT_THAT(event_file(), Not(HasSubstr("scalars")));
}

TEST_F(ScalarsTest, HostileNamesBreakNoLineOfMetrics) {
  train({{"</script><b>", 1},
         {"a\"b\\c\n}{", 2},
         {"\xff\xfe", 3},
         {"", 4},
         {std::string(2'000'000, 'x'), 5},
         {"\u202e__proto__", 6},
         {std::string(3, '\0'), 7}});
  std::istringstream text(core::read_text_file(run_ / "metrics.jsonl"));
  int lines = 0;
  for (std::string line; std::getline(text, line); ++lines) {
    EXPECT_TRUE(json::accept(line)) << line.substr(0, 300);
    EXPECT_LT(line.size(), 2000u);
  }
  EXPECT_EQ(lines, 3);
  const auto numbers = read_metrics(run_ / "metrics.jsonl").at(2).numbers;
  EXPECT_EQ(numbers.at("scalars.</script><b>"), 1);
  EXPECT_EQ(numbers.at("scalars.a\"b\\c }{"), 2);
  EXPECT_EQ(numbers.at("scalars." + kUnknown + kUnknown), 3);
  EXPECT_EQ(numbers.at("scalars.unnamed"), 4);
  EXPECT_EQ(numbers.at("scalars." + std::string(120, 'x')), 5);
  EXPECT_EQ(numbers.at("scalars." + kUnknown + "__proto__"), 6);
  EXPECT_EQ(numbers.at("scalars." + kUnknown + kUnknown + kUnknown), 7);
}

TEST_F(ScalarsTest, HostileNamesBreakNoEvent) {
  train({{"\xff</b>", 1}, {"", 2}, {std::string(1, '\0') + "\n", 3}});
  const std::string content = event_file();
  EXPECT_THAT(content, HasSubstr(tag("scalars/" + kUnknown + "</b>")));
  EXPECT_THAT(content, HasSubstr(tag("scalars/unnamed")));
  EXPECT_THAT(content, HasSubstr(tag("scalars/" + kUnknown + " ")));
  int events = 0;  // every record has its length and the checksums of its bytes
  for (std::size_t at = 0; at < content.size(); ++events) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(content[at])) |
                      static_cast<std::size_t>(static_cast<unsigned char>(content[at + 1])) << 8;
    ASSERT_LE(at + size + 16, content.size());
    EXPECT_EQ(content.substr(at, size + 16), formats::framed_record(content.substr(at + 12, size)));
    at += size + 16;
  }
  EXPECT_EQ(events, 4) << "head, restart and two steps";
}

TEST_F(ScalarsTest, HostileNamesAreNoMarkupOfThePage) {
  train({{"</script><img src=x onerror=alert(1)>", 1}, {"__proto__", 2}, {"constructor", 3}});
  const std::string data = PageData(run_.path()).json();
  EXPECT_THAT(data, Not(HasSubstr("<")));
  EXPECT_THAT(page_html({data}), Not(HasSubstr("<img src=x")));
  const json curves = json::parse(data)["curves"];
  EXPECT_EQ(curves["scalars.</script><img src=x onerror=alert(1)>"]["points"][0][1], 1);
  EXPECT_EQ(curves["scalars.__proto__"]["points"][0][1], 2);
}

TEST_F(ScalarsTest, ThePageSaysThatThereAreMoreThanItDraws) {
  std::vector<std::pair<std::string, double>> many;
  for (int i = 0; i < 40; ++i) many.emplace_back("figure " + std::to_string(i), i);
  train(many);
  const json page = json::parse(PageData(run_.path()).json());
  EXPECT_THAT(page["curves"], SizeIs(24));
  EXPECT_THAT(page["left_out"].dump(), HasSubstr("more figures than the 24 curves"));
}

TEST(ScalarName, IsTheNameWhereItCanBeShown) {
  EXPECT_EQ(scalar_name("reconstruction"), "reconstruction");
  EXPECT_EQ(scalar_name("Genauigkeit für Äpfel"), "Genauigkeit für Äpfel");
  EXPECT_EQ(scalar_name("two\nlines\t"), "two lines ");
  // A character that is cut is replaced as a whole.
  EXPECT_EQ(scalar_name(std::string(119, 'x') + "ä"), std::string(119, 'x') + kUnknown);
}

}  // namespace
}  // namespace dbot::report
