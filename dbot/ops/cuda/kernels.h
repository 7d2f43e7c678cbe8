#pragma once

#include <cstdint>

// What libdbot_cuda.so can launch: plain structs of pointers and sizes, plain functions, nothing of
// CUDA and nothing of LibTorch. docs/cuda_kernels.md.
//
// All pointers are to memory of the stream's device and matrices are contiguous, row by row.
// `const void*` are elements of the type that the struct names. Functions only enqueue work: they
// give 0, the error code of the CUDA runtime, or kRefused for arguments that break what is said
// here; then nothing was enqueued. What a kernel cannot see it does not check: indices have to
// be inside. Every sum has its fixed places, which depend on shapes alone: the same
// arguments give the same bits on every GPU, and those of the same body on the host.
namespace dbot::ops::cuda {

/// A cudaStream_t.
using Stream = void*;

inline constexpr int kRefused = -1;

enum class ElementType : int { float32, bfloat16 };

/// The widest row of TokenLoss, ResidualNorm and ResidualNormBackward.
inline constexpr std::int64_t kMostWidth = 4096;

/// Rows of partial sums that kernels with sums over rows leave in their workspace: at most so many,
/// one a block.
inline constexpr std::int64_t kMostPartials = 1024;

/// Wanted patches of images or clips, normalised, gathered, packed: pixel · scale + shift.
struct Patches {
  std::int64_t batch = 0, wanted = 0;     // wanted: tokens of each sample
  std::int64_t channels = 0, frames = 0;  // of a sample; an image has one frame
  std::int64_t height = 0, width = 0;
  std::int64_t tubelet_frames = 0, size = 0;  // of a token; size² pixels of so many frames
  bool channel_last = false;     // of a token's values, else (channel, frame, row, column)
  bool bytes = false;            // pixels are uint8, else float32 as they are to be seen
  const void* pixels = nullptr;  // [batch, channels, frames, height, width]
  const float *scale = nullptr, *shift = nullptr;  // [channels], with bytes only
  const std::int64_t* rows = nullptr;  // [batch, wanted], which tokens; null: all, in their order
  void* patches = nullptr;             // [batch, wanted, channels · tubelet_frames · size²]
  ElementType element = ElementType::float32;  // of `patches`
};

/// out[b, t] = (sources[b, t] < 0 ? shared : own[b, sources[b, t]]) + table[positions[b, t]].
struct Tokens {
  std::int64_t batch = 0, tokens = 0, count = 0, width = 0;  // count: rows of a sample's own
  const std::int64_t* sources = nullptr;            // [batch, tokens], no row of a sample twice
  const std::int64_t* positions = nullptr;          // [batch, tokens]; null: 0, 1, 2, …
  const void* own = nullptr;                        // [batch, count, width]
  ElementType element = ElementType::float32;       // of `own`
  const float *shared = nullptr, *table = nullptr;  // [width], [places, width]
  float* out = nullptr;                             // [batch, tokens, width]
};

/// Gradients of Tokens.
struct TokensBackward {
  std::int64_t batch = 0, tokens = 0, count = 0, width = 0, places = 0;
  const std::int64_t *sources = nullptr, *positions = nullptr;
  const float* outer = nullptr;  // [batch, tokens, width]
  void* own_gradient = nullptr;  // [batch, count, width], written; 0 where no token was made of it
  ElementType element = ElementType::float32;  // of `own_gradient`
  float* workspace = nullptr;                  // token_workspace(…) floats
  float* shared_gradient = nullptr;            // [width], added to
  float* table_gradient = nullptr;             // [places, width], added to; null: not wanted
};

enum class LossKind : int { mse, smooth_l1, l1, cosine };

/// loss = Σ weight · loss of a row, and the prediction's gradient for a loss whose gradient is 1.
/// The loss of a row is the mean of its elements' losses, or 1 − cosine. docs/methods/dbot.md §5.
struct TokenLoss {
  std::int64_t rows = 0, width = 0;
  const void *prediction = nullptr, *target = nullptr;  // [rows, width]
  ElementType prediction_element = ElementType::float32, target_element = ElementType::float32;
  LossKind kind = LossKind::mse;
  double beta = 0;           // of smooth_l1, above 0
  double cosine_eps = 0;     // the least norm
  bool standardise = false;  // the target: (t − mean)/sqrt(variance + 1e-6), divisor width − 1
  const float* weights = nullptr;  // [rows]; 0: padding, which is not read; null: 1/rows each
  void* gradient = nullptr;        // [rows, width] in the prediction's type; null: not wanted
  float* row_losses = nullptr;     // [rows], workspace: weight · loss of each
  float* loss = nullptr;           // [1], written
};

/// total = x + branch_scale · layer_scale · branch, and normed = LayerNorm(total) in the type of
/// the products. Without a branch `total` is x; without a weight nothing is normed.
struct ResidualNorm {
  std::int64_t rows = 0, width = 0;
  std::int64_t tokens = 0;              // rows of a sample; divides rows
  const float* x = nullptr;             // [rows, width]
  const void* branch = nullptr;         // [rows, width]; null: none
  const float* branch_scale = nullptr;  // [rows/tokens]; 0: `branch` is not read; null: 1
  const float* layer_scale = nullptr;   // [width]; null: 1
  const float *weight = nullptr, *bias = nullptr;  // [width]
  double eps = 0;
  ElementType element = ElementType::float32;  // of `branch` and `normed`
  float* total = nullptr;                      // [rows, width], may be x; null without a branch
  void* normed = nullptr;                      // [rows, width]; null without a weight
  float *mean = nullptr, *inverse = nullptr;   // [rows], 1/sqrt(variance + eps); null: not wanted
};

/// Gradients of ResidualNorm. `total_gradient` is that of x too.
struct ResidualNormBackward {
  std::int64_t rows = 0, width = 0, tokens = 0;
  const void* normed_gradient = nullptr;  // [rows, width]; null: nothing was normed
  const float *total = nullptr, *mean = nullptr, *inverse = nullptr;  // of the forward pass
  const float* weight = nullptr;
  const float* outer = nullptr;  // [rows, width], what comes to `total` otherwise; null: 0
  const void* branch = nullptr;  // of the forward pass, for the gradient of layer_scale
  const float *branch_scale = nullptr, *layer_scale = nullptr;
  ElementType element = ElementType::float32;
  float* total_gradient = nullptr;  // [rows, width], may be `outer`
  void* branch_gradient = nullptr;  // [rows, width]; null: there was no branch
  float* workspace = nullptr;       // column_workspace(rows, 4 · width) floats
  // Added to, [width] each; null: not wanted. branch_sum is that of branch_gradient over rows: the
  // gradient of the bias that the branch's last product has.
  float *weight_gradient = nullptr, *bias_gradient = nullptr, *branch_sum = nullptr,
        *layer_scale_gradient = nullptr;
};

enum class GeluKind : int { exact, tanh, quick };

/// y = x Φ(x), or x (1 + tanh(√(2/π) (x + 0.044715 x³)))/2, or x sigmoid(1.702 x). y may be x.
struct Gelu {
  std::int64_t count = 0;
  const void* x = nullptr;
  void* y = nullptr;
  ElementType element = ElementType::float32;
  GeluKind kind = GeluKind::exact;
};

/// The gradient of x from that of y, in place, and its sum over rows. Not for the quick kind.
struct GeluBackward {
  std::int64_t rows = 0, width = 0;
  const void* x = nullptr;   // [rows, width]
  void* gradient = nullptr;  // [rows, width]
  ElementType element = ElementType::float32;
  GeluKind kind = GeluKind::exact;
  float* workspace = nullptr;    // column_workspace(rows, width) floats
  float* column_sums = nullptr;  // [width], added to; null: not wanted
};

/// column_sums += the sums over rows of x: the gradient of a bias.
struct ColumnSums {
  std::int64_t rows = 0, width = 0;
  const void* x = nullptr;  // [rows, width]
  ElementType element = ElementType::float32;
  float* workspace = nullptr;    // column_workspace(rows, width) floats
  float* column_sums = nullptr;  // [width], added to
};

/// low[i] = values[i] as bfloat16.
struct Narrowed {
  std::int64_t count = 0;
  const float* values = nullptr;
  void* low = nullptr;
};

/// values[i] ← values[i] · factor[0], and nothing is read or written where that is 1: the
/// gradient of a loss by the one that comes from outside.
struct Scaled {
  std::int64_t count = 0;
  void* values = nullptr;
  ElementType element = ElementType::float32;
  const float* factor = nullptr;
};

/// sums[i] = the sum of squares of `kNormChunk` values from i · kNormChunk on. Not finite if a
/// value or its square is not.
struct Squares {
  std::int64_t count = 0;
  const float* values = nullptr;
  double* sums = nullptr;  // [norm_chunks(count)]
};

inline constexpr std::int64_t kNormChunk = 16384;

/// What an update needs to know of its step, in device memory: written by PrepareUpdate.
struct StepFactors {
  float skipped = 0;         // 0: the step counts
  float clip_scale = 0;      // of the gradients
  float rate = 0;            // learning rate
  float corrected_rate = 0;  // rate/(1 − β₁ⁿ) for step n
  float root_scale = 0;      // 1/sqrt(1 − β₂ⁿ)
};

/// What follows for an update from numbers that lie on the device (ops/step_numbers.h).
struct PrepareUpdate {
  const float* rate = nullptr;     // [1]
  const float* divisor = nullptr;  // [1], of the gradients; null: 1
  const float* skipped = nullptr;  // [1]
  const float* count = nullptr;    // [1], of steps, this one among them unless it is skipped
  double beta1 = 0, beta2 = 0;
  StepFactors* factors = nullptr;
};

/// One update of AdamW or Adam. Gradients become 0. A skipped step changes neither values nor
/// moments. Source: Loshchilov & Hutter, arXiv 1711.05101, algorithm 2.
struct AdamWUpdate {
  std::int64_t count = 0;
  float *values = nullptr, *gradients = nullptr, *exp_avg = nullptr, *exp_avg_sq = nullptr;
  void* low = nullptr;  // [count], bfloat16: the values once more; null: not wanted
  double beta1 = 0, beta2 = 0, eps = 0, weight_decay = 0;
  bool decay_in_gradient = false;  // Adam's L2 regularisation, else AdamW's decay
  const StepFactors* factors = nullptr;
};

/// out = a · b, then what `ending` says: products by cuBLASLt, computed in float32.
struct Product {
  enum class Ending : int { plain, bias, bias_and_tanh_gelu };

