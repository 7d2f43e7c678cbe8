#include "dbot/formats/torch/torch_globals.h"

#include <algorithm>
#include <array>
#include <string>

namespace dbot::formats {
namespace {

struct Dtype {
  std::string_view storage, name;
  std::size_t size;
  std::optional<ElementType> type;  // empty: known, but no tensor is read from it
};

constexpr std::array kDtypes{
    Dtype{"torch.DoubleStorage", "torch.float64", 8, ElementType::float64},
    Dtype{"torch.FloatStorage", "torch.float32", 4, ElementType::float32},
    Dtype{"torch.HalfStorage", "torch.float16", 2, ElementType::float16},
    Dtype{"torch.BFloat16Storage", "torch.bfloat16", 2, ElementType::bfloat16},
    Dtype{"torch.LongStorage", "torch.int64", 8, ElementType::int64},
    Dtype{"torch.IntStorage", "torch.int32", 4, ElementType::int32},
    Dtype{"torch.ShortStorage", "torch.int16", 2, ElementType::int16},
    Dtype{"torch.CharStorage", "torch.int8", 1, ElementType::int8},
    Dtype{"torch.ByteStorage", "torch.uint8", 1, ElementType::uint8},
    Dtype{"torch.BoolStorage", "torch.bool", 1, ElementType::boolean},
    Dtype{"", "torch.uint16", 2, ElementType::uint16},
    Dtype{"", "torch.uint32", 4, ElementType::uint32},
    Dtype{"", "torch.uint64", 8, ElementType::uint64},
    Dtype{"", "torch.float8_e4m3fn", 1, ElementType::float8_e4m3},
    Dtype{"", "torch.float8_e5m2", 1, ElementType::float8_e5m2},
    Dtype{"torch.ComplexFloatStorage", "torch.complex64", 8, ElementType::complex64},
    Dtype{"torch.ComplexDoubleStorage", "torch.complex128", 16, std::nullopt},
    Dtype{"torch.QInt8Storage", "torch.qint8", 1, std::nullopt},
    Dtype{"torch.QUInt8Storage", "torch.quint8", 1, std::nullopt},
    Dtype{"torch.QInt32Storage", "torch.qint32", 4, std::nullopt},
    Dtype{"torch.QUInt4x2Storage", "torch.quint4x2", 1, std::nullopt},
    Dtype{"torch.QUInt2x4Storage", "torch.quint2x4", 1, std::nullopt},
    Dtype{"", "torch.float8_e4m3fnuz", 1, std::nullopt},
    Dtype{"", "torch.float8_e5m2fnuz", 1, std::nullopt},
    Dtype{"", "torch.float8_e8m0fnu", 1, std::nullopt},
    Dtype{"torch.UntypedStorage", "", 1, std::nullopt},
    Dtype{"torch.storage.UntypedStorage", "", 1, std::nullopt},
    Dtype{"torch.storage._UntypedStorage", "", 1, std::nullopt},
};

const Dtype* find_dtype(std::string_view name) {
  if (name.empty()) return nullptr;
  const auto found = std::ranges::find_if(kDtypes, [name](const Dtype& dtype) {
    // Storages of a graphics processor have the same elements: torch.cuda.FloatStorage.
    if (dtype.name == name || dtype.storage == name) return true;
    constexpr std::string_view kCuda = "torch.cuda.", kTorch = "torch.";
    return name.starts_with(kCuda) && !dtype.storage.empty() &&
           dtype.storage.substr(kTorch.size()) == name.substr(kCuda.size());
  });
  return found == kDtypes.end() ? nullptr : &*found;
}

constexpr std::array<std::string_view, 85> kNames{
    // what torch.save writes
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._tensor._rebuild_from_type_v2",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._utils._rebuild_nested_tensor",
    "torch._utils._rebuild_device_tensor_from_numpy",
    "torch.serialization._get_layout",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch.nn.parameter.Buffer",
    "torch.per_tensor_affine",
    "torch.per_channel_affine",
    "torch.per_tensor_symmetric",
    "torch.per_channel_symmetric",
    "torch.storage.TypedStorage",
    "torch.storage._TypedStorage",
    "torch.contiguous_format",
    "torch.channels_last",
    "torch.preserve_format",
    "torch.strided",
    // Python's own
    "argparse.Namespace",
    "types.SimpleNamespace",
    "collections.defaultdict",
    "collections.Counter",
    "collections.deque",
    "builtins.set",
    "builtins.frozenset",
    "builtins.list",
    "builtins.dict",
    "builtins.tuple",
    "builtins.int",
    "builtins.float",
    "builtins.complex",
    "builtins.bool",
    "builtins.str",
    "builtins.bytes",
    "builtins.bytearray",
    "builtins.slice",
    "builtins.range",
    "builtins.object",
    "__builtin__.set",
    "__builtin__.frozenset",
    "__builtin__.list",
    "__builtin__.dict",
    "__builtin__.tuple",
    "__builtin__.int",
    "__builtin__.float",
    "__builtin__.complex",
    "__builtin__.bool",
    "__builtin__.str",
    "__builtin__.unicode",
    "__builtin__.bytes",
    "__builtin__.bytearray",
    "__builtin__.slice",
    "__builtin__.xrange",
    "__builtin__.object",
    "copy_reg._reconstructor",
    "copyreg._reconstructor",
    "_codecs.encode",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath",
    "datetime.datetime",
    "datetime.date",
    "datetime.timedelta",
    "datetime.timezone",
    "uuid.UUID",
    // numbers and arrays of numpy
    "numpy.dtype",
    "numpy.ndarray",
    "numpy.core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.numeric._frombuffer",
    "numpy._core.numeric._frombuffer",
    "numpy.bool_",
};

/// Settings of training programs: dictionaries under other names.
constexpr std::array<std::string_view, 12> kSettings{
    "omegaconf.dictconfig.DictConfig",
    "omegaconf.listconfig.ListConfig",
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    "omegaconf.nodes.AnyNode",
    "yacs.config.CfgNode",
    "easydict.EasyDict",
    "mmcv.utils.config.ConfigDict",
    "mmengine.config.config.ConfigDict",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "typing.Any",
};

}  // namespace

bool is_checkpoint_global(std::string_view module, std::string_view name) {
  const std::string full = std::string(module) + "." + std::string(name);
  return find_dtype(full) != nullptr || std::ranges::find(kNames, full) != kNames.end() ||
         std::ranges::find(kSettings, full) != kSettings.end();
}

bool is_torch_script_global(std::string_view module, std::string_view name) {
  if (module == "__torch__" || module.starts_with("__torch__.")) return true;
  if (module == "torch.jit._pickle") {
    for (const std::string_view known :
         {"build_intlist", "build_doublelist", "build_boollist", "build_tensorlist",
          "restore_type_tag", "build_tensor_from_id"}) {
      if (name == known) return true;
    }
    return false;
  }
  return is_checkpoint_global(module, name);
}

std::optional<ElementType> torch_element_type(std::string_view name) {
  const Dtype* dtype = find_dtype(name);
  return dtype == nullptr ? std::nullopt : dtype->type;
}

bool is_untyped_storage(std::string_view name) {
  return name.ends_with("UntypedStorage");
}

std::optional<std::size_t> storage_element_size(std::string_view name) {
  const Dtype* dtype = find_dtype(name);
  return dtype == nullptr || dtype->storage.empty() ? std::nullopt : std::optional(dtype->size);
}

}  // namespace dbot::formats
