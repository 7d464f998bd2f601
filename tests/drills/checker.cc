#include "drills/checker.h"

#include <charconv>
#include <functional>
#include <ostream>
#include <stdexcept>

namespace amqp_sidecar::test {
namespace {

uint64_t Hash(std::string_view body) { return std::hash<std::string_view>()(body); }

}  // namespace

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  return out << "attempted=" << verdict.attempted << " ok=" << verdict.ok << " no=" << verdict.no
             << " unknown=" << verdict.unknown << " delivered=" << verdict.delivered
             << " lost=" << verdict.lost << " lied=" << verdict.lied
             << " invented=" << verdict.invented << " damaged=" << verdict.damaged
             << " unanswered=" << verdict.unanswered << " duplicates=" << verdict.duplicates;
}

std::string Checker::Attempt(std::string_view body) {
  const std::lock_guard lock(mutex_);
  records_.push_back({Hash(body), 0, Told::kNothing});
  return name_ + "-" + std::to_string(records_.size() - 1);
}

Checker::Record* Checker::Find(const std::string& id) {
  const size_t prefix = name_.size() + 1;
  if (!id.starts_with(name_ + "-")) return nullptr;
  size_t number = 0;
  const char* end = id.data() + id.size();
  const auto [rest, error] = std::from_chars(id.data() + prefix, end, number);
  if (error != std::errc() || rest != end || number >= records_.size()) return nullptr;
  return &records_[number];
}

// An answer without persisted is not the sidecar's own: the caller's time ran out, or the sidecar
// itself was gone. PARTIAL says that some queue may have it.
void Checker::Answer(const std::string& id, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  Record* record = Find(id);
  if (record == nullptr) throw std::logic_error("an answer to what was not attempted: " + id);
  const bool undelivered = record->deliveries == 0;
  if (record->told == Told::kOk && undelivered) --undelivered_ok_;
  record->told = outcome.ok() ? Told::kOk : outcome.persisted == "NO" ? Told::kNo : Told::kUnknown;
  if (record->told == Told::kOk && undelivered) ++undelivered_ok_;
}

void Checker::Deliver(const std::string& id, std::string_view body) {
  const std::lock_guard lock(mutex_);
  Record* record = Find(id);
  if (record == nullptr) {
    ++invented_;
    return;
  }
  if (record->hash != Hash(body)) ++damaged_;
  if (record->deliveries++ == 0 && record->told == Told::kOk) --undelivered_ok_;
}

bool Checker::AllDelivered() const {
  const std::lock_guard lock(mutex_);
  return undelivered_ok_ == 0;
}

Verdict Checker::Judge() const {
  const std::lock_guard lock(mutex_);
  Verdict verdict;
  verdict.attempted = records_.size();
  verdict.invented = invented_;
  verdict.damaged = damaged_;
  for (const Record& record : records_) {
    const bool delivered = record.deliveries > 0;
    verdict.ok += record.told == Told::kOk;
    verdict.no += record.told == Told::kNo;
    verdict.unknown += record.told == Told::kUnknown;
    verdict.unanswered += record.told == Told::kNothing;
    verdict.delivered += delivered;
    verdict.lost += record.told == Told::kOk && !delivered;
    verdict.lied += record.told == Told::kNo && delivered;
    if (delivered) verdict.duplicates += record.deliveries - 1;
  }
  return verdict;
}

}  // namespace amqp_sidecar::test
