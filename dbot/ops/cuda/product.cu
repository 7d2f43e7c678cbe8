#include <cublasLt.h>

#include <array>
#include <map>
#include <memory>
#include <new>

#include "dbot/ops/cuda/bodies/launch.h"
#include "dbot/ops/cuda/product_layout.h"

// Products of matrices by cuBLASLt. Sizes, types, endings and alignments make a kind of product;
// what cuBLASLt needs to know of a kind is made once and kept.
namespace dbot::ops::cuda {
namespace {

constexpr int kBlasFailure = -1000;
constexpr std::size_t kAlignment = 256;  // that LibTorch's allocator gives; more is not asked for

int failure(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? 0 : kBlasFailure - static_cast<int>(status);
}

cudaDataType_t type_of(ElementType element) {
  return element == ElementType::bfloat16 ? CUDA_R_16BF : CUDA_R_32F;
}

cublasLtEpilogue_t epilogue_of(Product::Ending ending) {
  switch (ending) {
    case Product::Ending::plain:
      return CUBLASLT_EPILOGUE_DEFAULT;
    case Product::Ending::bias:
      return CUBLASLT_EPILOGUE_BIAS;
    case Product::Ending::bias_and_tanh_gelu:
      return CUBLASLT_EPILOGUE_GELU_BIAS;
  }
  return CUBLASLT_EPILOGUE_DEFAULT;
}

/// The largest power of two up to kAlignment that divides the address.
std::uint32_t alignment_of(const void* address) {
  const auto bits = reinterpret_cast<std::uintptr_t>(address) | kAlignment;
  return static_cast<std::uint32_t>(bits & (~bits + 1));
}

template <typename T, cublasStatus_t (*kDestroy)(T)>
struct Destroyer {
  using pointer = T;
  void operator()(T made) const { kDestroy(made); }
};
using Operation = std::unique_ptr<void, Destroyer<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>>;
using Layout =
    std::unique_ptr<void, Destroyer<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>>;
using Preference =
    std::unique_ptr<void, Destroyer<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>>;

/// What tells kinds apart.
using Kind = std::array<std::int64_t, 13>;

Kind kind_of(const Product& a) {
  return {a.rows,
          a.columns,
          a.inner,
          a.a_turned,
          a.b_turned,
          static_cast<int>(a.element),
          static_cast<int>(a.out_element),
          a.accumulate,
          static_cast<int>(a.ending),
          alignment_of(a.a),
          alignment_of(a.b),
          alignment_of(a.out),
          alignment_of(a.bias)};
}

struct Way {
  Operation operation;
  Layout first, second, out;
  cublasLtMatmulAlgo_t algorithm;
};

Layout layout_of(std::int64_t rows, std::int64_t columns, ElementType element) {
  cublasLtMatrixLayout_t layout = nullptr;
  cublasLtMatrixLayoutCreate(&layout, type_of(element), static_cast<std::uint64_t>(rows),
                             static_cast<std::uint64_t>(columns), rows);
  return Layout(layout);
}

template <typename Value>
cublasStatus_t set(const Operation& operation, cublasLtMatmulDescAttributes_t attribute,
                   const Value& value) {
  return cublasLtMatmulDescSetAttribute(operation.get(), attribute, &value, sizeof value);
}

template <typename Value>
cublasStatus_t set(const Preference& preference, cublasLtMatmulPreferenceAttributes_t attribute,
                   const Value& value) {
  return cublasLtMatmulPreferenceSetAttribute(preference.get(), attribute, &value, sizeof value);
}

/// The first of these that failed.
cublasStatus_t first_failure(std::initializer_list<cublasStatus_t> all) {
  for (const cublasStatus_t status : all) {
    if (status != CUBLAS_STATUS_SUCCESS) return status;
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t describe(const Product& a, const BlasProduct& blas, Way& way) {
  cublasLtMatmulDesc_t operation = nullptr;
  const cublasStatus_t made = cublasLtMatmulDescCreate(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F);
  if (made != CUBLAS_STATUS_SUCCESS) return made;
  way.operation.reset(operation);
  way.first = layout_of(blas.first.rows, blas.first.columns, a.element);
  way.second = layout_of(blas.second.rows, blas.second.columns, a.element);
  way.out = layout_of(blas.rows, blas.columns, a.out_element);
  if (!way.first || !way.second || !way.out) return CUBLAS_STATUS_ALLOC_FAILED;
  const auto turned = [](const BlasMatrix& matrix) {
    return matrix.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  };
  return first_failure({set(way.operation, CUBLASLT_MATMUL_DESC_TRANSA, turned(blas.first)),
                        set(way.operation, CUBLASLT_MATMUL_DESC_TRANSB, turned(blas.second)),
                        set(way.operation, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(a.ending)),
                        // Its alignment is looked at.
                        set(way.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, a.bias)});
}

/// cuBLASLt's first advice for these alignments and this much memory.
cublasStatus_t choose(cublasLtHandle_t handle, const Product& a, std::size_t bytes, Way& way) {
  cublasLtMatmulPreference_t made = nullptr;
  const cublasStatus_t created = cublasLtMatmulPreferenceCreate(&made);
  if (created != CUBLAS_STATUS_SUCCESS) return created;
  const Preference preference(made);
  const std::uint32_t out = alignment_of(a.out);
  const cublasStatus_t asked =
      first_failure({set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes),
                     set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment_of(a.b)),
                     set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment_of(a.a)),
                     set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, out),
                     set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, out)});
  if (asked != CUBLAS_STATUS_SUCCESS) return asked;
  cublasLtMatmulHeuristicResult_t advice{};
  int count = 0;
  const cublasStatus_t found = cublasLtMatmulAlgoGetHeuristic(
      handle, way.operation.get(), way.first.get(), way.second.get(), way.out.get(), way.out.get(),
      preference.get(), 1, &advice, &count);
  if (found != CUBLAS_STATUS_SUCCESS) return found;
  if (count == 0) return CUBLAS_STATUS_NOT_SUPPORTED;
  way.algorithm = advice.algo;
  return advice.state;
}

