#include "json/evaluation.h"
#include "json/keywords.h"

namespace amqp_sidecar::json {
namespace {

class UnevaluatedItems final : public Keyword {
 public:
  explicit UnevaluatedItems(const Subschema& schema)
      : Keyword(SetOf(Type::kArray)), schema_(schema) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    bool fits = true;
    uint32_t at = node + 1;
    for (uint32_t i = 0; i < evaluation.value(node).count; ++i) {
      if (!evaluation.IsMarked(evaluated, i)) fits = evaluation.Check(schema_, at) && fits;
      if (!fits && !evaluation.Tells()) return false;
      at = evaluation.value(at).next;
    }
    evaluation.MarkAll(evaluated);
    return fits;
  }

 private:
  const Subschema& schema_;
};

class UnevaluatedProperties final : public Keyword {
 public:
  explicit UnevaluatedProperties(const Subschema& schema)
      : Keyword(SetOf(Type::kObject)), schema_(schema) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    bool fits = true;
    uint32_t name = node + 1;
    for (uint32_t i = 0; i < evaluation.value(node).count; ++i) {
      if (!evaluation.IsMarked(evaluated, i)) fits = CheckOne(evaluation, name + 1) && fits;
      if (!fits && !evaluation.Tells()) return false;
      name = evaluation.value(name + 1).next;
    }
    evaluation.MarkAll(evaluated);
    return fits;
  }

 private:
  bool CheckOne(Evaluation& evaluation, uint32_t node) const {
    if (schema_.kind == Subschema::Kind::kNothing) return evaluation.Fail(node, "no such field");
    return evaluation.Check(schema_, node);
  }

  const Subschema& schema_;
};

}  // namespace

void AddUnevaluatedKeywords(const SchemaObject& schema, Subschema& out) {
  if (schema.draft() == Draft::k07) return;
  if (const Subschema* items = schema.FindSchema("unevaluatedItems")) {
    out.wants_evaluated = true;
    out.keywords.push_back(std::make_unique<UnevaluatedItems>(*items));
  }
  if (const Subschema* properties = schema.FindSchema("unevaluatedProperties")) {
    out.wants_evaluated = true;
    out.keywords.push_back(std::make_unique<UnevaluatedProperties>(*properties));
  }
}

}  // namespace amqp_sidecar::json
