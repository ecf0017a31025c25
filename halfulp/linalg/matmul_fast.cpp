#include "halfulp/linalg/matmul_fast.hpp"

#include <algorithm>
#include <mutex>
#include <type_traits>
#include <vector>

#include "halfulp/base/parallel.hpp"
#include "halfulp/linalg/matmul_finish.hpp"
#include "halfulp/linalg/number_range.hpp"
#include "halfulp/linalg/operand_pack.hpp"

namespace halfulp {
namespace {

template <class T>
const StepTable<T>& steps_of(const Kernels& kernels) {
  if constexpr (std::is_same_v<T, float>)
    return *kernels.float_steps;
  else
    return *kernels.double_steps;
}
void scale(const Kernels& kernels, const float* in, std::size_t n, float factor, float* out) {
  kernels.scale_float(in, n, factor, out);
}
void scale(const Kernels& kernels, const double* in, std::size_t n, double factor, double* out) {
  kernels.scale_double(in, n, factor, out);
}

constexpr std::size_t tile_rows = 24;  // a multiple of the rows of every tile
constexpr std::size_t slack = 64;      // numbers after a packed operand that a tile may read and ignore

/// A broadcast operand: entry (r, k) at r row_step + k k_step; and its multiples, for steps that split.
template <class T>
struct Broadcast {
  const T* plain = nullptr;
  const T* times_split_minus_1 = nullptr;
  const T* times_split = nullptr;
  std::size_t row_step = 0, k_step = 1;

  Broadcast from(std::size_t offset) const {
    return {plain + offset, times_split_minus_1 + offset, times_split + offset, row_step, k_step};
  }
};

/// X in panels of `width` columns: [panel][k][width], zeros beyond the last column.
template <class T>
struct PackedX {
  AlignedBuffer<T> numbers, times_split_minus_1, times_split;
  std::size_t width = 0, panels = 0, panel_size = 0;
  std::vector<NumberRange> ranges;
  Broadcast<T> as_broadcast;  // entry (column of the first panel, k)
};

template <class T>
class Product {
 public:
  Product(const Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
          MatrixView<double> y)
      : ar_(ar), w_(w), bias_(bias), x_(x), y_(y), constants_(rounding_constants<T>(ar.acc().rule())) {
    const Summation& order = ar.summation();
    k_ = w.columns();
    block_ =
        order.order == Order::blocked ? std::max<std::size_t>(order.block, 1) : std::max<std::size_t>(k_, 1);
    if (order.order == Order::pairwise)
      while ((std::size_t{1} << levels_) <= k_) ++levels_;
    // A matrix stored by columns is the vector operand, so that it is read along its lines.
    swapped_ = w.view.column_stride != 1 && w.view.row_stride == 1;
  }

  bool pack_x();
  /// Rows first .. last - 1 of W; their events.
  Events run(std::size_t first, std::size_t last) const;
  std::size_t rows_at_once() const {
    if (swapped_) return packed_.width;
    const std::size_t share = y_.rows() / (4 * threads()) / tile_rows * tile_rows;
    return std::clamp<std::size_t>(share, tile_rows, 2 * tile_rows);
  }

 private:
  std::optional<ProductStep> step_for(const NumberRange& a, const NumberRange& b) const;
  void tiles(ProductStep step, const Broadcast<T>& a, std::size_t rows, const T* b, std::size_t columns,
             T* out) const;
  void tile(const TileKernel<T>& kernel, ProductStep step, const Broadcast<T>& a, const T* b, T* out,
            bool wide) const;
  Events run_rows(std::size_t first, std::size_t last) const;
  Events run_columns(std::size_t first, std::size_t last) const;

