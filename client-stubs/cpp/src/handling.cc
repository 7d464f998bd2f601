#include "handling.h"

#include <exception>
#include <memory>

#include "log.h"

namespace amqp_sidecar {
namespace {

constexpr std::size_t kLongestCause = 1024;

void WarnOf(const v1::Delivery& delivery, const std::string& what) {
  Warn("a delivery of \"" + delivery.queue() +
       "\" was not handled: message_id=" + delivery.properties().message_id() +
       " attempt=" + std::to_string(delivery.attempt()) + " error=" + what);
}

// As long as the sidecar takes it, with no character cut in two.
std::string CauseOf(const Reject& reject) {
  std::string cause = reject.what();
  if (cause.size() > kLongestCause) {
    std::size_t end = kLongestCause;
    while (end > 0 && (static_cast<unsigned char>(cause[end]) & 0xc0) == 0x80) --end;
    cause.resize(end);
  }
  return cause;
}

std::shared_ptr<void> Attach(const TraceHooks& trace, const v1::Delivery& delivery) {
  if (!trace.attach) return nullptr;
  TraceHeaders headers;
  for (const char* name : {"traceparent", "tracestate"}) {
    const auto found = delivery.properties().headers().find(name);
    if (found != delivery.properties().headers().end()) {
      headers[name] = found->second.string_value();
    }
  }
  return trace.attach(headers);
}

}  // namespace

Settlement Handle(const Handler& handler, const TraceHooks& trace, const v1::Delivery& delivery,
                  const std::stop_token& stop) {
  using Verb = Settlement::Verb;
  const std::shared_ptr<void> scope = Attach(trace, delivery);
  try {
    handler(Delivery(delivery, stop));
    return {Verb::kAck};
  } catch (const Reject& reject) {
    WarnOf(delivery, std::string("rejected: ") + reject.what());
    return {.verb = Verb::kReject, .cause = CauseOf(reject)};
  } catch (const Retry& retry) {
    WarnOf(delivery, retry.what());
    return {.verb = Verb::kNack, .delay = retry.delay()};
  } catch (const std::exception& error) {
    WarnOf(delivery, error.what());
  } catch (...) {
    WarnOf(delivery, "not an std::exception");
  }
  return {Verb::kNack};
}

}  // namespace amqp_sidecar
