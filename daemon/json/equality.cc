#include "json/equality.h"

#include <string_view>

#include "absl/hash/hash.h"
#include "json/decimal.h"

namespace amqp_sidecar::json {
namespace {

// What is compared for one step.
constexpr uint64_t kBytesForStep = 64;
constexpr uint64_t kDigitsForStep = 8;

bool AreEqualNumbers(const Document& a, uint32_t a_node, const Document& b, uint32_t b_node) {
  const Value& left = a[a_node];
  const Value& right = b[b_node];
  if (left.is_plain_integer && right.is_plain_integer) return left.integer == right.integer;
  return Decimal(a.text(a_node)) == Decimal(b.text(b_node));
}

bool AreEqualArrays(const Document& a, uint32_t a_node, const Document& b, uint32_t b_node,
                    Evaluation& evaluation) {
  uint32_t left = a_node + 1;
  uint32_t right = b_node + 1;
  for (uint32_t i = 0; i < a[a_node].count; ++i) {
    if (!AreEqual(a, left, b, right, evaluation)) return false;
    left = a[left].next;
    right = b[right].next;
  }
  return true;
}

bool AreEqualObjects(const Document& a, uint32_t a_node, const Document& b, uint32_t b_node,
                     Evaluation& evaluation) {
  uint32_t name = a_node + 1;
  for (uint32_t i = 0; i < a[a_node].count; ++i) {
    if (!evaluation.Spend(b[b_node].count)) return false;
    const auto other = b.Find(b_node, a.text(name));
    if (!other || !AreEqual(a, name + 1, b, *other, evaluation)) return false;
    name = a[name + 1].next;
  }
  // Names may be there twice: they are as many, and still others.
  name = b_node + 1;
  for (uint32_t i = 0; i < b[b_node].count; ++i) {
    if (!evaluation.Spend(a[a_node].count / 2) || !a.Find(a_node, b.text(name))) return false;
    name = b[name + 1].next;
  }
  return true;
}

uint64_t Mix(uint64_t hash, uint64_t value) { return absl::HashOf(hash, value); }

uint64_t HashOfText(std::string_view text) {
  return absl::HashOf(absl::string_view(text.data(), text.size()));
}

uint64_t HashOfElements(const Document& document, uint32_t array, Evaluation& evaluation) {
  uint64_t hash = document[array].count;
  uint32_t at = array + 1;
  for (uint32_t i = 0; i < document[array].count; ++i) {
    hash = Mix(hash, HashOf(document, at, evaluation));
    at = document[at].next;
  }
  return hash;
}

// In any order.
uint64_t HashOfMembers(const Document& document, uint32_t object, Evaluation& evaluation) {
  uint64_t sum = 0;
  uint32_t name = object + 1;
  for (uint32_t i = 0; i < document[object].count; ++i) {
    sum += Mix(HashOfText(document.text(name)), HashOf(document, name + 1, evaluation));
    name = document[name + 1].next;
  }
  return sum;
}

}  // namespace

bool AreEqual(const Document& a, uint32_t a_node, const Document& b, uint32_t b_node,
              Evaluation& evaluation) {
  const Value& left = a[a_node];
  const Value& right = b[b_node];
  if (left.type != right.type) return false;
  switch (left.type) {
    case Type::kNull:
      return true;
    case Type::kBoolean:
      return left.is_true == right.is_true;
    case Type::kNumber:
      return evaluation.Spend(1 + (left.size + right.size) / kDigitsForStep) &&
             AreEqualNumbers(a, a_node, b, b_node);
    case Type::kString:
      return left.size == right.size && evaluation.Spend(1 + left.size / kBytesForStep) &&
             a.text(a_node) == b.text(b_node);
    case Type::kArray:
      return left.count == right.count && evaluation.Spend(1) &&
             AreEqualArrays(a, a_node, b, b_node, evaluation);
    case Type::kObject:
      return left.count == right.count && evaluation.Spend(1) &&
             AreEqualObjects(a, a_node, b, b_node, evaluation);
  }
  return false;
}

uint64_t HashOf(const Document& document, uint32_t node, Evaluation& evaluation) {
  const Value& value = document[node];
  if (!evaluation.Spend(1)) return 0;
  const auto type = static_cast<uint64_t>(value.type);
  switch (value.type) {
    case Type::kNull:
      return type;
    case Type::kBoolean:
      return Mix(type, value.is_true ? 1 : 0);
    case Type::kNumber:
      (void)evaluation.Spend(value.size / kDigitsForStep);
      return Mix(type, Decimal(document.text(node)).Hash());
    case Type::kString:
      (void)evaluation.Spend(value.size / kBytesForStep);
      return Mix(type, HashOfText(document.text(node)));
    case Type::kArray:
      return Mix(type, HashOfElements(document, node, evaluation));
    case Type::kObject:
      return Mix(type, HashOfMembers(document, node, evaluation));
  }
  return 0;
}

}  // namespace amqp_sidecar::json