bool is_valid(const Product& a) {
  return a.rows >= 0 && a.columns > 0 && a.inner > 0 && all_given({a.a, a.b, a.out}) &&
         (a.ending == Product::Ending::plain) == (a.bias == nullptr) &&
         (a.out_element == a.element || a.out_element == ElementType::float32);
}

}  // namespace

struct Products {
  cublasLtHandle_t handle = nullptr;
  void* workspace = nullptr;
  std::size_t bytes = 0;
  std::map<Kind, Way> ways;

  Products(void* memory, std::size_t size) : workspace(memory), bytes(size) {}
  ~Products() {
    if (handle != nullptr) cublasLtDestroy(handle);
  }
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  int run(const Product& a, cudaStream_t stream) {
    const BlasProduct blas = blas_product(a);
    const Kind kind = kind_of(a);
    auto known = ways.find(kind);
    if (known == ways.end()) {
      Way way{};
      const cublasStatus_t described = describe(a, blas, way);
      if (described != CUBLAS_STATUS_SUCCESS) return failure(described);
      const cublasStatus_t chosen = choose(handle, a, bytes, way);
      if (chosen != CUBLAS_STATUS_SUCCESS) return failure(chosen);
      known = ways.emplace(kind, std::move(way)).first;
    }
    const Way& way = known->second;
    if (a.bias != nullptr) {
      const cublasStatus_t told = set(way.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, a.bias);
      if (told != CUBLAS_STATUS_SUCCESS) return failure(told);
    }
    const float one = 1, kept = a.accumulate ? 1 : 0;
    return failure(cublasLtMatmul(handle, way.operation.get(), &one, blas.first.values,
                                  way.first.get(), blas.second.values, way.second.get(), &kept,
                                  a.out, way.out.get(), a.out, way.out.get(), &way.algorithm,
                                  workspace, bytes, stream));
  }
};

}  // namespace dbot::ops::cuda

using namespace dbot::ops::cuda;

extern "C" Products* dbot_cuda_products_open(void* workspace, std::int64_t bytes) {
  if (bytes < 0 || (bytes > 0 && workspace == nullptr)) return nullptr;
  std::unique_ptr<Products> products(new (std::nothrow)
                                         Products(workspace, static_cast<std::size_t>(bytes)));
  if (products == nullptr || cublasLtCreate(&products->handle) != CUBLAS_STATUS_SUCCESS) {
    return nullptr;
  }
  return products.release();
}

extern "C" void dbot_cuda_products_close(Products* products) {
  delete products;
}

extern "C" int dbot_cuda_product(Products* products, const Product* arguments, Stream stream) {
  if (products == nullptr || arguments == nullptr || !is_valid(*arguments)) return kRefused;
  if (arguments->rows == 0) return 0;
  try {
    return products->run(*arguments, static_cast<cudaStream_t>(stream));
  } catch (const std::bad_alloc&) {
    return kBlasFailure - static_cast<int>(CUBLAS_STATUS_ALLOC_FAILED);
  }
}
