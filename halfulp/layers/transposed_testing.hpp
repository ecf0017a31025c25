// For tests only: back through a room, examined.  For P functionals at once:
//
//   in balls      J^T w is what reverse differentiation of the room's own evaluation gives, entry by entry
//   in balls      <J v, w> = <v, J^T w>, J v by dual numbers
//   in binary64   the same code: 2^-40 of the largest entry leaves room for some thousand roundings
//
// Adjoints are added to what is there already: the examination starts from ones.
#pragma once

#include "halfulp/layers/room_laws_testing.hpp"

namespace halfulp::testing {

inline constexpr std::size_t functionals = 3;

template <class A>
Arrays<Value<A>> constants(A& ar, const Arrays<double>& in) {
  return in_format(ar, in);
}

/// A room: run(ar, in) -> Y; back(in, y_bar, bars) adds to bars, one for each of `in`, [rows, columns P].
template <class Room, class T>
Arrays<T> pulled_back(const Room& room, const Arrays<T>& in, const Matrix<T>& y_bar) {
  Arrays<T> bars;
  for (const Matrix<T>& m : in) bars.emplace_back(m.rows(), m.columns() * functionals, T(1.0));
  room.back(in, y_bar, bars);
  for (Matrix<T>& bar : bars)
    for (T& entry : bar.values()) entry = entry - T(1.0);
  return bars;
}

inline double largest(const Matrix<Ball>& m) {
  double size = 0;
  for (const Ball& entry : m.values()) size = std::fmax(size, std::fabs(entry.mid.hi));
  return size;
}

template <class Room>
void expect_transposed(const Room& room, const Arrays<double>& in, Draws& draws, bool binary64 = true) {
  const Arrays<Ball> at = enclosed(in);
  BallArithmetic balls;
  const Matrix<Ball> y = room.run(balls, at);
  const Matrix<double> w = draws.matrix(y.rows(), y.columns() * functionals);
  const Arrays<Ball> bars = pulled_back(room, at, enclosed(Arrays<double>{w})[0]);

  for (std::size_t p = 0; p < functionals; ++p) {
    Adjoint tape;
    Arrays<TapedNumber> taped;
    for (const Matrix<double>& m : in) {
      taped.emplace_back(m.rows(), m.columns());
      for (std::size_t i = 0; i < m.values().size(); ++i)
        taped.back().values()[i] = tape.variable(m.values()[i]);
    }
    const auto result = room.run(tape, taped);
    for (std::size_t i = 0; i < y.rows(); ++i)
      for (std::size_t t = 0; t < y.columns(); ++t)
        tape.weigh(result(i, t), DoubleDouble{w(i, t * functionals + p)});
    tape.sweep();
    for (std::size_t k = 0; k < in.size(); ++k)
      for (std::size_t i = 0; i < in[k].rows(); ++i)
        for (std::size_t t = 0; t < in[k].columns(); ++t) {
          const Ball& got = bars[k](i, t * functionals + p);
          const DoubleDouble expected = tape.adjoint_of(taped[k](i, t));
          ASSERT_LE(std::fabs((got.mid - expected).hi), 2 * got.rad + 0x1p-70 * largest(bars[k]))
              << "argument " << k << ", entry " << i << " " << t << ", functional " << p << ": " << got.mid.hi
              << ", expected " << expected.hi << "; " << draws.replay();
        }

    Dual<> dual;
    auto moved = constants(dual, in);
    Ball there;  // <v, J^T w>
    for (std::size_t k = 0; k < in.size(); ++k)
      for (std::size_t i = 0; i < in[k].rows(); ++i)
        for (std::size_t t = 0; t < in[k].columns(); ++t) {
          const double v = draws.normal();
          moved[k](i, t).dx = DoubleDouble{v};
          there = there + Ball(v) * bars[k](i, t * functionals + p);
        }
    const auto derivative = room.run(dual, moved);
    Ball here;  // <J v, w>
    double size = 0;
    for (std::size_t i = 0; i < y.rows(); ++i)
      for (std::size_t t = 0; t < y.columns(); ++t) {
        const Ball term = Ball(derivative(i, t).dx) * Ball(w(i, t * functionals + p));
        here = here + term;
        size += magnitude(term);
      }
    ASSERT_LE(std::fabs((here.mid - there.mid).hi), 2 * there.rad + 0x1p-70 * size) << draws.replay();
  }

  if (!binary64) return;
  const Arrays<double> rounded = pulled_back(room, in, w);
  for (std::size_t k = 0; k < in.size(); ++k)
    for (std::size_t i = 0; i < rounded[k].values().size(); ++i)
      ASSERT_LE(std::fabs(rounded[k].values()[i] - bars[k].values()[i].mid.hi),
                0x1p-40 * (1 + largest(bars[k])))
          << "binary64, argument " << k << ", entry " << i << "; " << draws.replay();
}

}  // namespace halfulp::testing
