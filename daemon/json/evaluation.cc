#include "json/evaluation.h"

#include <algorithm>

#include "json/json_pointer.h"

namespace amqp_sidecar::json {
namespace {

// A step is about 10 ns: one subschema for one value, or an element that is compared. Enough for
// any schema that a person writes, and little beside what it takes to send a body.
constexpr uint64_t kStepsForAny = 5'000;
constexpr uint64_t kStepsForEachByte = 20;
// Bytes that a pattern looks at for one step.
constexpr uint64_t kPatternBytesForStep = 8;
// Of a nanosecond or two each, for patterns that may take many for each byte.
constexpr uint64_t kPatternStepsForAny = 16'000'000;
constexpr uint64_t kPatternStepsForEachByte = 200;
// Subschemas within each other, each of which takes some of the thread's stack.
constexpr int kMostNested = 1000;

constexpr uint32_t kBits = 64;

}  // namespace

struct Evaluation::Memory {
  std::vector<uint64_t> bits;
  std::vector<uint32_t> scope;  // the resources that were entered, the outermost first
  std::vector<std::pair<uint64_t, uint32_t>> hashes;
};

// What a subschema has looked at, while it is checked.
class Evaluation::EvaluatedHere {
 public:
  EvaluatedHere(Memory& memory, const Value& value, bool wanted) : memory_(memory) {
    evaluated_.wanted = wanted;
    if (!wanted) return;
    evaluated_.first_word = static_cast<uint32_t>(memory.bits.size());
    evaluated_.words = (value.count + kBits - 1) / kBits;
    memory.bits.resize(memory.bits.size() + evaluated_.words);
  }
  ~EvaluatedHere() {
    if (evaluated_.wanted) memory_.bits.resize(evaluated_.first_word);
  }
  const Evaluated& get() const { return evaluated_; }

