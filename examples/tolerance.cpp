// A kernel's test with the tolerance that is right for it: a matrix product with sums in binary32.
#include <cstdio>
#include <vector>

#include "halfulp/analysis/tolerance/tolerance.hpp"

constexpr std::size_t m = 8, k = 512, n = 8;

/// The kernel under test: C = A B, two partial sums an entry; `terms` < k is a bug.
std::vector<float> kernel(const std::vector<double>& a, const std::vector<double>& b, std::size_t terms) {
  std::vector<float> c(m * n);
  for (std::size_t i = 0; i < m * n; ++i) {
    float sums[2] = {0, 0};
    for (std::size_t l = 0; l < terms; ++l)
      sums[l % 2] += static_cast<float>(a[i / n * k + l]) * static_cast<float>(b[l * n + i % n]);
    c[i] = sums[0] + sums[1];
  }
  return c;
}

int main() {
  std::vector<double> a(m * k), b(k * n), reference(m * n);  // inputs are numbers of binary32
  for (std::size_t i = 0; i < m * k; ++i) a[i] = static_cast<float>((i * 37 % 101) / 50.0 - 1);
  for (std::size_t i = 0; i < k * n; ++i) b[i] = static_cast<float>((i * 53 % 89) / 44.0 - 1);
  for (std::size_t i = 0; i < m * n; ++i)
    for (std::size_t l = 0; l < k; ++l) reference[i] += a[i / n * k + l] * b[l * n + i % n];

  halfulp::ToleranceRequest request{
      .op = halfulp::Operation::gemm, .in = "fp32", .acc = "fp32", .out = "fp32"};
  const auto tolerance = halfulp::gemm_tolerance(request, {a.data(), m, k}, {b.data(), k, n});
  for (const std::size_t terms : {k, k - 1}) {
    const std::string wrong = halfulp::complaint(tolerance, kernel(a, b, terms).data(), reference.data());
    std::printf("%zu terms: %s\n", terms, wrong.empty() ? "correct" : "wrong");
    if (wrong.empty() != (terms == k)) return 1;
  }
}
