// The keys of a config.json, asked for by name, type and range.  Whoever asks marks the key as understood;
// what is left at the end was not, and must be harmless or is refused: a model that asks for something we do
// not do must not run as if it had not asked.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace halfulp {

/// One object of a configuration.  Names are spellings of one key, the first the usual one; null counts as
/// absent. All throw input_error naming the file and the key.
class ConfigKeys {
 public:
  using Names = std::initializer_list<const char*>;

  /// `object` must outlive this.  `where` opens every message, `prefix` every key ("rope_scaling.").
  ConfigKeys(const nlohmann::json& object, std::string where, std::string prefix = "");

  /// The value, or nullptr.  Two spellings that disagree are an error.
  const nlohmann::json* find(Names names);
  /// A whole number in 1 .. largest.
  std::size_t size(Names names, std::size_t largest);
  std::size_t size_or(Names names, std::size_t otherwise, std::size_t largest);
  /// A finite number in [low, high].
  double number(Names names, double low, double high);
  double number_or(Names names, double otherwise, double low, double high);
  bool flag_or(Names names, bool otherwise);
  std::string text(Names names);
  std::string text_or(Names names, const std::string& otherwise);

  /// Keys that nobody asked for.
  std::vector<std::string> unasked() const;
  [[noreturn]] void fail(const std::string& key, const std::string& what) const;
  const nlohmann::json& object() const { return object_; }
  /// The object under `key`, for messages that name the whole way to it.
  ConfigKeys nested(const std::string& key, const nlohmann::json& object) const;

 private:
  const nlohmann::json& require(Names names);
  std::string spelling(Names names) const;

  const nlohmann::json& object_;
  std::string where_, prefix_;
  std::set<std::string, std::less<>> asked_;
};

/// A value as a message shows it: short, on one line.
std::string show(const nlohmann::json& value);

/// Refuses every key that nobody asked for, is known to change what a model computes (by its name, broadly),
/// and is not switched off; returns the others that we do not know either, for the user to see.
std::vector<std::string> refuse_unasked(const ConfigKeys& keys);

}  // namespace halfulp
