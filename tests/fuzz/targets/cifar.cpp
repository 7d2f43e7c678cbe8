#include "dbot/core/error.h"
#include "dbot/core/log.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/binary/cifar_dataset.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void cifar(Bytes input) {
  static const InputFolder folder;
  for (const char* name : {"data_batch_1.bin", "train.bin"}) {
    try {
      const auto dataset =
          data::open_cifar({{folder.write(name, input)}}, {core::silent_log()}).front();
      for (std::int64_t i = 0; i < dataset->size(); ++i) {
        require(dataset->label(i) >= 0 &&
                dataset->label(i) < static_cast<std::int64_t>(dataset->classes().size()));
        require(data::load_image(*dataset, i, 3).pixels.size() == 32 * 32 * 3);
      }
    } catch (const DataError&) {
    }
  }
}

}  // namespace dbot::fuzz
