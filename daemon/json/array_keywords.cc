#include <algorithm>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "json/count_limit.h"
#include "json/equality.h"
#include "json/evaluation.h"
#include "json/keywords.h"

namespace amqp_sidecar::json {
namespace {

constexpr TypeSet kArrays = SetOf(Type::kArray);
// Elements up to here are compared each with each.
constexpr uint32_t kFewElements = 8;

class UniqueItems final : public Keyword {
 public:
  UniqueItems() : Keyword(kArrays) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    const uint32_t count = evaluation.value(node).count;
    // Those with the same hash stand together.
    auto& elements = evaluation.hashes();
    elements.clear();
    uint32_t at = node + 1;
    for (uint32_t i = 0; i < count; ++i) {
      elements.emplace_back(
          count <= kFewElements ? 0 : HashOf(evaluation.document(), at, evaluation), at);
      at = evaluation.value(at).next;
    }
    if (count > kFewElements) std::ranges::sort(elements);
    for (uint32_t i = 0; i < count; ++i) {
      for (uint32_t j = i + 1; j < count && elements[j].first == elements[i].first; ++j) {
        if (!evaluation.Spend(1)) return false;
        if (!AreSame(evaluation, elements[i].second, elements[j].second)) continue;
        return evaluation.Fail(
            std::max(elements[i].second, elements[j].second), "the same as ",
            evaluation.document().PointerTo(std::min(elements[i].second, elements[j].second)));
      }
    }
    return true;
  }

 private:
  static bool AreSame(Evaluation& evaluation, uint32_t a, uint32_t b) {
    return AreEqual(evaluation.document(), a, evaluation.document(), b, evaluation);
  }
};

// items, with prefixItems; or, in draft-07, items with additionalItems.
class Items final : public Keyword {
 public:
  Items(std::vector<const Subschema*> first, const Subschema* rest)
      : Keyword(kArrays), first_(std::move(first)), rest_(rest) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    bool fits = true;
    uint32_t at = node + 1;
    for (uint32_t i = 0; i < evaluation.value(node).count; ++i) {
      const Subschema* schema = i < first_.size() ? first_[i] : rest_;
      if (schema == nullptr) break;
      fits = evaluation.Check(*schema, at) && fits;
      if (!fits && !evaluation.Tells()) return false;
      evaluation.Mark(evaluated, i);
      at = evaluation.value(at).next;
    }
    return fits;
  }

 private:
  const std::vector<const Subschema*> first_;
  const Subschema* const rest_;  // null: anything
};

class Contains final : public Keyword {
 public:
  Contains(const Subschema& schema, uint32_t least, uint32_t most)
      : Keyword(kArrays), schema_(schema), least_(least), most_(most) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    uint32_t found = 0;
    uint32_t at = node + 1;
    for (uint32_t i = 0; i < evaluation.value(node).count; ++i) {
      if (evaluation.Fits(schema_, at, Evaluated())) {
        ++found;
        evaluation.Mark(evaluated, i);
      }
      at = evaluation.value(at).next;
    }
    if (found >= least_ && found <= most_) return true;
    return evaluation.Fail(node, "has ", found, " elements as `contains` wants them, ",
                           found < least_ ? "fewer than " : "more than ",
                           found < least_ ? least_ : most_);
  }

 private:
  const Subschema& schema_;
  const uint32_t least_;
  const uint32_t most_;
};

void AddItems(const SchemaObject& schema, Subschema& out) {
  std::vector<const Subschema*> first;
  const Subschema* rest = nullptr;
  const auto items = schema.Find("items");
  const bool is_list = items && schema.value(*items).type == Type::kArray;
  if (schema.draft() == Draft::k07) {
    // An empty list is taken there.
    if (is_list && schema.value(*items).count > 0) first = schema.FindSchemas("items");
    if (items && !is_list) rest = schema.FindSchema("items");
    const Subschema* additional = schema.FindSchema("additionalItems");
    if (is_list) rest = additional;
  } else {
    if (is_list) {
      return schema.compiler().Fail(
          *items, "must be one schema: draft 2020-12 has prefixItems for a list of them");
    }
    first = schema.FindSchemas("prefixItems");
    rest = schema.FindSchema("items");
  }
  if (first.empty() && rest == nullptr) return;
  out.keywords.push_back(std::make_unique<Items>(std::move(first), rest));
}

void AddContains(const SchemaObject& schema, Subschema& out) {
  const Subschema* wanted = schema.FindSchema("contains");
  uint32_t least = 1;
  uint32_t most = std::numeric_limits<uint32_t>::max();
  if (schema.draft() == Draft::k202012) {
    least = schema.FindCount("minContains").value_or(least);
    most = schema.FindCount("maxContains").value_or(most);
  }
  if (wanted == nullptr) return;
  out.keywords.push_back(std::make_unique<Contains>(*wanted, least, most));
}

}  // namespace

void AddArrayKeywords(const SchemaObject& schema, Subschema& out) {
  if (const auto least = schema.FindCount("minItems")) {
    out.keywords.push_back(
        std::make_unique<CountLimit>(Type::kArray, CountLimit::Limit{*least, true}));
  }
  if (const auto most = schema.FindCount("maxItems")) {
    out.keywords.push_back(
        std::make_unique<CountLimit>(Type::kArray, CountLimit::Limit{*most, false}));
  }
  AddItems(schema, out);
  AddContains(schema, out);
  if (schema.FindTrue("uniqueItems")) out.keywords.push_back(std::make_unique<UniqueItems>());
}

}  // namespace amqp_sidecar::json
