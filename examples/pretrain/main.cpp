// Pre-trains on a folder of images and prints the features of one of them:
//   pretrain IMAGES RUN_FOLDER [section.key=value]…
#include <dbot/dbot.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

/// Tells the loss of every step. Watchers see a run; they cannot change it.
class LossPrinter : public dbot::train::TrainObserver {
 public:
  void on_step(const dbot::train::StepRecord& record, dbot::methods::Method&) override {
    std::cout << "step " << record.state.step << "  loss " << record.loss << '\n';
  }
};

void print_features(const std::filesystem::path& model,
                    std::shared_ptr<const dbot::data::Dataset> images) {
  const dbot::exchange::LoadedEncoder loaded = dbot::exchange::load_encoder(model);
  const auto encoder = dbot::exchange::make_encoder(loaded);
  const dbot::core::StopRequest stop;
  const dbot::eval::Features features =
      dbot::eval::extract_features(*encoder, dbot::data::subset(images, {0}),
                                   {.mean = loaded.description.mean, .std = loaded.description.std},
                                   stop, dbot::core::silent_log());
  const at::Tensor& mean = features.of("mean");
  const auto* values = mean.const_data_ptr<float>();
  std::cout << images->name(0) << ": " << mean.size(1) << " features";
  for (int i = 0; i < 4; ++i) std::cout << (i == 0 ? ", " : " ") << values[i];
  std::cout << " …\n";
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) throw dbot::UsageError("usage: pretrain IMAGES RUN_FOLDER [section.key=value]…");
  const auto text = dbot::run::find_recipe("dbot/quick");
  const auto recipe = dbot::run::parse_recipe(text.text, text.origin, {argv + 3, argv + argc});
  LossPrinter printer;
  const dbot::core::StopRequest stop;
  const auto log = dbot::core::silent_log();
  const auto summary =
      dbot::run::pretrain(recipe, {.data = argv[1], .out = argv[2]}, {&printer}, stop, log);
  print_features(summary.out / "model.safetensors", dbot::data::open_images(argv[1], log));
  return EXIT_SUCCESS;
} catch (const dbot::Error& error) {
  std::cerr << error.what() << '\n';
  return EXIT_FAILURE;
}
