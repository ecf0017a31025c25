// A plan as a document (schema halfulp.plan/1, docs/schema/plan.json), and the document as text, CSV and the
// picture of cost against divergence.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/analysis/plan/plan.hpp"
#include "halfulp/report/model_document.hpp"
#include "halfulp/report/plot.hpp"

namespace halfulp {

nlohmann::ordered_json plan_document(const PromotionPlan& plan, const Architecture& architecture,
                                     const Recipe& base, const ModelOrigin& origin);

/// What a person reads: what to promote and why, the plan beside its rivals, cost against divergence.
std::string plan_text(const nlohmann::ordered_json& document);

/// One line a promotion of the plan.
std::string plan_csv(const nlohmann::ordered_json& document);

/// Predicted divergence over cost, with what the simulated recipes did.
Plot plan_plot(const nlohmann::ordered_json& document);

}  // namespace halfulp
