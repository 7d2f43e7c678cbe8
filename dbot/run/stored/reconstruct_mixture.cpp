#include "dbot/run/stored/reconstruct_mixture.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <string>
#include <utility>

#include "dbot/data/image/sample_image.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/data/sources/file_bytes.h"
#include "dbot/methods/capabilities/mixture_capability.h"
#include "dbot/report/pictures/exhibits/draw_gallery.h"
#include "dbot/report/pictures/set/png_write.h"
#include "dbot/report/pictures/tensor_image.h"
#include "dbot/run/stored/picture_folder.h"
#include "dbot/run/stored/stored_method.h"

namespace dbot::run {
namespace {

/// Centre crops as the network sees them, uint8 [2, channels, height, width].
at::Tensor load_pair(const std::array<std::filesystem::path, 2>& files, const Recipe& recipe) {
  const nn::ImageInput input = image_input(recipe, "reconstruct");
  data::ImagePartConfig config;
  config.image_size = input.size;
  config.channels = static_cast<int>(input.channels);
  config.values = data::range_of(recipe.data.value_range);
  config.augmented = false;
  const auto part = data::image_part(config).make(std::ssize(files));
  data::Sample sample;
  for (std::int64_t slot = 0; slot < std::ssize(files); ++slot) {
    const std::string file = files[static_cast<std::size_t>(slot)].string();
    sample.begin(file);
    data::read_file_bytes(file, sample.add(data::kImagePart).own_encoded());
    part->fill(slot, sample, {});
  }
  data::Batch batch;
  part->give(batch, std::ssize(files));
  return batch.tensors.at("images");
}

/// Each image by itself, at the size that the network has.
std::vector<std::filesystem::path> write_images(const methods::SeparatedMixture& separated,
                                                const std::filesystem::path& out,
                                                const std::vector<std::int64_t>& channels) {
  std::vector<std::filesystem::path> files;
  const auto write = [&](const char* name, const at::Tensor& images) {
    if (!images.defined()) return;
    const at::Tensor bytes = images.mul(255).round().to(at::kByte);
    files.push_back(out / fmt::format("{}.png", name));
    report::write_png(files.back(), report::image_of(report::shown_channels(bytes, channels)[0]));
  };
  write("mixture", separated.mixture);
  write("masked", separated.masked);
  write("subordinate", separated.subordinate);
  write("dominant", separated.dominant);
  return files;
}

methods::Gallery gallery_of(const methods::SeparatedMixture& separated,
                            const MixtureOptions& options) {
  const std::string first = options.images[0].filename().string();
  const std::string second = options.images[1].filename().string();
  methods::ExhibitGroup group{
      .kind = "mixtures",
      .title = "Mixture",
      .explanation =
          "Two images, their mixture, what the network sees of it, and what it "
          "reconstructs: the image of smaller weight, then the other one.",
      .exhibits = {}};
  group.exhibits.push_back(
      {.name = first,
       .caption = fmt::format("{:g} of it and {:g} of {}", options.lam, 1 - options.lam, second),
       .content = methods::mixture_strip(separated, /*pair=*/0)});
  return {group};
}

}  // namespace

MixtureFiles reconstruct_mixture(const MixtureOptions& options, const core::Log& log) {
  check_picture_folder(options.out);
  const StoredMethod stored = load_stored_method(options.model, log);
  const methods::MixtureCapability& mixtures = mixtures_of(stored, "reconstruct", options.model);
  const at::Tensor pair = load_pair(options.images, stored.recipe);
  const methods::SeparatedMixture separated =
      mixtures.separate(pair.narrow(0, 0, 1), pair.narrow(0, 1, 1),
                        {.lam = options.lam,
                         .mask_ratio = options.mask_ratio,
                         .draws = {.seed = options.seed},
                         .precision = asked_precision(options.precision, stored.recipe, log)});
  prepare_picture_folder(options.out);
  const std::vector<std::int64_t>& channels = stored.recipe.report.channels;
  MixtureFiles files;
  files.images = write_images(separated, options.out, channels);
  files.set.step = stored.state.step;
  files.set.stage = stored.state.stage;
  files.set.label = fmt::format("stage {}, step {}", files.set.stage + 1, files.set.step);
  files.set.gallery = report::draw_gallery(gallery_of(separated, options), options.out, channels);
  report::write_picture_set(options.out, files.set);
  return files;
}

}  // namespace dbot::run
