// Similarity scores and self-attention: Lemmas 3.12, 3.14, Remark 3.15, Lemmas 4.17, 4.21,
// Remarks 4.18, 4.22, Corollary 4.23, errata E1 and E2.
#include <array>

#include "halfulp/analysis/quantities/head_inputs.hpp"
#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/layers/self_attention/condition.hpp"
#include "halfulp/layers/self_attention/rounding.hpp"
#include "halfulp/layers/similarity_scores/rounding.hpp"

namespace halfulp {
namespace {

using Scores = ScoresJacobian<Ball>;
using Attention = AttentionJacobian<Ball>;

template <Ball (*f)(const Scores&)>
QuantityValue of_scores(const VectorFields& fields) {
  const HeadInputs in(fields, false);
  return value_of(f(Scores(in.wq(), in.wk(), in.tokens())));
}
template <Exponent p, Exponent q>
Ball exact_norm(const Scores& j) {
  return jacobian_norm(j, p, q);
}
template <Exponent p, Exponent q>
Ball norm_bound(const Scores& j) {
  return jacobian_norm_bound(j, p, q);
}
QuantityValue scores_jacobian(const VectorFields& fields) {
  const HeadInputs in(fields, false);
  return value_of(dense_within_limits(Scores(in.wq(), in.wk(), in.tokens())));
}
QuantityValue zeta(const VectorFields& fields) {
  const HeadInputs in(fields, false);
  return value_of(score_zeta<Ball>(in.wq(), in.wk(), in.tokens()));
}
QuantityValue scores_xi(const VectorFields& fields) {
  const HeadInputs in(fields, false);
  return value_of(score_xi<Ball>(in.wq(), in.wk(), in.tokens()));
}
QuantityValue scores_round(const VectorFields& fields) {
  const HeadInputs in(fields, false);
  return value_of(scores_first_order<Ball>(in.wq(), in.wk(), in.tokens()).u);
}
QuantityValue claimed_bound(const VectorFields& fields) {
  const HeadInputs in(fields, false);
  in.require_non_singular();
  return value_of(remark_4_18_claimed_bound<Ball>(in.wq(), in.wk()));
}

/// Of the matrices alone.
QuantityValue sigma_of_sizes(const VectorFields& fields) {
  const KeyQuery in(fields);
  return value_of(sigma_max_of_sizes<Ball>(in.wq.view(), in.wk.view()));
}
QuantityValue sigma_max(const VectorFields& fields) {
  const KeyQuery in(fields);
  return value_of(in.range().largest);
}
QuantityValue sigma_min(const VectorFields& fields) {
  const KeyQuery in(fields);
  return value_of(in.range().smallest);
}

template <Ball (*f)(const Attention&)>
QuantityValue of_attention(const VectorFields& fields) {
  const HeadInputs in(fields);
  return value_of(f(in.jacobian()));
}
QuantityValue attention_jacobian(const VectorFields& fields) {
  const HeadInputs in(fields);
  return value_of(dense_within_limits(in.jacobian()));
}
/// H_n, the rows of the last token.
QuantityValue last_rows(const VectorFields& fields) {
  const HeadInputs in(fields);
  const Attention j = in.jacobian();
  require_dense_limits(j.width(), j.inputs());
  return value_of(j.row_block(j.tokens() - 1));
}
QuantityValue simple_condition(const VectorFields& fields) {
  const HeadInputs in(fields);
  return value_of(kappa_cc_bound_simple<Ball>(in.jacobian(), in.wq(), in.wk()));
}

template <Form form>
QuantityValue round_u(const VectorFields& fields) {
  const HeadInputs in(fields);
  return value_of(attention_first_order<Ball>(in.wq(), in.wk(), in.wv(), in.tokens(), form).u);
}
template <Form form>
QuantityValue round_simple(const VectorFields& fields) {
  const HeadInputs in(fields);
  if (form == Form::as_printed) in.require_non_singular();
  return value_of(attention_first_order_simple<Ball>(in.wq(), in.wk(), in.wv(), in.tokens(), form).u);
}
template <Form form>
QuantityValue perturbed(const VectorFields& fields) {
  const HeadInputs in(fields);
  if (form == Form::as_printed) in.require_non_singular();
  return value_of(attention_perturbed<Ball>(in.wq(), in.wk(), in.wv(), in.tokens(), form));
}

constexpr auto one = Exponent::one, two = Exponent::two, inf = Exponent::infinity;
constexpr auto printed = Form::as_printed, repaired = Form::repaired;
constexpr const char* pair = "Wq, Wk [d, d], X [d, n]";
constexpr const char* head = "Wq, Wk, Wv [d, d], X [d, n]";
constexpr const char* weights = "Wq, Wk [d, d]";

constexpr std::array table = {
    Quantity{"scores.jacobian", "3.12.1", pair, "[n, d n]", scores_jacobian},
    Quantity{"scores.jac_norm_11", "3.12.2, exact", pair, "number", of_scores<exact_norm<one, one>>},
    Quantity{"scores.jac_norm_12", "3.12.2, exact", pair, "number", of_scores<exact_norm<one, two>>},
    Quantity{"scores.jac_norm_1inf", "3.12.2, exact", pair, "number", of_scores<exact_norm<one, inf>>},
    Quantity{"scores.jac_norm_22", "3.12.2, exact", pair, "number", of_scores<exact_norm<two, two>>},
    Quantity{"scores.jac_norm_2inf", "3.12.2, exact", pair, "number", of_scores<exact_norm<two, inf>>},
    Quantity{"scores.jac_norm_infinf", "3.12.2, exact", pair, "number", of_scores<exact_norm<inf, inf>>},
    Quantity{"scores.jac_norm_11.bound", "3.12.2", pair, "number", of_scores<norm_bound<one, one>>},
    Quantity{"scores.jac_norm_12.bound", "3.12.2", pair, "number", of_scores<norm_bound<one, two>>},
    Quantity{"scores.jac_norm_1inf.bound", "3.12.2", pair, "number", of_scores<norm_bound<one, inf>>},
    Quantity{"scores.jac_norm_22.bound", "3.12.2", pair, "number", of_scores<norm_bound<two, two>>},
    Quantity{"scores.jac_norm_2inf.bound", "3.12.2", pair, "number", of_scores<norm_bound<two, inf>>},
    Quantity{"scores.jac_norm_infinf.bound", "3.12.2", pair, "number", of_scores<norm_bound<inf, inf>>},
    Quantity{"scores.kappa_cinf", "3.12.3, exact", pair, "number", of_scores<kappa_cinf<Ball>>},
    Quantity{"scores.kappa_cinf.bound", "3.12.3", pair, "number", of_scores<kappa_cinf_bound<Ball>>},
    Quantity{"scores.kappa_cc", "3.12.3, exact", pair, "number", of_scores<kappa_cc<Ball>>},
    Quantity{"scores.kappa_cc.bound", "3.12.3", pair, "number", of_scores<kappa_cc_bound<Ball>>},
    Quantity{"scores.zeta", "E1", pair, "[n]", zeta},
    Quantity{"scores.xi", "4.17", pair, "number", scores_xi},
    Quantity{"scores.xi.claimed_bound", "4.18, FALSE as a bound (E1)", pair, "number", claimed_bound},
    Quantity{"scores.round.coef_u", "4.17", pair, "number", scores_round},
    Quantity{"sigma_max_absWkT_absWq", "4.18", weights, "number", sigma_of_sizes},
    Quantity{"sigma_max_WkTWq", "4.18", weights, "number", sigma_max},
    Quantity{"sigma_min_WkTWq", "4.18", weights, "number", sigma_min},
    Quantity{"attention.jacobian", "3.14.1", head, "[d n, d n]", attention_jacobian},
    Quantity{"attention.H_t", "3.14.1, t = n", head, "[d, d n]", last_rows},
    Quantity{"attention.jac_norm_22", "3.14.2, exact", head, "number", of_attention<norm_22<Ball>>},
    Quantity{"attention.jac_norm_1inf", "3.14.2, exact", head, "number", of_attention<norm_1inf<Ball>>},
    Quantity{"attention.jac_norm_2inf", "3.14.2, exact", head, "number", of_attention<norm_2inf<Ball>>},
    Quantity{"attention.jac_norm_infinf", "3.14.2, exact", head, "number", of_attention<norm_infinf<Ball>>},
    Quantity{"attention.jac_norm_infinf.bound", "3.14.2, last display", head, "number",
             of_attention<norm_infinf_bound<Ball>>},
    Quantity{"attention.jac_norm_infinf.bound_Ht", "3.14.2, p = q = r = inf", head, "number",
             of_attention<norm_infinf_bound_by_blocks<Ball>>},
    Quantity{"attention.kappa_cinf", "3.14.3, exact", head, "number", of_attention<kappa_cinf<Ball>>},
    Quantity{"attention.kappa_cinf.bound", "3.14.3", head, "number", of_attention<kappa_cinf_bound<Ball>>},
    Quantity{"attention.kappa_cc", "3.14.3, exact; nan if not generic", head, "number",
             of_attention<kappa_cc<Ball>>},
    Quantity{"attention.kappa_cc.bound", "3.14.3", head, "number", of_attention<kappa_cc_bound<Ball>>},
    Quantity{"attention.kappa_cc.bound_simple", "3.15", head, "number", simple_condition},
    Quantity{"attention.xi", "3.15", head, "number", of_attention<attention_xi<Ball>>},
    Quantity{"attention.round.coef_u", "4.21 as printed", head, "number", round_u<printed>},
    Quantity{"attention.round.coef_u.repaired", "4.21, E1", head, "number", round_u<repaired>},
    Quantity{"attention.round.coef_u.simple", "4.22 as printed", head, "number", round_simple<printed>},
    Quantity{"attention.round.coef_u.simple.repaired", "4.22, E1", head, "number", round_simple<repaired>},
    Quantity{"attention.round.perturbed", "4.23 as printed", head, "{u, rho}", perturbed<printed>},
    Quantity{"attention.round.perturbed.repaired", "4.23, E1", head, "{u, rho}", perturbed<repaired>},
};

}  // namespace

std::span<const Quantity> attention_quantities() { return table; }

}  // namespace halfulp
