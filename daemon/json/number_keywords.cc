#include <array>

#include "json/decimal.h"
#include "json/describe.h"
#include "json/evaluation.h"
#include "json/excerpt.h"
#include "json/keywords.h"

namespace amqp_sidecar::json {
namespace {

// Digits that are compared for one step.
constexpr uint64_t kDigitsForStep = 8;

constexpr TypeSet kNumbers = SetOf(Type::kNumber);

struct BoundKind {
  std::string_view keyword;
  std::string_view complaint;
  bool is_minimum;
  bool is_exclusive;
};
constexpr std::array<BoundKind, 4> kBounds = {
    {{"minimum", " is below ", true, false},
     {"exclusiveMinimum", " is not above ", true, true},
     {"maximum", " is above ", false, false},
     {"exclusiveMaximum", " is not below ", false, true}}};

std::strong_ordering Compare(const Value& a, std::string_view a_text, const Value& b,
                             std::string_view b_text) {
  if (a.is_plain_integer && b.is_plain_integer) return a.integer <=> b.integer;
  return Decimal(a_text) <=> Decimal(b_text);
}

// Refers to the schema's own text.
class Bound final : public Keyword {
 public:
  Bound(const BoundKind& kind, const Document& schema, uint32_t bound)
      : Keyword(kNumbers), kind_(kind), schema_(schema), bound_(bound) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    const Value& value = evaluation.value(node);
    const Document& document = evaluation.document();
    if (!evaluation.Spend(value.size / kDigitsForStep)) return false;
    const auto order = Compare(value, document.text(node), schema_[bound_], schema_.text(bound_));
    const bool beyond = kind_.is_minimum ? order > 0 : order < 0;
    if (beyond || (order == 0 && !kind_.is_exclusive)) return true;
    return evaluation.Fail(node, Describe(document, node), kind_.complaint,
                           Describe(schema_, bound_));
  }

 private:
  const BoundKind kind_;
  const Document& schema_;
  const uint32_t bound_;
};

class MultipleOf final : public Keyword {
 public:
  MultipleOf(const Divisor& divisor, std::string written)
      : Keyword(kNumbers), divisor_(divisor), written_(std::move(written)) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    const Document& document = evaluation.document();
    if (!evaluation.Spend(evaluation.value(node).size / kDigitsForStep)) return false;
    if (divisor_.Divides(Decimal(document.text(node)))) return true;
    return evaluation.Fail(node, Describe(document, node), " is not a multiple of ",
                           Excerpt(written_));
  }

 private:
  const Divisor divisor_;
  const std::string written_;
};

}  // namespace

void AddNumberKeywords(const SchemaObject& schema, Subschema& out) {
  for (const BoundKind& kind : kBounds) {
    const auto bound = schema.FindOf(kind.keyword, Type::kNumber);
    if (!bound) continue;
    out.keywords.push_back(std::make_unique<Bound>(kind, schema.document(), bound->index));
  }
  if (const auto number = schema.FindOf("multipleOf", Type::kNumber)) {
    const auto divisor = Divisor::From(Decimal(schema.text(*number)));
    if (!divisor) {
      return schema.compiler().Fail(*number, "must be above 0, and of 18 digits at most");
    }
    out.keywords.push_back(
        std::make_unique<MultipleOf>(*divisor, std::string(schema.text(*number))));
  }
}

}  // namespace amqp_sidecar::json