 private:
  Memory& memory_;
  Evaluated evaluated_;
};

Evaluation::Memory& Evaluation::ThisThread() {
  thread_local Memory memory;
  return memory;
}

Evaluation::Evaluation(const SchemaProgram& program, const Document& document, size_t most)
    : program_(program),
      document_(document),
      most_(most),
      memory_(ThisThread()),
      steps_left_(kStepsForAny + kStepsForEachByte * document.bytes()),
      pattern_steps_left_(kPatternStepsForAny + kPatternStepsForEachByte * document.bytes()) {
  memory_.bits.clear();
  memory_.scope.clear();
}

Evaluation::~Evaluation() {
  // What one huge body took is not kept for ever.
  if (memory_.hashes.capacity() * sizeof(memory_.hashes[0]) > Document::kMostKept) {
    decltype(memory_.hashes)().swap(memory_.hashes);
  }
}

std::vector<std::string> Evaluation::Run() {
  const uint64_t steps = steps_left_;
  const bool fits = Check(*program_.root, 0);
  if (too_costly_) {
    faults_.assign(1, base::Concat("the body: too costly to check against its schema: more than ",
                                   steps, " steps, ", kMostNested,
                                   " schemas within each other, or a pattern that repeats too much "
                                   "for so long a text"));
  } else if (!fits && faults_.empty()) {
    faults_.emplace_back("the body: does not fit its schema");
  }
  return std::move(faults_);
}

bool Evaluation::Check(const Subschema& schema, uint32_t node, const Evaluated& evaluated) {
  if (schema.kind == Subschema::Kind::kAnything) return true;
  if (schema.kind == Subschema::Kind::kNothing) return Fail(node, "not allowed");
  if (!Spend(1)) return false;
  if (depth_ == kMostNested) {
    too_costly_ = true;
    return false;
  }
  ++depth_;
  std::vector<uint32_t>& scope = memory_.scope;
  const bool enters =
      program_.has_dynamic_references && (scope.empty() || scope.back() != schema.resource);
  if (enters) scope.push_back(schema.resource);
  bool fits;
  if (schema.wants_evaluated && !evaluated.wanted) {
    const EvaluatedHere here(memory_, value(node), true);
    fits = CheckKeywords(schema, node, here.get());
  } else {
    fits = CheckKeywords(schema, node, evaluated);
  }
  if (enters) scope.pop_back();
  --depth_;
  return fits;
}

bool Evaluation::CheckKeywords(const Subschema& schema, uint32_t node, const Evaluated& evaluated) {
  const Type type = value(node).type;
  bool fits = true;
  for (const auto& keyword : schema.keywords) {
    if (!keyword->AppliesTo(type) || keyword->Check(*this, node, evaluated)) continue;
    fits = false;
    if (!Tells()) break;
  }
  return fits;
}

bool Evaluation::CheckInPlace(const Subschema& schema, uint32_t node, const Evaluated& evaluated) {
  if (!evaluated.wanted) return Check(schema, node, evaluated);
  if (!Spend(evaluated.words)) return false;
  const EvaluatedHere here(memory_, value(node), true);
  if (!Check(schema, node, here.get())) return false;
  Merge(here.get(), evaluated);
  return true;
}

bool Evaluation::Fits(const Subschema& schema, uint32_t node, const Evaluated& evaluated) {
  const bool quiet = std::exchange(quiet_, true);
  const bool fits = CheckInPlace(schema, node, evaluated);
  quiet_ = quiet;
  return fits;
}

std::string Evaluation::Explain(const Subschema& schema, uint32_t node) {
  std::vector<std::string> told = std::exchange(faults_, {});
  explaining_ = true;
  (void)Check(schema, node);
  explaining_ = false;
  told.swap(faults_);
  return told.empty() ? std::string() : std::move(told.front());
}

void Evaluation::Tell(std::string pointer, std::string what) {
  if (pointer.empty()) pointer = "the body";
  faults_.push_back(base::Concat(pointer, ": ", what));
}

void Evaluation::TellMember(uint32_t node, std::string_view name, std::string what) {
  Tell(base::Concat(document_.PointerTo(node), "/", EscapePointer(name)), std::move(what));
}

bool Evaluation::SpendOnPattern(uint64_t bytes, uint64_t steps_per_byte) {
  if (steps_per_byte == 1) return Spend(1 + bytes / kPatternBytesForStep);
  const uint64_t steps = bytes * steps_per_byte;
  // With all that is left: the check is to end.
  if (steps > pattern_steps_left_) return Spend(steps_left_ + 1);
  pattern_steps_left_ -= steps;
  return Spend(1);
}

void Evaluation::Mark(const Evaluated& evaluated, uint32_t index) {
  if (!evaluated.wanted) return;
  memory_.bits[evaluated.first_word + index / kBits] |= uint64_t{1} << index % kBits;
}

void Evaluation::MarkAll(const Evaluated& evaluated) {
  if (!evaluated.wanted) return;
  const auto begin = memory_.bits.begin() + evaluated.first_word;
  std::fill(begin, begin + evaluated.words, ~uint64_t{0});
}

bool Evaluation::IsMarked(const Evaluated& evaluated, uint32_t index) const {
  return (memory_.bits[evaluated.first_word + index / kBits] >> index % kBits & 1) != 0;
}

void Evaluation::Merge(const Evaluated& from, const Evaluated& to) {
  for (uint32_t i = 0; i < from.words; ++i) {
    memory_.bits[to.first_word + i] |= memory_.bits[from.first_word + i];
  }
}

const Subschema* Evaluation::FindDynamic(std::string_view name) const {
  const absl::string_view key(name.data(), name.size());
  for (const uint32_t resource : memory_.scope) {
    const auto& anchors = program_.dynamic_anchors[resource];
    if (const auto found = anchors.find(key); found != anchors.end()) return found->second;
  }
  return nullptr;
}

std::vector<std::pair<uint64_t, uint32_t>>& Evaluation::hashes() { return memory_.hashes; }

}  // namespace amqp_sidecar::json
