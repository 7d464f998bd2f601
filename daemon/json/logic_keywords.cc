#include <utility>

#include "base/strings.h"
#include "json/evaluation.h"
#include "json/keywords.h"

namespace amqp_sidecar::json {
namespace {

// Schemas of anyOf or oneOf whose complaint is told.
constexpr size_t kMostExplained = 3;

using Schemas = std::vector<const Subschema*>;

// A complaint about a value that fits none.
bool FailAll(Evaluation& evaluation, uint32_t node, const Schemas& schemas,
             std::string_view keyword) {
  std::string whys;
  for (size_t i = 0; evaluation.Explains() && i < schemas.size() && i < kMostExplained; ++i) {
    whys +=
        base::Concat(i == 0 ? ": (" : ", (", i + 1, ") ", evaluation.Explain(*schemas[i], node));
  }
  return evaluation.Fail(node, "fits no schema of ", keyword, whys);
}

class AllOf final : public Keyword {
 public:
  explicit AllOf(Schemas schemas) : Keyword(kAllTypes), schemas_(std::move(schemas)) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    bool fits = true;
    for (const Subschema* schema : schemas_) {
      fits = evaluation.CheckInPlace(*schema, node, evaluated) && fits;
      if (!fits && !evaluation.Tells()) break;
    }
    return fits;
  }

 private:
  const Schemas schemas_;
};

class AnyOf final : public Keyword {
 public:
  explicit AnyOf(Schemas schemas) : Keyword(kAllTypes), schemas_(std::move(schemas)) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    bool fits = false;
    for (const Subschema* schema : schemas_) {
      fits = evaluation.Fits(*schema, node, evaluated) || fits;
      // What the others have looked at counts, too.
      if (fits && !evaluated.wanted) return true;
    }
    return fits || FailAll(evaluation, node, schemas_, "anyOf");
  }

 private:
  const Schemas schemas_;
};

class OneOf final : public Keyword {
 public:
  explicit OneOf(Schemas schemas) : Keyword(kAllTypes), schemas_(std::move(schemas)) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    size_t first = 0;  // counted from 1
    for (size_t i = 0; i < schemas_.size(); ++i) {
      if (!evaluation.Fits(*schemas_[i], node, evaluated)) continue;
      if (first != 0) {
        return evaluation.Fail(node, "fits more than one schema of oneOf: numbers ", first, " and ",
                               i + 1);
      }
      first = i + 1;
    }
    return first != 0 || FailAll(evaluation, node, schemas_, "oneOf");
  }

 private:
  const Schemas schemas_;
};

class Not final : public Keyword {
 public:
  explicit Not(const Subschema& schema) : Keyword(kAllTypes), schema_(schema) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    if (!evaluation.Fits(schema_, node, Evaluated())) return true;
    return evaluation.Fail(node, "is what `not` forbids");
  }

 private:
  const Subschema& schema_;
};

class If final : public Keyword {
 public:
  If(const Subschema& condition, const Subschema* then, const Subschema* otherwise)
      : Keyword(kAllTypes), condition_(condition), then_(then), otherwise_(otherwise) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    const bool holds = evaluation.Fits(condition_, node, evaluated);
    const Subschema* chosen = holds ? then_ : otherwise_;
    return chosen == nullptr || evaluation.CheckInPlace(*chosen, node, evaluated);
  }

 private:
  const Subschema& condition_;
  const Subschema* const then_;
  const Subschema* const otherwise_;
};

template <typename Kind>
void AddList(const SchemaObject& schema, std::string_view keyword, Subschema& out) {
  Schemas schemas = schema.FindSchemas(keyword);
  if (schemas.empty()) return;
  out.in_place.insert(out.in_place.end(), schemas.begin(), schemas.end());
  out.keywords.push_back(std::make_unique<Kind>(std::move(schemas)));
}

}  // namespace

void AddLogicKeywords(const SchemaObject& schema, Subschema& out) {
  AddList<AllOf>(schema, "allOf", out);
  AddList<AnyOf>(schema, "anyOf", out);
  AddList<OneOf>(schema, "oneOf", out);
  if (const Subschema* forbidden = schema.FindSchema("not")) {
    out.in_place.push_back(forbidden);
    out.keywords.push_back(std::make_unique<Not>(*forbidden));
  }
  const Subschema* condition = schema.FindSchema("if");
  const Subschema* then = schema.FindSchema("then");
  const Subschema* otherwise = schema.FindSchema("else");
  if (condition == nullptr) return;
  for (const Subschema* in_place : {condition, then, otherwise}) {
    if (in_place != nullptr) out.in_place.push_back(in_place);
  }
  out.keywords.push_back(std::make_unique<If>(*condition, then, otherwise));
}

}  // namespace amqp_sidecar::json
