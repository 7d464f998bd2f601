#include <utility>

#include "json/evaluation.h"
#include "json/keywords.h"

namespace amqp_sidecar::json {
namespace {

class Reference final : public Keyword {
 public:
  explicit Reference(const Subschema& target) : Keyword(kAllTypes), target_(target) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    return evaluation.CheckInPlace(target_, node, evaluated);
  }

 private:
  const Subschema& target_;
};

// A $dynamicRef to a $dynamicAnchor: the outermost resource that the check has come through, and
// that has such an anchor, says what is meant (JSON Schema core 2020-12 §8.2.3.2).
class DynamicReference final : public Keyword {
 public:
  DynamicReference(std::string name, const Subschema& otherwise)
      : Keyword(kAllTypes), name_(std::move(name)), otherwise_(otherwise) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    const Subschema* found = evaluation.FindDynamic(name_);
    return evaluation.CheckInPlace(found == nullptr ? otherwise_ : *found, node, evaluated);
  }

 private:
  const std::string name_;
  const Subschema& otherwise_;
};

}  // namespace

void AddReferenceKeywords(const SchemaObject& schema, Subschema& out) {
  SchemaCompiler& compiler = schema.compiler();
  if (const auto reference = schema.FindOf("$ref", Type::kString)) {
    const auto target = compiler.Resolve(*reference);
    if (!target) return;
    const Subschema* named = compiler.SchemaAt({target->file.get(), target->index});
    out.in_place.push_back(named);
    out.keywords.push_back(std::make_unique<Reference>(*named));
  }
  if (schema.draft() == Draft::k07) return;
  if (const auto reference = schema.FindOf("$dynamicRef", Type::kString)) {
    const auto target = compiler.Resolve(*reference);
    if (!target) return;
    const Subschema* named = compiler.SchemaAt({target->file.get(), target->index});
    out.in_place.push_back(named);
    if (!target->resource->dynamic_anchors.contains(target->anchor)) {
      out.keywords.push_back(std::make_unique<Reference>(*named));
      return;
    }
    compiler.program().has_dynamic_references = true;
    out.keywords.push_back(std::make_unique<DynamicReference>(target->anchor, *named));
  }
}

}  // namespace amqp_sidecar::json
