#include "trace.h"

#include <cinttypes>
#include <cstdio>

#include "base/fixed_hash.h"
#include "simulated_reactor.h"

namespace amqp_sidecar::simulation {

double Trace::Now() const {
  return std::chrono::duration<double, std::milli>(reactor_.Now() - SimulatedReactor::kBegin)
      .count();
}

void Trace::Mix(uint64_t number) { hash_ = (hash_ ^ number) * 0x9e3779b97f4a7c15 ^ hash_ >> 29; }

void Trace::Event(std::string_view what, std::initializer_list<uint64_t> numbers,
                  std::string_view text) {
  ++events_;
  Mix(base::FixedHash({what, text}));
  Mix(static_cast<uint64_t>(reactor_.Now().time_since_epoch().count()));
  for (const uint64_t number : numbers) Mix(number);
  if (!print_) return;
  std::printf("%12.3f %.*s", Now(), static_cast<int>(what.size()), what.data());
  for (const uint64_t number : numbers) std::printf(" %" PRIu64, number);
  std::printf("%s%.*s\n", text.empty() ? "" : " ", static_cast<int>(text.size()), text.data());
}

}  // namespace amqp_sidecar::simulation
