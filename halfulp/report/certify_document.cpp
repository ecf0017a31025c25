#include "halfulp/report/certify_report.hpp"
#include "halfulp/report/json_number.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

Json radii(double rigorous, double first_order, double probabilistic) {
  return {{"rigorous", number(rigorous)},
          {"first_order", number(first_order)},
          {"probabilistic", number(probabilistic)}};
}

/// The id, and what it says where that is known.
void put_token(Json& entry, std::size_t token, const TokenText& text) {
  entry["token"] = token;
  if (!text.empty()) entry["text"] = text.of(static_cast<std::uint32_t>(token));
}

Json competitor_entry(const Competitor& c, const TokenText& text) {
  Json entry;
  put_token(entry, c.token, text);
  entry.update({{"margin", number(c.margin)},
                {"sigma", number(c.sigma)},
                {"first_order", number(c.first_order)},
                {"probabilistic", number(c.probabilistic)},
                {"flip_probability", number(c.flip_probability)}});
  return entry;
}

Json token_entry(const TokenCertificate& t, const TokenText& text) {
  Json entry = {{"position", t.position}};
  put_token(entry, t.token, text);
  entry.update({{"margin", number(t.margin)},
                {"radius", radii(t.rigorous, t.first_order, t.probabilistic)},
                {"verdict", name_of(t.verdict)},
                {"flip_probability", number(t.flip_probability)},
                {"flips", t.flips},
                {"competitors", Json::array()}});
  if (t.verdict == Verdict::at_risk)
    for (const Competitor& c : t.competitors) entry["competitors"].push_back(competitor_entry(c, text));
  return entry;
}

Json summary(const Certificate& c) {
  Json verdicts = Json::array();
  for (std::size_t v = 0; v < verdict_count; ++v)
    verdicts.push_back({{"verdict", name_of(static_cast<Verdict>(v))},
                        {"tokens", c.verdicts[v].tokens},
                        {"decisions", c.verdicts[v].decisions},
                        {"flips", c.verdicts[v].flips}});
  Json calibration = Json::array();
  for (const CalibrationBin& bin : c.calibration)
    calibration.push_back({{"low", bin.low},
                           {"high", bin.high},
                           {"decisions", bin.decisions},
                           {"predicted", number(bin.predicted)},
                           {"flips", bin.flips}});
  return {{"verdicts", std::move(verdicts)},
          {"expected_flips", number(c.expected_flips)},
          {"observed_flips", static_cast<double>(c.observed_flips) / static_cast<double>(c.runs)},
          {"calibration", std::move(calibration)}};
}

}  // namespace

nlohmann::ordered_json certify_document(const Certificate& c, const Architecture& architecture,
                                        const Recipe& recipe, const TokenText& text,
                                        const ModelOrigin& origin) {
  Json d = model_document("halfulp.certify/1", architecture, recipe, c.tokens.size(), origin);
  d["input"] = std::move(d["tokens"]);  // tokens are the certificates here
  d.erase("tokens");
  d["delta"] = c.options.delta;
  d["candidates"] = c.options.candidates;
  d["extrapolated"] = !c.all_candidates;
  d["runs"] = c.runs;
  d["at_random"] = c.at_random;
  d["summary"] = summary(c);
  d["tokens"] = Json::array();
  for (const TokenCertificate& t : c.tokens) d["tokens"].push_back(token_entry(t, text));
  d["seconds"] = origin.seconds;
  return d;
}

}  // namespace halfulp
