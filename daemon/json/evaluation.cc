#include "json/evaluation.h"

#include <algorithm>
#include <ctime>

#include "json/json_pointer.h"

namespace amqp_sidecar::json {
namespace {

// A step is about 30 ns: one subschema for one value, or an element that is compared. Enough for
// any schema that a person writes.
constexpr uint64_t kStepsForAny = 5'000;
constexpr uint64_t kStepsForEachByte = 20;
// Bytes that a pattern looks at for one step.
constexpr uint64_t kPatternBytesForStep = 8;
// Elements and members, and bytes of a text, that a subschema may look at for one step.
constexpr uint64_t kElementsForStep = 2;
constexpr uint64_t kBytesForStep = 64;
// Patterns that may take much for each byte have nanoseconds of this thread's time: what they take
// cannot be told from the text.
constexpr uint64_t kPatternTimeForAny = 25'000'000;
constexpr uint64_t kPatternTimeForEachByte = 340;
constexpr uint64_t kPatternTimeForStep = 2;  // at the worst
// Subschemas within each other, each of which takes some of the thread's stack.
constexpr int kMostNested = 1000;

constexpr uint32_t kBits = 64;

bool IsContainer(Type type) { return type == Type::kArray || type == Type::kObject; }

uint64_t StepsFor(const Value& value) {
  if (IsContainer(value.type)) return 1 + value.count / kElementsForStep;
  const bool has_text = value.type == Type::kString || value.type == Type::kNumber;
  return has_text ? 1 + value.size / kBytesForStep : 1;
}

uint64_t ThreadTime() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

template <typename Element>
void GiveBack(std::vector<Element>& memory) {
  if (memory.capacity() * sizeof(Element) > Document::kMostKept) {
    std::vector<Element>().swap(memory);
  }
}

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
    evaluated_.words = IsContainer(value.type) ? (value.count + kBits - 1) / kBits : 0;
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
      pattern_time_left_(kPatternTimeForAny + kPatternTimeForEachByte * document.bytes()) {
  memory_.bits.clear();
  memory_.scope.clear();
}

Evaluation::~Evaluation() {
  // What one huge body took is not kept for ever.
  GiveBack(memory_.bits);
  GiveBack(memory_.scope);
  GiveBack(memory_.hashes);
}

std::vector<std::string> Evaluation::Run() {
  const uint64_t steps = steps_left_;
  const bool fits = Check(*program_.root, 0);
  if (costly_ != Costly::kNo) {
    faults_.clear();
    Tell(document_.PointerTo(node_), base::Concat("too costly to check: ", WhyCostly(steps)));
  } else if (!fits && faults_.empty()) {
    Tell("", "does not fit its schema");
  }
  return std::move(faults_);
}

std::string Evaluation::WhyCostly(uint64_t steps) const {
  switch (costly_) {
    case Costly::kNo:
      break;
    case Costly::kSteps:
      return base::Concat("the schema takes more than the ", steps,
                          " steps that a body of this size has");
    case Costly::kNesting:
      return base::Concat("more than ", kMostNested, " schemas within each other");
    case Costly::kPattern:
      return "too much text for its pattern, which repeats much";
  }
  return "";
}

bool Evaluation::GiveUp(Costly why) {
  if (costly_ == Costly::kNo) costly_ = why;
  steps_left_ = 0;
  return false;
}

bool Evaluation::Check(const Subschema& schema, uint32_t node, const Evaluated& evaluated) {
  if (schema.kind == Subschema::Kind::kAnything) return true;
  if (schema.kind == Subschema::Kind::kNothing) return Fail(node, "not allowed");
  if (costly_ != Costly::kNo) return false;
  node_ = node;
  if (!Spend(StepsFor(value(node)))) return false;
  if (depth_ == kMostNested) return GiveUp(Costly::kNesting);
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

bool Evaluation::IsFound(const Pattern& pattern, size_t steps_per_byte, uint32_t node) {
  const std::string_view text = document_.text(node);
  if (!Spend(1 + text.size() / kPatternBytesForStep)) return false;
  if (steps_per_byte == 1) return pattern.Matches(text);
  // Once begun it cannot be stopped.
  if (text.size() * steps_per_byte * kPatternTimeForStep > pattern_time_left_) {
    node_ = node;
    return GiveUp(Costly::kPattern);
  }
  const uint64_t begin = ThreadTime();
  const bool found = pattern.Matches(text);
  pattern_time_left_ -= std::min(ThreadTime() - begin, pattern_time_left_);
  return found;
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
