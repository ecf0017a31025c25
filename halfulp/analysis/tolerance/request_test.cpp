// What a request may not say, what it means, and when there is no statement.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "halfulp/analysis/tolerance/tolerance.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

ToleranceRequest dot_of(std::size_t k) {
  ToleranceRequest request{.op = Operation::dot};
  request.k = k;
  return request;
}

void expect_refused(const ToleranceRequest& request, const std::string& part) {
  try {
    tolerance_of(request);
    ADD_FAILURE() << "accepted: " << part;
  } catch (const usage_error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(ToleranceRequest, RefusesWhatAnOperationLacksOrDoesNotUse) {
  expect_refused({.op = Operation::gemm}, "gemm needs --k");
  expect_refused({.op = Operation::softmax}, "softmax needs --n");
  expect_refused({.op = Operation::rmsnorm}, "rmsnorm needs --d");
  expect_refused({.op = Operation::sdpa, .n = 4}, "sdpa needs --d");
  expect_refused({.op = Operation::dot, .k = 0}, "--k: 0");
  expect_refused({.op = Operation::dot, .k = 4, .n = 2}, "--n: dot does not use it");
  expect_refused({.op = Operation::swiglu, .k = 4}, "--k: swiglu does not use it (dot or gemm do)");
  const std::function<void(ToleranceRequest&)> unused[] = {
      [](auto& r) { r.exp_ulp = 2; },         [](auto& r) { r.eps = 1e-5; },
      [](auto& r) { r.rsqrt_ulp = 1; },       [](auto& r) { r.div_ulp = 1; },
      [](auto& r) { r.sincos_ulp = 1; },      [](auto& r) { r.deviation = 1; },
      [](auto& r) { r.position = 1; },        [](auto& r) { r.inner = "bf16"; },
      [](auto& r) { r.natural_exp = false; }, [](auto& r) { r.order = "flash:8"; }};
  for (const auto& add : unused) {
    ToleranceRequest request = dot_of(4);
    add(request);
    EXPECT_THROW(tolerance_of(request), usage_error);
  }
}

TEST(ToleranceRequest, RefusesValuesThatMeanNothing) {
  const std::pair<std::function<void(ToleranceRequest&)>, const char*> wrong[] = {
      {[](auto& r) { r.absmax = {-1}; }, "--absmax: -1"},
      {[](auto& r) { r.absmax = {0}; }, "--absmax: 0"},
      {[](auto& r) { r.absmax = {HUGE_VAL}; }, "--absmax: inf"},
      {[](auto& r) { r.absmax = {NAN}; }, "--absmax: nan"},
      {[](auto& r) { r.absmax = {}; }, "--absmax"},
      {[](auto& r) {
         r.absmax = {1, 2, 3};
       },
       "dot has 2 inputs, 3 given"},
      {[](auto& r) { r.in = "e4m3fn", r.absmax = {449}; }, "beyond the largest number of e4m3fn"},
      {[](auto& r) { r.probability = 0; }, "--prob: 0"},
      {[](auto& r) { r.probability = 1; }, "--prob: 1"},
      {[](auto& r) { r.probability = NAN; }, "--prob: nan"},
      {[](auto& r) { r.in = "bf17"; }, "bf17"},
      {[](auto& r) { r.acc = "fp32:sideways"; }, "sideways"},
      {[](auto& r) { r.out = ""; }, "format"},
      {[](auto& r) { r.order = "backwards"; }, "--order backwards"},
      {[](auto& r) { r.order = "blocked:0"; }, "--order blocked:0"},
      {[](auto& r) { r.order = "blocked:"; }, "--order blocked:"},
      {[](auto& r) { r.order = "blocked:B"; }, "--order blocked:B"},
      {[](auto& r) { r.order = "aligned:8x"; }, "--order aligned:8x"},
      {[](auto& r) { r.k = std::size_t{1} << 41; }, "2^40"},
  };
  for (const auto& [change, part] : wrong) {
    ToleranceRequest request = dot_of(4);
    change(request);
    expect_refused(request, part);
  }
  expect_refused({.op = Operation::softmax, .n = 4, .exp_ulp = 0.4}, "--exp-ulp: 0.4");
  expect_refused({.op = Operation::rmsnorm, .d = 4, .eps = -1}, "--eps: -1");
  EXPECT_THROW(operation_named("gem"), usage_error);
  EXPECT_THROW(reference_named("fp64"), usage_error);
}

bool fails(const Tolerance& t, const std::string& part) {
  for (const ToleranceHypothesis& h : t.hypotheses)
    if (h.standing == ToleranceHypothesis::Standing::failed && h.text.find(part) != std::string::npos)
      return true;
  return false;
}

TEST(Tolerance, SaysWhatMayOverflowAndMakesNoStatement) {
  ToleranceRequest request = dot_of(4096);
  request.in = request.out = "fp16";
  request.absmax = {6};
  const Tolerance of_result = tolerance_of(request);
  EXPECT_TRUE(fails(of_result, "no overflow of the result"));
  EXPECT_FALSE(of_result.worst.is_statement());
  EXPECT_FALSE(of_result.probabilistic.is_statement());
  request.finite = true;
  EXPECT_TRUE(tolerance_of(request).worst.is_statement()) << "the test has seen that nothing overflowed";
  request.finite = false;
  request.out = "fp32", request.acc = "fp16", request.k = 2000;
  EXPECT_TRUE(fails(tolerance_of(request), "no overflow of the sums"));
  request.k = 500;
  EXPECT_TRUE(tolerance_of(request).worst.is_statement());
  EXPECT_TRUE(fails(tolerance_of({.op = Operation::softmax, .n = 70000, .acc = "fp16"}), "the sum"));
  EXPECT_TRUE(fails(tolerance_of({.op = Operation::layernorm, .d = 8, .eps = 0}), "--deviation is positive"));
}

TEST(Tolerance, InputsThatAreRoundedAsTheyAreReadMakeNoStatement) {
  EXPECT_TRUE(
      fails(tolerance_of({.op = Operation::dot, .k = 4, .in = "fp32", .acc = "bf16"}), "fp32 (inputs)"));
  EXPECT_TRUE(fails(tolerance_of({.op = Operation::swiglu, .in = "bf16", .acc = "fp16"}), "bf16 (inputs)"));
}

TEST(Tolerance, ManyRoundingsMakeNoStatement) {
  ToleranceRequest request = dot_of(300);
  request.acc = "bin8";
  const Tolerance t = tolerance_of(request);
  EXPECT_TRUE(fails(t, "c u < 1"));
  EXPECT_FALSE(t.worst.is_statement());
}

TEST(Tolerance, BiasedRoundingHasNoProbabilisticValue) {
  for (const char* acc : {"fp32:toward-zero", "fp32:up"}) {
    ToleranceRequest request = dot_of(64);
    request.acc = acc;
    EXPECT_TRUE(tolerance_of(request).worst.is_statement());
    EXPECT_FALSE(tolerance_of(request).probabilistic.is_statement());
  }
  ToleranceRequest aligned = dot_of(64);
  aligned.order = "aligned:16";
  EXPECT_TRUE(tolerance_of(aligned).worst.is_statement());
  EXPECT_FALSE(tolerance_of(aligned).probabilistic.is_statement());
  ToleranceRequest stochastic = dot_of(1 << 14);
  stochastic.acc = "fp32:stochastic";
  const Tolerance t = tolerance_of(stochastic);
  EXPECT_EQ(t.model.at(0).standing, ToleranceHypothesis::Standing::checked);
  EXPECT_LT(t.probabilistic.atol, t.worst.atol / 4);
}

TEST(Tolerance, GrowsWithWhatTheReferenceMayErrBy) {
  ToleranceRequest request = dot_of(1000);
  double last = 0;
  for (const Reference against :
       {Reference::exact, Reference::binary64, Reference::rounded, Reference::kernel}) {
    request.against = against;
    const ToleranceValue value = tolerance_of(request).worst;
    EXPECT_GE(value.atol + value.rtol, last) << name_of(against);
    last = value.atol + value.rtol;
  }
}

TEST(Tolerance, OfABinary64KernelCountsTheReferenceToo) {
  ToleranceRequest request = dot_of(64);
  request.in = request.acc = request.out = "fp64";
  const double twice = tolerance_of(request).worst.atol;
  request.against = Reference::exact;
  EXPECT_NEAR(twice / tolerance_of(request).worst.atol, 2, 1e-9);
}

TEST(Complaint, NamesTheWorstEntry) {
  const ToleranceValue value{0.5, 0.25};
  const float y[] = {1, 2, 9, 100};
  const double b[] = {1, 1, 4, 40};
  EXPECT_EQ(complaint(value, y, b, 2), "entry 1 is 2, the reference 1: off by 1, allowed 0.75 (1 of 2 fail)");
  EXPECT_NE(complaint(value, y, b, 4).find("entry 3"), std::string::npos);
  EXPECT_EQ(complaint(value, y, b, 1), "");
  const float nan[] = {NAN};
  EXPECT_NE(complaint(value, nan, b, 1), "");
  EXPECT_NE(complaint({HUGE_VAL, HUGE_VAL}, y, b, 1).find("no statement"), std::string::npos);
}

TEST(GemmTolerance, LooksAtTheEntriesNotAtTheLargest) {
  Matrix<double> a(1, 3), b(3, 2);
  a.values() = {1, 2, 0};
  b.values() = {1, 0, -1, 0, 5, 0};
  ToleranceRequest request;
  request.in = request.acc = request.out = "bin11";
  request.against = Reference::exact;
  const DataTolerance t = gemm_tolerance(request, a, b);
  const double g = 3 * 0x1p-11 / (1 - 3 * 0x1p-11);
  EXPECT_NEAR(t.atol(0, 0), 3 * g, 1e-12);
  EXPECT_LT(t.atol(0, 1), 1e-300);
  EXPECT_EQ(t.rtol, 0);
  EXPECT_THROW(gemm_tolerance(request, a, a), shape_error);
}

}  // namespace
}  // namespace halfulp
