// A profile as a document (schema halfulp.profile/1, docs/schema/profile.json), and the document as text and
// CSV. The text and the CSV are made from the document alone, so an old result file renders again.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/analysis/profile.hpp"
#include "halfulp/report/model_document.hpp"

namespace halfulp {

nlohmann::ordered_json profile_document(const Profile& profile, const Architecture& architecture,
                                        const Recipe& recipe, const ModelOrigin& origin);

/// What a person reads: the output, the sites that matter most, the way through the layers.
std::string profile_text(const nlohmann::ordered_json& document);

/// One line a site: layer, site, then every number of local, inherited and total.
std::string profile_csv(const nlohmann::ordered_json& document);

}  // namespace halfulp
