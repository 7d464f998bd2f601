// RedriveWorld: a dead-letter queue, a queue that its messages came from, and redrives of it.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "integration/world.h"

namespace amqp_sidecar::test {

// Publishes to `queue` a message with every property and a header of each kind that AMQP has,
// reserved ones among them, that says that it came from `origin`. Throws where it is not taken.
// With `with_void` one header has no value, which no client of a sidecar can publish.
void PublishEverything(uint16_t port, const std::string& queue, const std::string& origin,
                       const std::string& body, bool with_void);

// `Base` is a World or a ProxiedWorld.
template <typename Base>
struct RedriveWorldOf : Base {
  template <typename... More>
  explicit RedriveWorldOf(SidecarOptions options = {}, More&&... more)
      : Base(std::move(options), std::forward<More>(more)...) {}

  std::string dead = Base::names.Queue();
  std::string origin = Base::names.Queue();
  size_t filled = 0;

  static std::string IdOf(size_t n) { return "m-" + std::to_string(n); }

  // As the sidecar dead-letters it.
  Direct::Message Message(size_t n, const std::string& from = "") const {
    Direct::Message message;
    message.body = "{\"n\":" + std::to_string(n) + "}";
    message.message_id = IdOf(n);
    message.delivery_mode = 2;
    message.headers["x-sidecar-queue"] = {'S', from.empty() ? origin : from};
    return message;
  }

  // Messages that came `from` there, `origin` where it is empty; numbered on from the last ones.
  void Fill(size_t count, const std::string& from = "") {
    std::vector<Direct::Message> messages;
    for (size_t i = 0; i < count; ++i) messages.push_back(Message(filled++, from));
    Base::direct.PublishAll("", dead, messages);
  }

  std::vector<std::string> Arguments(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"redrive", "--address", Base::sidecar.target(), "--from", dead});
    return more;
  }

  RunResult Redrive(std::vector<std::string> more = {},
                    std::chrono::milliseconds deadline = 60s) const {
    return RunSidecar(Arguments(std::move(more)), {}, deadline);
  }

  // To be interrupted.
  Subprocess StartRedrive() const {
    std::vector<std::string> arguments = Arguments();
    arguments.insert(arguments.begin(), SidecarBinary());
    return Subprocess(std::move(arguments));
  }

  // What a redrive gives back is there a moment after its end.
  bool DeadIs(size_t count) {
    return Eventually(5s, [&] { return Base::direct.Ready(dead) == count; });
  }
};

using RedriveWorld = RedriveWorldOf<World>;
using ProxiedRedriveWorld = RedriveWorldOf<ProxiedWorld>;

// How often each message_id is there.
inline std::multiset<std::string> IdsOf(const std::vector<Direct::Message>& messages) {
  std::multiset<std::string> ids;
  for (const Direct::Message& message : messages) ids.insert(message.message_id);
  return ids;
}

}  // namespace amqp_sidecar::test