  std::int64_t rows = 0, columns = 0, inner = 0;  // of `out`; `inner` is what sums go over
  const void* a = nullptr;                        // [rows, inner]; turned: [inner, rows]
  const void* b = nullptr;                        // [inner, columns]; turned: [columns, inner]
  bool a_turned = false, b_turned = false;
  ElementType element = ElementType::float32;      // of a and b
  void* out = nullptr;                             // [rows, columns]
  ElementType out_element = ElementType::float32;  // that of a and b, or float32
  bool accumulate = false;                         // adds to what `out` has
  Ending ending = Ending::plain;
  const void* bias = nullptr;  // [columns], in the type of `out`
};

/// Products on one device: cuBLASLt's handle, memory to work in, and for each kind of product the
/// way that cuBLASLt advised first, which is kept. Used by one thread at a time.
struct Products;

constexpr std::int64_t norm_chunks(std::int64_t count) {
  return (count + kNormChunk - 1) / kNormChunk;
}
constexpr std::int64_t column_partials(std::int64_t rows) {
  return rows < kMostPartials ? rows : kMostPartials;
}
/// Floats that sums over rows of so many columns need.
constexpr std::int64_t column_workspace(std::int64_t rows, std::int64_t columns) {
  return column_partials(rows) * columns;
}
/// Samples are summed in so many parts for each row of the position table.
inline constexpr std::int64_t kTableParts = 16;
/// Floats that TokensBackward needs.
constexpr std::int64_t token_workspace(const TokensBackward& a) {
  const std::int64_t shared = column_workspace(a.batch * a.tokens, a.width);
  const std::int64_t table = a.table_gradient == nullptr ? 0 : kTableParts * a.places * a.width;
  return shared > table ? shared : table;
}

extern "C" {
int dbot_cuda_patches(const Patches* arguments, Stream stream);
int dbot_cuda_tokens(const Tokens* arguments, Stream stream);
int dbot_cuda_tokens_backward(const TokensBackward* arguments, Stream stream);
int dbot_cuda_token_loss(const TokenLoss* arguments, Stream stream);
int dbot_cuda_residual_norm(const ResidualNorm* arguments, Stream stream);
int dbot_cuda_residual_norm_backward(const ResidualNormBackward* arguments, Stream stream);
int dbot_cuda_gelu(const Gelu* arguments, Stream stream);
int dbot_cuda_gelu_backward(const GeluBackward* arguments, Stream stream);
int dbot_cuda_column_sums(const ColumnSums* arguments, Stream stream);
int dbot_cuda_narrowed(const Narrowed* arguments, Stream stream);
int dbot_cuda_scaled(const Scaled* arguments, Stream stream);
int dbot_cuda_squares(const Squares* arguments, Stream stream);
int dbot_cuda_prepare_update(const PrepareUpdate* arguments, Stream stream);
int dbot_cuda_adamw_update(const AdamWUpdate* arguments, Stream stream);

/// workspace: so many bytes of the current device, aligned to 256, kept by the caller until
/// `close`: 32 MiB for Hopper, 8 MiB before. Gives null where cuBLASLt does not begin.
Products* dbot_cuda_products_open(void* workspace, std::int64_t bytes);
void dbot_cuda_products_close(Products* products);
/// Gives kRefused for sizes or types that it does not take, −1000 − cublasStatus_t where cuBLASLt
/// fails or has no way.
int dbot_cuda_product(Products* products, const Product* arguments, Stream stream);
}

}  // namespace dbot::ops::cuda
