// dbot analyze separability: can the latents of two images be taken out of those of their mixture?
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "apps/dbot/commands/analyze/analyze.h"
#include "apps/dbot/commands/analyze/pair_arguments.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/eval/analysis/separability.h"
#include "dbot/report/text/table.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments : PairArguments {
  std::string teacher;
  double mask_ratio = 0.75;
  std::optional<double> ridge;
};

eval::SeparabilityConfig configuration(const Arguments& arguments) {
  check_pairs(arguments, "separability");
  if (arguments.ridge && !(*arguments.ridge >= 0)) {
    throw UsageError(
        fmt::format("[separability] --rho is {}, expected 0 or more", *arguments.ridge));
  }
  eval::SeparabilityConfig config;
  if (!arguments.lams.empty()) config.lams = arguments.lams;
  config.images = arguments.images;
  config.mask_ratio = arguments.mask_ratio;
  config.intra_rate = arguments.intra_rate;
  config.ridge = arguments.ridge;
  config.seed = static_cast<std::uint64_t>(arguments.seed);
  return config;
}

/// Latents of visible patches alone are asked for, which convolutional networks do not have.
eval::MeasuredEncoder measured(const Model& model) {
  const auto* network = dynamic_cast<const nn::VisionTransformer*>(model.encoder.get());
  if (network == nullptr) {
    throw UsageError({.operation = "separability",
                      .subject = model.file,
                      .fault = Fault::unsupported,
                      .reason = "is a convolutional network, expected a vision transformer that "
                                "sees visible patches alone (MAE, dBOT, i-MAE)"});
  }
  return {network, model.extraction.mean, model.extraction.std};
}

Json nmse_json(double nmse) {
  if (std::isnan(nmse)) return {{"nmse", nullptr}, {"r2", nullptr}};
  return {{"nmse", nmse}, {"r2", 1 - nmse}};
}

void print_figures(const eval::Separability& found, const PairParts& parts) {
  print_line(fmt::format("{} images fitted, {} reported on ({}), {} visible patches each",
                         found.train_images, found.test_images, parts.description, found.visible));
  std::vector<std::vector<std::string>> rows{
      {"lam", "subordinate nmse", "R2", "dominant nmse", "R2", "rho"}};
  for (const eval::SeparabilityRow& row : found.rows) {
    rows.push_back({fmt::format("{:g}", row.lam), fmt::format("{:.4f}", row.subordinate),
                    fmt::format("{:.4f}", 1 - row.subordinate), fmt::format("{:.4f}", row.dominant),
                    fmt::format("{:.4f}", 1 - row.dominant), fmt::format("{:.3g}", row.ridge)});
  }
  print(report::text_table(rows));
}

void measure(const Arguments& arguments) {
  const eval::SeparabilityConfig config = configuration(arguments);
  Model student = load_model(arguments);
  ModelArguments of_teacher = arguments;
  if (!arguments.teacher.empty()) of_teacher.model = arguments.teacher;
  const Model teacher = load_model(of_teacher);
  const PairParts parts = open_parts(arguments);
  student.extraction.batch_size = arguments.batch;
  const eval::Separability found =
      eval::measure_separability(measured(student), measured(teacher), parts.train, parts.test,
                                 config, student.extraction, stop_request(), console_log());
  if (!arguments.json) return print_figures(found, parts);
  Json rows = Json::array();
  for (const eval::SeparabilityRow& row : found.rows) {
    rows.push_back({{"lam", row.lam},
                    {"rho", row.ridge},
                    {"subordinate", nmse_json(row.subordinate)},
                    {"dominant", nmse_json(row.dominant)}});
  }
  const Json json{{"model", arguments.model},         {"teacher", of_teacher.model},
                  {"rows", std::move(rows)},          {"train_images", found.train_images},
                  {"test_images", found.test_images}, {"visible", found.visible},
                  {"split", parts.description}};
  print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void add_separability(CommandLine& line, CLI::App& analyze) {
  CLI::App* command = analyze.add_subcommand(
      "separability", "Can two images be taken apart linearly in the latents of their mixture?");
  auto a = std::make_shared<Arguments>();
  add_model(*command, *a, "Run folder, checkpoint or weights file whose latents of mixtures count");
  const auto add = [command](const char* name, auto& value, const char* type, const char* text) {
    return command->add_option(name, value, text)->type_name(type);
  };
  add("--teacher", a->teacher, "PATH", "Whose latents of clean images are looked for (the model's)")
      ->check(not_empty());
  add_pairs(*command, *a, "Images to fit on, and as many to report on (2000)");
  add("--mask-ratio", a->mask_ratio, "FRACTION", "Share of masked patches (0.75)");
  add("--rho", a->ridge, "NUMBER", "Added to the diagonal (a thousandth of its mean)");
  command->callback([&line, a] { line.action = [a] { measure(*a); }; });
}

}  // namespace dbot::app
