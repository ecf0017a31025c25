// A certificate as a document (schema halfulp.certify/1, docs/schema/certify.json), and the document as text
// and CSV.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/analysis/certificate/certificate.hpp"
#include "halfulp/models/token_text.hpp"
#include "halfulp/report/model_document.hpp"

namespace halfulp {

/// Competitors are listed for tokens at risk; what tokens say, where `text` is not empty.
nlohmann::ordered_json certify_document(const Certificate& certificate, const Architecture& architecture,
                                        const Recipe& recipe, const TokenText& text,
                                        const ModelOrigin& origin);

/// What a person reads: how many tokens have which verdict, predicted against observed flips, the tokens at
/// risk.
std::string certify_text(const nlohmann::ordered_json& document);

/// One line a token: position, token, margin, radii, verdict, probability of a flip, flips.
std::string certify_csv(const nlohmann::ordered_json& document);

}  // namespace halfulp
