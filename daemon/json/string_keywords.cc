#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "json/describe.h"
#include "json/evaluation.h"
#include "json/excerpt.h"
#include "json/format.h"
#include "json/keywords.h"
#include "json/pattern.h"

namespace amqp_sidecar::json {
namespace {

// Bytes that are looked at for one step.
constexpr uint64_t kBytesForStep = 8;

constexpr int kMostPatternShown = 200;

constexpr TypeSet kStrings = SetOf(Type::kString);

// Code points, as JSON Schema counts (validation 2020-12 §6.3.1).
uint64_t CountCharacters(std::string_view text) {
  return static_cast<uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

class Length final : public Keyword {
 public:
  Length(uint32_t limit, bool is_minimum)
      : Keyword(kStrings), limit_(limit), is_minimum_(is_minimum) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    const std::string_view text = evaluation.document().text(node);
    // No character takes more than four bytes.
    if (is_minimum_ ? text.size() / 4 >= limit_ : text.size() <= limit_) return true;
    const uint64_t length = CountCharacters(text);
    if (is_minimum_ ? length >= limit_ : length <= limit_) return true;
    return evaluation.Fail(node, "has ", length, " characters, ",
                           is_minimum_ ? "fewer than " : "more than ", limit_);
  }

 private:
  const uint32_t limit_;
  const bool is_minimum_;
};

class PatternKeyword final : public Keyword {
 public:
  explicit PatternKeyword(Pattern pattern)
      : Keyword(kStrings),
        pattern_(std::move(pattern)),
        steps_per_byte_(pattern_.steps_per_byte()) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    if (evaluation.IsFound(pattern_, steps_per_byte_, node)) return true;
    return evaluation.Fail(node, "does not match ",
                           Excerpt(pattern_.expression(), kMostPatternShown));
  }

 private:
  const Pattern pattern_;
  const size_t steps_per_byte_;
};

class FormatKeyword final : public Keyword {
 public:
  explicit FormatKeyword(Format format) : Keyword(kStrings), format_(format) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    const Document& document = evaluation.document();
    const std::string_view text = document.text(node);
    if (!evaluation.Spend(text.size() / kBytesForStep)) return false;
    if (HasFormat(format_, text)) return true;
    return evaluation.Fail(node, Describe(document, node), " is not a valid ", FormatName(format_));
  }

 private:
  const Format format_;
};

void AddFormat(const SchemaObject& schema, Subschema& out) {
  const auto name = schema.FindOf("format", Type::kString);
  if (!name || !schema.compiler().options().assert_format) return;
  const auto format = FormatNamed(schema.text(*name));
  if (!format) {
    return schema.compiler().Fail(
        *name, base::Concat("\"", Excerpt(schema.text(*name)),
                            "\" cannot be checked: leave assert_format off, or use one of "
                            "date-time, date, time, email, uuid, uri, ipv4 and ipv6"));
  }
  out.keywords.push_back(std::make_unique<FormatKeyword>(*format));
}

}  // namespace

void AddStringKeywords(const SchemaObject& schema, Subschema& out) {
  if (const auto least = schema.FindCount("minLength")) {
    out.keywords.push_back(std::make_unique<Length>(*least, true));
  }
  if (const auto most = schema.FindCount("maxLength")) {
    out.keywords.push_back(std::make_unique<Length>(*most, false));
  }
  AddFormat(schema, out);
  if (const auto expression = schema.FindOf("pattern", Type::kString)) {
    auto pattern = Pattern::Compile(schema.text(*expression));
    if (!pattern.ok()) {
      return schema.compiler().Fail(*expression, std::string(pattern.status().message()));
    }
    out.keywords.push_back(std::make_unique<PatternKeyword>(*std::move(pattern)));
  }
}

}  // namespace amqp_sidecar::json
