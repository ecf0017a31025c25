#include <algorithm>

#include "halfulp/base/parallel.hpp"
#include "halfulp/linalg/matmul_fast.hpp"
#include "halfulp/linalg/operand_pack.hpp"

namespace halfulp {

bool matmul_double_double(const Operand& w, const Operand& bias, MatrixView<const DoubleDouble> x,
                          MatrixView<DoubleDouble> y) {
  const Kernels& kernels = halfulp::kernels();
  if (!kernels.double_double) return false;
  const std::size_t width = kernels.double_double_columns, k = w.columns(), n = x.columns();
  const std::size_t panels = (n + width - 1) / width;
  AlignedBuffer<double> high, low;  // [panel][k][width]
  double* const b_high = high.reserve(panels * k * width + 1);
  double* const b_low = low.reserve(panels * k * width + 1);
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < panels * width; ++j) {
      const std::size_t at = (j / width * k + i) * width + j % width;
      const DoubleDouble value = j < n ? x(i, j) : DoubleDouble{};
      b_high[at] = value.hi;
      b_low[at] = value.lo;
    }
  constexpr std::size_t rows_at_once = 16;
  parallel_for(w.rows(), rows_at_once, [&](std::size_t first, std::size_t last) {
    thread_local AlignedBuffer<double> rows, out_high, out_low;
    const std::size_t count = last - first;
    double* const a = rows.reserve(count * k + 1);
    Loader<double> loader(w, Rounder{}, kernels);
    BitRange unused;
    for (std::size_t r = 0; r < count; ++r) loader.load(w.view, false, first + r, 0, k, a + r * k, unused);
    DoubleDoubleJob job;
    job.a = a;
    job.row_step = k;
    job.rows = count;
    job.b_step = job.out_step = width;
    job.k = k;
    job.out_high = out_high.reserve(count * width);
    job.out_low = out_low.reserve(count * width);
    for (std::size_t panel = 0; panel < panels; ++panel) {
      job.b_high = b_high + panel * k * width;
      job.b_low = b_low + panel * k * width;
      kernels.double_double(job);
      for (std::size_t r = 0; r < count; ++r)
        for (std::size_t l = 0; l < width && panel * width + l < n; ++l) {
          DoubleDouble s{job.out_high[r * width + l], job.out_low[r * width + l]};
          if (!bias.empty()) s = s + DoubleDouble{bias.at(0, first + r)};
          y(first + r, panel * width + l) = s;
        }
    }
  });
  return true;
}

}  // namespace halfulp
