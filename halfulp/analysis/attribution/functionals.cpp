#include "halfulp/analysis/attribution/functionals.hpp"

#include <array>
#include <cmath>

#include "halfulp/arith/native.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/layers/softmax/softmax.hpp"

namespace halfulp {
namespace {

/// Independent random signs, as functions of (seed, row, column, number).
class Signs {
 public:
  Signs(std::uint64_t seed, std::size_t row, std::size_t column)
      : stream_{seed, 0x7369676e73u + (std::uint64_t{column} << 40)}, row_(row) {}
  double operator[](std::size_t number) {
    if (number / 128 != block_) words_ = stream_.block((row_ << 24) + (block_ = number / 128));
    return words_[number % 128 / 32] >> number % 32 & 1 ? 1 : -1;
  }

 private:
  Philox4x32 stream_;
  std::uint64_t row_;
  std::size_t block_ = SIZE_MAX;
  std::array<std::uint32_t, 4> words_{};
};

std::vector<double> probabilities(Row<const double> z) {
  Native ar;
  std::vector<double> exponentials(z.size()), p(z.size());
  softmax(ar, z, Shift::by_maximum, Row<double>(exponentials), Row<double>(p));
  return p;
}

/// gradient(t, z_t, bar) for each token, bar(v, p) the gradient of functional p there.
template <class OfToken>
Functionals by_token(std::size_t count, OfToken of_token) {
  return {count, [count, of_token](std::size_t first, MatrixView<const double> z, MatrixView<double> z_bar) {
            parallel_for(z.columns(), 1, [&](std::size_t begin, std::size_t end) {
              for (std::size_t t = begin; t < end; ++t)
                of_token(first + t, z.column(t), z_bar.columns_part(t * count, count));
            });
          }};
}

}  // namespace

Functionals logit_probes(std::size_t count, std::uint64_t seed) {
  return by_token(count, [=](std::size_t t, Row<const double> z, MatrixView<double> bar) {
    for (std::size_t v = 0; v < z.size(); ++v) {
      Signs xi(seed, v, t);
      for (std::size_t p = 0; p < count; ++p) bar(v, p) = xi[p];
    }
  });
}

Functionals divergence_probes(std::size_t count, std::uint64_t seed) {
  return by_token(count, [=](std::size_t t, Row<const double> z, MatrixView<double> bar) {
    const std::vector<double> p = probabilities(z);
    std::vector<double> mean(count);
    for (std::size_t v = 0; v < z.size(); ++v) {
      Signs xi(seed, v, t);
      const double root = std::sqrt(p[v]);
      for (std::size_t q = 0; q < count; ++q) {
        bar(v, q) = root * xi[q];
        mean[q] += bar(v, q);
      }
    }
    for (std::size_t v = 0; v < z.size(); ++v)
      for (std::size_t q = 0; q < count; ++q) bar(v, q) -= p[v] * mean[q];
  });
}

Functionals loss_functional(std::span<const std::uint32_t> tokens) {
  return by_token(1, [=](std::size_t t, Row<const double> z, MatrixView<double> bar) {
    if (t + 1 >= tokens.size()) return;
    const std::vector<double> p = probabilities(z);
    const double share = 1 / static_cast<double>(tokens.size() - 1);
    for (std::size_t v = 0; v < z.size(); ++v) bar(v, 0) = share * (p[v] - (v == tokens[t + 1] ? 1 : 0));
  });
}

Functionals margin_functionals(std::vector<Margin> margins) {
  const std::size_t count = margins.size();
  return by_token(count, [=](std::size_t t, Row<const double>, MatrixView<double> bar) {
    for (std::size_t p = 0; p < count; ++p) {
      if (margins[p].position != t) continue;
      bar(margins[p].first, p) += 1;
      bar(margins[p].second, p) -= 1;
    }
  });
}

Functionals margin_probes(std::vector<Margin> margins, std::size_t count, std::uint64_t seed) {
  return by_token(count, [=](std::size_t t, Row<const double>, MatrixView<double> bar) {
    for (std::size_t m = 0; m < margins.size(); ++m) {
      if (margins[m].position != t) continue;
      Signs sign(seed, m, margins.size());
      for (std::size_t p = 0; p < count; ++p) {
        bar(margins[m].first, p) += sign[p];
        bar(margins[m].second, p) -= sign[p];
      }
    }
  });
}

std::vector<Margin> top_margins(MatrixView<const double> logits) {
  std::vector<Margin> margins(logits.columns());
  for (std::size_t t = 0; t < logits.columns(); ++t) {
    const Row<const double> z = logits.column(t);
    Margin& m = margins[t];
    m.position = t;
    for (std::size_t v = 1; v < z.size(); ++v)
      if (z[v] > z[m.first]) m.first = v;
    m.second = m.first == 0 ? 1 : 0;
    for (std::size_t v = 0; v < z.size(); ++v)
      if (v != m.first && z[v] > z[m.second]) m.second = v;
    m.value = z[m.first] - z[m.second];
  }
  return margins;
}

Functionals joined(std::vector<Functionals> parts) {
  std::size_t count = 0;
  for (const Functionals& part : parts) count += part.count;
  return {count, [count, parts = std::move(parts)](std::size_t first, MatrixView<const double> z,
                                                   MatrixView<double> z_bar) {
            std::size_t at = 0;
            for (const Functionals& part : parts) {
              Matrix<double> own(z.rows(), z.columns() * part.count);
              part.gradient(first, z, own.view());
              for (std::size_t v = 0; v < z.rows(); ++v)
                for (std::size_t t = 0; t < z.columns(); ++t)
                  for (std::size_t p = 0; p < part.count; ++p)
                    z_bar(v, t * count + at + p) = own(v, t * part.count + p);
              at += part.count;
            }
          }};
}

}  // namespace halfulp