  const Simulated& ar_;
  const Operand &w_, &bias_;
  MatrixView<const double> x_;
  MatrixView<double> y_;
  RoundingConstants<T> constants_;
  const Kernels& kernels_ = kernels();
  std::size_t k_ = 0, block_ = 1, levels_ = 1;
  bool swapped_ = false;
  PackedX<T> packed_;
};

template <class T>
bool Product<T>::pack_x() {
  PackedX<T>& p = packed_;
  p.width = std::max<std::size_t>(
      steps_of<T>(kernels_).of[static_cast<std::size_t>(ProductStep::plain)].wide.columns, 32);
  p.panels = (x_.columns() + p.width - 1) / p.width;
  p.panel_size = k_ * p.width;
  const std::size_t size = p.panels * p.panel_size + slack;
  T* const numbers = p.numbers.reserve(size);
  p.ranges.resize(p.panels);
  std::vector<char> fits(p.panels, 1);
  parallel_for(p.panels, 1, [&](std::size_t first, std::size_t last) {
    Loader<T> loader(Rounder{}, ar_.in(), kernels_);
    for (std::size_t panel = first; panel < last; ++panel) {
      const std::size_t column = panel * p.width, n = std::min(p.width, x_.columns() - column);
      BitRange range;
      T* const out = numbers + panel * p.panel_size;
      for (std::size_t k = 0; k < k_ && fits[panel]; ++k) {
        fits[panel] = loader.load(view_of(x_), false, k, column, n, out + k * p.width, range);
        std::fill(out + k * p.width + n, out + (k + 1) * p.width, T{0});
      }
      p.ranges[panel] = number_range<T>(range);
    }
  });
  std::fill(numbers + size - slack, numbers + size, T{0});
  p.as_broadcast = {numbers, numbers, numbers, 1, p.width};
  if (swapped_ && constants_.dropped > 0) {
    T* const more = p.times_split_minus_1.reserve(size);
    T* const much = p.times_split.reserve(size);
    scale(kernels_, numbers, size, constants_.split_minus_1, more);
    scale(kernels_, numbers, size, constants_.split, much);
    p.as_broadcast.times_split_minus_1 = more;
    p.as_broadcast.times_split = much;
  }
  // Operands of more bits than the carrier multiplies exactly are for a wider one.
  const bool narrow = constants_.dropped > 0 && std::is_same_v<T, float>;
  const auto usable = [&](std::size_t panel) {
    return fits[panel] && !(narrow && p.ranges[panel].bits > 16);
  };
  for (std::size_t panel = 0; panel < p.panels; ++panel)
    if (!usable(panel)) return false;
  return true;
}

template <class T>
std::optional<ProductStep> Product<T>::step_for(const NumberRange& a, const NumberRange& b) const {
  if (ar_.acc().way() == Rounder::Way::digits && !std::is_same_v<T, float> && !ar_.summation().fused)
    return ProductStep::digits;
  return proved_step<T>(ar_.acc().rule(), ar_.summation(), a, b, k_, kernels_.fused);
}

template <class T>
void Product<T>::tile(const TileKernel<T>& kernel, ProductStep step, const Broadcast<T>& a, const T* b,
                      T* out, bool wide) const {
  thread_local AlignedBuffer<T> stack;
  TileJob<T> job;
  job.a = step == ProductStep::split ? a.times_split_minus_1 : a.plain;
  job.scaled_a = a.times_split;
  job.row_step = a.row_step;
  job.k_step = a.k_step;
  job.b = b;
  job.b_step = packed_.width;
  job.out = out;
  job.out_step = packed_.width;
  job.k = k_;
  job.block = block_;
  job.pairwise = ar_.summation().order == Order::pairwise;
  job.stack = job.pairwise ? stack.reserve((levels_ + 1) * kernel.rows * kernel.columns) : nullptr;
  job.rounding = &constants_;
  kernel.run(job);
  if (step != ProductStep::watched || stayed_in_range(ar_.acc().rule(), job.largest)) return;
  const ProductStep careful = *careful_step<T>(ar_.acc().rule());
  const StepKernels<T>& again = steps_of<T>(kernels_).of[static_cast<std::size_t>(careful)];
  tile(wide ? again.wide : again.narrow, careful, a, b, out, wide);
}

/// out [rows, columns]: pitch packed_.width.  Tiles may write beyond, up to tile_rows - 1 rows.
template <class T>
void Product<T>::tiles(ProductStep step, const Broadcast<T>& a, std::size_t rows, const T* b,
                       std::size_t columns, T* out) const {
  const StepKernels<T>& table = steps_of<T>(kernels_).of[static_cast<std::size_t>(step)];
  for (std::size_t c = 0; c < columns;) {
    const bool wide = 2 * (columns - c) > table.wide.columns;
    const TileKernel<T>& kernel = wide ? table.wide : table.narrow;
    for (std::size_t r = 0; r < rows; r += kernel.rows)
      tile(kernel, step, a.from(r * a.row_step), b + c, out + r * packed_.width + c, wide);
    c += kernel.columns;
  }
}

template <class T>
Events Product<T>::run_rows(std::size_t first, std::size_t last) const {
  thread_local AlignedBuffer<T> numbers, more, much, sums;
  const std::size_t rows = last - first, pitch = (k_ + 15) / 16 * 16 + 16;
  const std::size_t padded = (rows + tile_rows - 1) / tile_rows * tile_rows, size = padded * pitch;
  T* const a = numbers.reserve(size);
  Loader<T> loader(w_, ar_.in(), kernels_);
  BitRange bits;
  bool fits = true;
  for (std::size_t r = 0; r < padded; ++r) {
    std::fill(a + r * pitch + (r < rows ? k_ : 0), a + (r + 1) * pitch, T{0});
    if (r < rows) fits = fits && loader.load(w_.view, false, first + r, 0, k_, a + r * pitch, bits);
  }
  const NumberRange range = number_range<T>(bits);
  std::vector<ProductStep> steps;
  for (const NumberRange& panel : packed_.ranges) {
    const auto step = step_for(range, panel);
    fits = fits && step && steps_of<T>(kernels_).of[static_cast<std::size_t>(*step)].wide.run;
    if (!fits) return rows_by_definition(ar_, w_, bias_, x_, y_, first, last);
    steps.push_back(*step);
  }
  Broadcast<T> all{a, a, a, pitch, 1};
  if (constants_.dropped > 0) {
    all.times_split_minus_1 = more.reserve(size);
    all.times_split = much.reserve(size);
    scale(kernels_, a, size, constants_.split_minus_1, more.reserve(size));
    scale(kernels_, a, size, constants_.split, much.reserve(size));
  }
  Finisher<T> finisher(ar_, bias_, kernels_);
  T* const out = sums.reserve(padded * packed_.width);
  for (std::size_t panel = 0; panel < packed_.panels; ++panel) {
    const std::size_t column = panel * packed_.width, n = std::min(packed_.width, x_.columns() - column);
    tiles(steps[panel], all, rows, packed_.as_broadcast.plain + panel * packed_.panel_size, n, out);
    const bool finite = range.finite && packed_.ranges[panel].finite;
    for (std::size_t r = 0; r < rows; ++r)
      finisher.finish(out + r * packed_.width, n, first + r, column, false, finite, &y_(first + r, column));
  }
  return finisher.events();
}

/// The same with the operands' places exchanged: the tile is transposed, entry (column, row).
template <class T>
Events Product<T>::run_columns(std::size_t first, std::size_t last) const {
  thread_local AlignedBuffer<T> numbers, sums;
  thread_local AlignedBuffer<double> results;
  const std::size_t width = packed_.width, rows = last - first;
  T* const b = numbers.reserve(k_ * width);
  Loader<T> loader(w_, ar_.in(), kernels_);
  BitRange bits;
  bool fits = true;
  for (std::size_t k = 0; k < k_ && fits; ++k) {
    fits = loader.load(w_.view, true, k, first, rows, b + k * width, bits);
    std::fill(b + k * width + rows, b + (k + 1) * width, T{0});
  }
  const NumberRange range = number_range<T>(bits);
  std::vector<ProductStep> steps;
  for (const NumberRange& panel : packed_.ranges) {
    const auto step = step_for(panel, range);
    fits = fits && step && steps_of<T>(kernels_).of[static_cast<std::size_t>(*step)].wide.run;
    if (!fits) return rows_by_definition(ar_, w_, bias_, x_, y_, first, last);
    steps.push_back(*step);
  }
  Finisher<T> finisher(ar_, bias_, kernels_);
  T* const out = sums.reserve((width + tile_rows) * width);
  double* const result = results.reserve(width * width);
  for (std::size_t panel = 0; panel < packed_.panels; ++panel) {
    const std::size_t column = panel * width, n = std::min(width, x_.columns() - column);
    tiles(steps[panel], packed_.as_broadcast.from(panel * packed_.panel_size), n, b, rows, out);
    const bool finite = range.finite && packed_.ranges[panel].finite;
    for (std::size_t j = 0; j < n; ++j)
      finisher.finish(out + j * width, rows, first, column + j, true, finite, result + j * width);
    for (std::size_t r = 0; r < rows; ++r) {
      double* const to = &y_(first + r, column);
      for (std::size_t j = 0; j < n; ++j) to[j] = result[j * width + r];
    }
  }
  return finisher.events();
}

template <class T>
Events Product<T>::run(std::size_t first, std::size_t last) const {
  return swapped_ ? run_columns(first, last) : run_rows(first, last);
}

}  // namespace

template <class T>
bool matmul_fast(Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
                 MatrixView<double> y) {
  const Simulated fresh = ar;
  Product<T> product(fresh, w, bias, x, y);
  if (!product.pack_x()) return false;
  std::mutex counting;
  parallel_for(w.rows(), product.rows_at_once(), [&](std::size_t first, std::size_t last) {
    const Events events = product.run(first, last);
    const std::lock_guard lock(counting);
    ar.count(events);
  });
  return true;
}

template bool matmul_fast<float>(Simulated&, const Operand&, const Operand&, MatrixView<const double>,
                                 MatrixView<double>);
template bool matmul_fast<double>(Simulated&, const Operand&, const Operand&, MatrixView<const double>,
                                  MatrixView<double>);

}  // namespace halfulp
