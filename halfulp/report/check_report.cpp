#include "halfulp/report/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "halfulp/models/message.hpp"
#include "halfulp/report/provenance.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

constexpr std::size_t failures_shown = 3;  // per quantity; --json has all
constexpr std::size_t broken_shown = 10;

/// Text in lines of about 100 characters.
std::string wrapped(const std::vector<std::string>& words, const std::string& indent) {
  std::string text, line = indent;
  for (const std::string& word : words) {
    if (line.size() > indent.size() && line.size() + word.size() > 100) {
      text += line + "\n";
      line = indent;
    }
    line += (line.size() > indent.size() ? " " : "") + word;
  }
  return text + line + "\n";
}

}  // namespace

std::string check_text(const CheckResult& result) {
  Table table({"quantity", "passed", "failed"});
  std::vector<std::string> unknown;
  for (const QuantityCount& count : result.quantities) {
    if (count.skipped > 0)
      unknown.push_back(fmt::format("{} ({})", printable(count.name, 60), count.skipped));
    else
      table.add({count.name, std::to_string(count.passed), std::to_string(count.failed)});
  }
  std::string text = unknown.size() == result.quantities.size() ? "" : table.text();
  std::map<std::string, std::size_t> seen;
  for (const CheckFailure& failure : result.failures) {
    const std::size_t number = ++seen[failure.quantity];
    if (number > failures_shown + 1) continue;
    if (number > failures_shown) {
      text += fmt::format("FAILED {}: more of the same (--json has all)\n", failure.quantity);
      continue;
    }
    text +=
        fmt::format("FAILED {} {}: {}{}expected {}, got {}\n", failure.quantity, printable(failure.id, 60),
                    failure.verdict.place, failure.verdict.place.empty() ? "" : " ",
                    printable(failure.verdict.expected, 80), failure.verdict.got);
  }
  for (std::size_t i = 0; i < std::min(result.broken.size(), broken_shown); ++i)
    text += "BROKEN " + printable(result.broken[i].problem, 300) + "\n";
  if (result.broken.size() > broken_shown)
    text += fmt::format("BROKEN: {} more (--json has all)\n", result.broken.size() - broken_shown);
  if (!unknown.empty()) {
    text += fmt::format("skipped, {} unknown to this version:\n",
                        unknown.size() == 1 ? "one quantity" : fmt::format("{} quantities", unknown.size()));
    text += wrapped(unknown, "  ");
  }
  return text + fmt::format("{} passed, {} failed, {} skipped\n", result.total.passed, result.total.failed,
                            result.total.skipped);
}

nlohmann::ordered_json check_document(const CheckResult& result, const std::vector<std::string>& files,
                                      const std::string& command_line) {
  nlohmann::ordered_json all = document_of("halfulp.check/1", command_line);
  all["files"] = files;
  all["passed"] = result.total.passed;
  all["failed"] = result.total.failed;
  all["skipped"] = result.total.skipped;
  all["quantities"] = nlohmann::ordered_json::array();
  for (const QuantityCount& count : result.quantities)
    all["quantities"].push_back({{"name", count.name},
                                 {"passed", count.passed},
                                 {"failed", count.failed},
                                 {"skipped", count.skipped}});
  all["failures"] = nlohmann::ordered_json::array();
  for (const CheckFailure& failure : result.failures)
    all["failures"].push_back({{"file", failure.file},
                               {"id", failure.id},
                               {"quantity", failure.quantity},
                               {"place", failure.verdict.place},
                               {"expected", failure.verdict.expected},
                               {"got", failure.verdict.got}});
  all["broken"] = nlohmann::ordered_json::array();
  for (const BrokenVector& entry : result.broken)
    all["broken"].push_back(
        {{"file", entry.file}, {"id", entry.id}, {"quantity", entry.quantity}, {"problem", entry.problem}});
  return all;
}

}  // namespace halfulp
