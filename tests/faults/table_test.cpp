// docs/reliability.md promises nothing that no test proves.
#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace dbot::faults {
namespace {

/// "Suite.Name" of every test of this program; of a parametrised one also without its instance and
/// parameter.
std::set<std::string> known_tests() {
  std::set<std::string> names;
  const auto& program = *testing::UnitTest::GetInstance();
  for (int s = 0; s < program.total_test_suite_count(); ++s) {
    const auto& suite = *program.GetTestSuite(s);
    for (int t = 0; t < suite.total_test_count(); ++t) {
      const std::string full = std::string(suite.name()) + "." + suite.GetTestInfo(t)->name();
      names.insert(full);
      static const std::regex instance(R"(^[^/.]+/([^/.]+)\.([^/]+)/.*$)");
      names.insert(std::regex_replace(full, instance, "$1.$2"));
    }
  }
  return names;
}

TEST(ReliabilityTable, EachRowNamesATestThatExists) {
  std::ifstream document("docs/reliability.md");
  ASSERT_TRUE(document) << "the tests are started from the root of the checkout";
  const std::set<std::string> known = known_tests();
  static const std::regex test_name(R"(`([A-Z]\w+\.[A-Z]\w+)`)");
  int rows = 0;
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with("| ") || line.starts_with("| fault") || line.starts_with("| ---"))
      continue;
    ++rows;
    const std::string last = line.substr(line.rfind('|', line.size() - 2));
    int named = 0;
    for (std::sregex_iterator match(last.begin(), last.end(), test_name), end; match != end;
         ++match, ++named) {
      EXPECT_TRUE(known.contains((*match)[1].str()))
          << "no test " << (*match)[1] << ", in: " << line;
    }
    EXPECT_GT(named, 0) << "no test is named in: " << line;
  }
  EXPECT_GE(rows, 20);
}

}  // namespace
}  // namespace dbot::faults
