#include "tests/support/fake_device/fake_device.h"

#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/Storage.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <mutex>

#include "tests/support/fake_device/host_kernels.h"
#include "tests/support/fake_device/late_reads.h"
#include "tests/support/fake_device/memory.h"
#include "tests/support/fake_device/operators.h"
#include "tests/support/fake_device/tape.h"

namespace dbot::test::fake {
namespace {

constexpr auto kType = c10::DeviceType::PrivateUse1;

/// One device with one stream. An event is a number of late reads that have been asked for.
class Guard final : public c10::impl::DeviceGuardImplInterface {
 public:
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device /*other*/) const override { return {kType, 0}; }
  c10::Device getDevice() const override { return {kType, 0}; }
  void setDevice(c10::Device /*device*/) const override {}
  void uncheckedSetDevice(c10::Device /*device*/) const noexcept override {}
  c10::Stream getStream(c10::Device device) const override {
    return c10::Stream(c10::Stream::DEFAULT, device);
  }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }

  void record(void** event, const c10::Stream& /*stream*/, c10::DeviceIndex /*device*/,
              c10::EventFlag /*flag*/) const override {
    if (*event == nullptr) *event = new std::size_t;
    *static_cast<std::size_t*>(*event) = late_reads_so_far();
  }
  void synchronizeEvent(void* event) const override {
    finish_late_reads(*static_cast<std::size_t*>(event));
  }
  void block(void* /*event*/, const c10::Stream& /*stream*/) const override {}
  bool queryEvent(void* /*event*/) const override { return true; }
  void destroyEvent(void* event, c10::DeviceIndex /*device*/) const noexcept override {
    delete static_cast<std::size_t*>(event);
  }
};

class Hooks final : public at::PrivateUse1HooksInterface {
 public:
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex /*device*/) const override { return true; }
  at::Allocator* getPinnedMemoryAllocator() const override { return c10::GetCPUAllocator(); }
};

}  // namespace

runtime::Device device() {
  return {.kind = runtime::Device::Kind::other, .index = 0};
}

void install() {
  static std::once_flag once;
  std::call_once(once, [] {
    c10::register_privateuse1_backend("fake");
    c10::SetAllocator(kType, &device_allocator());
    static const c10::impl::DeviceGuardImplRegistrar guard(kType, new Guard);
    at::RegisterPrivateUse1HooksInterface(new Hooks);
    install_operators();
    install_graphs();
  });
  use_host_kernels(false);
}

}  // namespace dbot::test::fake
