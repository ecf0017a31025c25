// Speed of the kernels of this floor, each beside a copy of the same array, the plain loop and OpenBLAS sgemm
// on the same product, in the same run.  Every answer is checked before it is timed.
//   linalg_bench [--json FILE] [--rounds N] [--only WORD]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "halfulp/base/parallel.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/matmul.hpp"
#include "halfulp/linalg/openblas_bench.hpp"
#include "halfulp/linalg/round_array.hpp"

namespace {

using namespace halfulp;

double seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Something to time; prepare() is not timed.
struct Body {
  std::function<void()> run;
  std::function<void()> prepare = [] {};
};
using Times = std::vector<double>;

/// Times of several bodies, taken in turn so that a change of the machine's clock or load meets all of them.
std::vector<Times> in_turn(const std::vector<Body>& bodies, int rounds) {
  std::vector<Times> times(bodies.size());
  for (int r = -1; r < rounds; ++r)
    for (std::size_t b = 0; b < bodies.size(); ++b) {
      bodies[b].prepare();
      const double t = seconds(bodies[b].run);
      if (r >= 0) times[b].push_back(t);  // the first round warms up
    }
  return times;
}
double best(const Times& times) { return *std::min_element(times.begin(), times.end()); }
double median(Times values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

/// Rates at the best times; ratio of these; median over rounds of the ratio within a round.
struct Line {
  std::string figure, unit, peer;
  double ours, peers, ratio, paired, goal;
};
std::vector<Line> lines;

void report(const std::string& figure, const std::string& unit, double work, const Times& ours,
            const std::string& peer, double peer_work, const Times& peers, double goal) {
  Line line{figure, unit, peer, work / best(ours) * 1e-9, peer_work / best(peers) * 1e-9, 0, 0, goal};
  line.ratio = line.ours / line.peers;
  Times paired;
  for (std::size_t r = 0; r < std::min(ours.size(), peers.size()); ++r)
    paired.push_back(work / ours[r] / (peer_work / peers[r]));
  line.paired = median(paired);
  std::printf("%-34s %9.3f %-12s %-16s %9.3f %9.4f %9.4f", figure.c_str(), line.ours, unit.c_str(),
              peer.c_str(), line.peers, line.ratio, line.paired);
  if (goal > 0) std::printf("  %6.3f %s", goal, std::max(line.ratio, line.paired) < goal ? "below" : "");
  std::printf("\n");
  std::fflush(stdout);
  lines.push_back(line);
}

void fail(const std::string& what) {
  std::fprintf(stderr, "linalg_bench: wrong answer: %s\n", what.c_str());
  std::exit(5);
}

constexpr std::size_t m = 768, k = 768, n = 128;

struct Problem {
  std::vector<std::uint16_t> weights = std::vector<std::uint16_t>(m * k);
  Matrix<double> x{k, n}, y{m, n};
  std::vector<float> a = std::vector<float>(m * k), b = std::vector<float>(k * n),
                     c = std::vector<float>(m * n);
  Operand w;

  Problem() {
    for (std::uint32_t i = 0; i < m * k; ++i) {
      const auto r = philox(1, {i, 0, 0, 0});
      a[i] = bf16(0.04 * (uniform(r[0], r[1]) + uniform(r[2], r[3]) - 1));
      std::uint32_t bits;
      std::memcpy(&bits, &a[i], 4);
      weights[i] = static_cast<std::uint16_t>(bits >> 16);
    }
    for (std::uint32_t i = 0; i < k * n; ++i) {
      const auto r = philox(2, {i, 0, 0, 0});
      b[i] = bf16(4 * (uniform(r[0], r[1]) + uniform(r[2], r[3]) - 1));
      x(i / n, i % n) = b[i];
    }
    w = {{reinterpret_cast<const std::byte*>(weights.data()), DType::bf16, m, k, k, 1}};
  }
  static float bf16(double value) {
    static const RoundingRule rule = rounding_rule("bf16");
    return static_cast<float>(round({value, 0}, rule));
  }
  /// Compares some entries with the definition.
  void check(const StepFormats& formats, const std::string& name) const {
    for (const std::size_t i : {std::size_t{0}, std::size_t{5}, m - 1}) {
      Operand row = w;
      row.view.data += i * row.view.row_stride * 2;
      row.view.rows = 1;
      if (formats.acc.mode == Rounding::stochastic && i > 0) continue;
      Matrix<double> one(1, n);
      Simulated ar(formats);
      matmul_naive(ar, row, {}, x.view(), one.view());
      for (std::size_t j = 0; j < n; ++j)
        if (std::memcmp(&one(0, j), &y(i, j), 8) != 0) fail(name);
    }
  }
};

StepFormats all_in(const std::string& name) {
  const RoundingRule rule = rounding_rule(name);
  RoundingRule even = rule;
  even.mode = Rounding::nearest_even;
  return {even, rule, rule};
}

void products(const Blas& blas, int rounds, const std::string& only) {
  struct Figure {
    std::string name;
    StepFormats formats;
    double goal;
    int slower;
  };
  const RoundingRule bf16 = rounding_rule("bf16"), fp32 = rounding_rule("fp32"), fp64 = rounding_rule("fp64");
  const std::vector<Figure> figures = {
      {"recipe bf16 (fp32 accumulator)", {bf16, fp32, bf16}, 0.7, 1},
      {"fp32 operands and accumulator", {fp32, fp32, fp32}, 0, 1},
      {"fp64", {fp64, fp64, fp64}, 0, 1},
      {"bin8", all_in("bin8"), 0.15, 1},
      {"bin11", all_in("bin11"), 0.15, 1},
      {"bf16", all_in("bf16"), 0.11, 1},
      {"fp16", all_in("fp16"), 0.09, 1},
      {"e4m3fn", all_in("e4m3fn"), 0.05, 1},
      {"bin20 (binary64 carrier)", all_in("bin20"), 0, 4},
      {"bf16:stochastic", all_in("bf16:stochastic"), 0.012, 8},
      {"fp16:stochastic", all_in("fp16:stochastic"), 0.012, 8},
      {"dec4", all_in("dec4"), 0.002, 30},
      {"dec8", all_in("dec8"), 0.002, 30},
  };
  Problem p;
  const double flops = 2.0 * m * k * n;
  const auto sgemm = [&] {
    blas.sgemm(101, 111, 111, m, n, k, 1, p.a.data(), k, p.b.data(), n, 0, p.c.data(), n);
  };
  std::printf("\nmatrix product %zux%zux%zu; peer: sgemm, OpenBLAS kernel %s\n", m, k, n,
              blas.kernel.c_str());
  for (const Figure& f : figures) {
    if (f.name.find(only) == std::string::npos) continue;
    Simulated ar(f.formats), other_ar(f.formats);
    Matrix<double> other_y(m, n);
    const auto ours = [&] { matmul(ar, p.w, {}, p.x.view(), p.y.view()); };
    set_threads(1);
    ours();
    p.check(f.formats, f.name);
    const int count = std::max(3, rounds / f.slower);
    const auto times = in_turn({{ours}, {blas.sgemm ? std::function<void()>(sgemm) : ours}}, count);
    report(f.name, "roundings/s", flops, times[0], "sgemm", flops, times[1], f.goal);
    const auto several = [&] {
      for (int r = 0; r < 5; ++r) ours();
    };
    const auto threads =
        in_turn({{several, [] { set_threads(1); }}, {several, [] { set_threads(2); }}}, count / 5 + 3);
    report("  two threads", "roundings/s", 5 * flops, threads[1], "one thread", 5 * flops, threads[0], 1.8);
    set_threads(1);
    // What the two processors can do together: a product of one thread on each, nothing shared.
    const auto side_by_side = [&] {
      std::thread beside([&] {
        for (int r = 0; r < 5; ++r) matmul(other_ar, p.w, {}, p.x.view(), other_y.view());
      });
      several();
      beside.join();
    };
    const auto apart = in_turn({{several}, {side_by_side}}, count / 5 + 3);
    report("  two products side by side", "roundings/s", 10 * flops, apart[1], "one thread", 5 * flops,
           apart[0], 0);
    Matrix<double> few(m, 4);
    const auto plain_loop = [&] {
      Simulated own(f.formats);
      matmul_rows_naive(own, p.w, {}, p.x.view().columns_part(0, 4), few.view(), 0, 16);
    };
    const auto naive = in_turn({{plain_loop}}, 2);
    report("  beside the plain loop", "roundings/s", flops, times[0], "matmul_naive", 2.0 * 16 * k * 4,
           naive[0], 0);
  }
  if (only.empty() || only == "double_double") {
    Matrix<DoubleDouble> x(k, n), y(m, n);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < n; ++j) x(i, j) = DoubleDouble{p.x(i, j)} / DoubleDouble{3};
    DoubleDoubleArithmetic dd;
    set_threads(1);
    const auto ours = [&] { matmul(dd, p.w, {}, x.view(), y.view()); };
    const auto times = in_turn({{ours}, {sgemm}}, std::max(3, rounds / 20));
    report("double-double", "+ and */s", flops, times[0], "sgemm", flops, times[1], 0);
  }
}

template <class T>
struct Aligned {
  T* data;
  explicit Aligned(std::size_t count) : data(static_cast<T*>(std::aligned_alloc(4096, count * sizeof(T)))) {}
  ~Aligned() { std::free(data); }
};

void arrays(int rounds, const std::string& only) {
  for (const std::size_t count : {std::size_t{10'000'000}, std::size_t{8192}}) {
    const bool large = count > 1'000'000;
    std::printf("\narray of %zu binary32; peer: %s\n", count,
                large ? "the faster of memcpy and our copy" : "memcpy");
    Aligned<float> in(count), out(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto r = philox(3, {i, 0, 0, 0});
      in.data[i] =
          static_cast<float>(std::ldexp(uniform(r[0], r[1]) - 0.5, static_cast<int>(r[2] % 24) - 12));
      out.data[i] = 0;
    }
    const int repeat = large ? 1 : 1000;
    const auto repeated = [&](const std::function<void()>& body) {
      return [=] {
        for (int r = 0; r < repeat; ++r) body();
      };
    };
    const auto work = static_cast<double>(count) * repeat;
    const auto libc = repeated([&] { std::memcpy(out.data, in.data, count * 4); });
    const RoundingRule fp32 = rounding_rule("fp32");
    const auto own = repeated([&] { round_array(fp32, in.data, out.data, count); });
    for (const std::string name : {"bf16", "fp16", "e4m3fn", "bf16:stochastic", "fp16:stochastic", "dec4"}) {
      if (name.find(only) == std::string::npos) continue;
      const RoundingRule rule = rounding_rule(name);
      const auto ours = repeated([&] { round_array(rule, in.data, out.data, count, 7); });
      if (name == "dec4" && large) continue;
      round_array(rule, in.data, out.data, count, 7);
      for (std::size_t i = 0; i < count && rule.mode != Rounding::stochastic; i += 1 + count / 5000)
        if (const double y = round({in.data[i], 0}, rule); static_cast<float>(y) != out.data[i] && y == y)
          fail(name);
      const auto times = in_turn({{ours}, {libc}, {own}}, std::max(5, rounds / 4));
      const bool libc_wins = best(times[1]) < best(times[2]);
      const Times& copy = libc_wins ? times[1] : times[2];
      if (rule.mode == Rounding::stochastic) {
        RoundingRule even = rule;
        even.mode = Rounding::nearest_even;
        const auto nearest = repeated([&] { round_array(even, in.data, out.data, count); });
        const auto both = in_turn({{ours}, {nearest}}, std::max(5, rounds / 4));
        report(name, "elements/s", work, both[0], "nearest-even", work, both[1], large ? 0.4 : 0);
      } else if (large) {
        report(name, "elements/s", work, times[0], libc_wins ? "memcpy" : "our copy", work, copy, 0.85);
      } else {
        report(name, "elements/s", work, times[0], "4e9/s", 4e9, Times(times[0].size(), 1),
               name == "dec4" ? 0 : 1);
      }
    }
  }
}

void write_json(const std::string& path, const Blas& blas) {
  std::ofstream file(path);
  file << "{\"schema\": \"halfulp.bench/1\", \"target\": \"" << kernels().name << "\", \"sgemm\": \""
       << blas.kernel << "\", \"figures\": [";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& l = lines[i];
    file << (i ? ",\n  " : "\n  ") << "{\"figure\": \"" << l.figure << "\", \"unit\": \"" << l.unit
         << "\", \"rate\": " << l.ours << ", \"peer\": \"" << l.peer << "\", \"peer_rate\": " << l.peers
         << ", \"ratio\": " << l.ratio << ", \"paired_ratio\": " << l.paired << ", \"goal\": " << l.goal
         << "}";
  }
  file << "\n]}\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::string json, only;
  int rounds = 100;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--json") json = argv[i + 1];
    if (std::string(argv[i]) == "--rounds") rounds = std::atoi(argv[i + 1]);
    if (std::string(argv[i]) == "--only") only = argv[i + 1];
  }
  const Blas blas;
  std::printf("instruction set: %s\n", kernels().name);
  std::printf("%-34s %9s %-12s %-16s %9s %9s %9s  %6s\n", "figure", "e9", "", "peer", "e9", "best/best",
              "paired", "goal");
  set_threads(1);
  products(blas, rounds, only);
  arrays(rounds, only);
  if (!json.empty()) write_json(json, blas);
}
